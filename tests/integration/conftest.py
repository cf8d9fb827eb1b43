from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.stage import Stage, set_stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with set_stage(tmp_path) as ready:
        yield ready
