"""Upload tokens are given back, whatever became of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.service import Answer
from tests.integration.stage import build_release

if TYPE_CHECKING:
    from tests.integration.stage import Stage


@pytest.mark.parametrize("status", [200, 400, 500])
def test_token__given_back_whatever_became_of_the_files(stage: Stage, status: int) -> None:
    build_release(stage.dist, wheels=1)
    stage.index.script("upload", *[Answer(status)] * 20)
    stage.perform()
    assert [token.burned for token in stage.index.tokens.values()] == [True]


def test_token__index_that_cannot_take_it_back__is_no_error(stage: Stage) -> None:
    build_release(stage.dist, wheels=1)
    stage.index.can_burn = False
    run = stage.perform()
    assert run.exit_status == 0
    assert not run.errors
    assert "burn" not in run.log
