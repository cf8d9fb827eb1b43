"""Upload tokens on long runs: renewed in time, each with an ID token of its own, and given back in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.service import Answer
from tests.integration.stage import Clock, build_release, outcomes

if TYPE_CHECKING:
    from tests.fakes.service import Seen
    from tests.integration.stage import Stage

EXPIRED = Answer.of_json(403, {"code": "403 Invalid API Token: token is expired, token is expired"})


@pytest.fixture
def clock(stage: Stage) -> Clock:
    """Have one clock for everybody, which stands still."""
    clock = Clock()
    stage.clock = stage.index.clock = stage.github.clock = clock
    return clock


def pass_time(stage: Stage, clock: Clock, seconds: float) -> None:
    """Let every upload take so long."""

    async def pause(seen: Seen) -> None:
        if seen.endpoint == "upload":
            clock.now += seconds

    stage.index.pause = pause


def assert_id_tokens_used_once(stage: Stage) -> None:
    sent = [str(seen.json()) for seen in stage.index.seen("mint")]
    assert len(set(sent)) == len(sent) == len(stage.github.issued)


def test_token__renewed_before_it_ends(stage: Stage, clock: Clock) -> None:
    names = build_release(stage.dist, wheels=3)
    pass_time(stage, clock, 250)
    run = stage.perform({"max-parallel": "1"})
    assert run.exit_status == 0
    assert outcomes(run) == dict.fromkeys(names, "uploaded")
    # 900 s each, renewed when less than 300 s are left: after three files.
    assert len(stage.index.seen("mint")) == 2
    assert all(seen.status == 200 for seen in stage.index.seen("upload"))
    assert len(stage.index.seen("audience")) == 1
    assert_id_tokens_used_once(stage)


def test_token__renewed_once_although_many_upload(stage: Stage, clock: Clock) -> None:
    build_release(stage.dist, wheels=6)
    first = True

    async def pause(seen: Seen) -> None:
        nonlocal first
        if seen.endpoint == "upload" and first:
            first = False
            clock.now += 700

    stage.index.pause = pause
    assert stage.perform().exit_status == 0
    assert len(stage.index.seen("mint")) == 2
    assert_id_tokens_used_once(stage)


def test_token__that_ended_on_the_way__is_renewed_and_the_file_sent_again(stage: Stage) -> None:
    names = build_release(stage.dist, wheels=1)
    stage.index.script("upload", EXPIRED)
    run = stage.perform({"max-attempts": "1"})
    assert run.exit_status == 0
    assert stage.index.filenames() == names
    assert len(stage.index.seen("mint")) == 2
    assert len(stage.index.seen("upload")) == len(names) + 1
    assert_id_tokens_used_once(stage)


def test_token__that_the_index_never_takes__is_renewed_once_per_file(stage: Stage) -> None:
    build_release(stage.dist, wheels=1)
    stage.index.script("upload", *[EXPIRED] * 9)
    run = stage.perform()
    assert run.exit_status == 1
    assert sorted(outcomes(run).values()) == ["not-tried", "refused"]
    assert len(stage.index.seen("upload")) == 2
    assert any("token is expired" in error for error in run.errors)


def test_token__that_cannot_be_renewed__fails_the_file_and_says_why(stage: Stage, clock: Clock) -> None:
    build_release(stage.dist, wheels=2)
    pass_time(stage, clock, 700)
    stage.index.script("mint", Answer.of_json(200, {"success": True, "token": "pypi-one"}), *[Answer(503)] * 9)
    stage.index.users["__token__"] = "pypi-one"
    run = stage.perform({"max-attempts": "2", "max-parallel": "1"})
    assert run.exit_status == 1
    assert sorted(outcomes(run).values()) == ["failed", "not-tried", "uploaded"]
    assert any("could not be renewed" in error for error in run.errors)


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
