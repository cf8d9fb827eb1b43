"""Runs that take longer than an upload token lives: the clock moves only where a test moves it."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.fakes.service import PASS, Answer
from tests.integration.stage import Clock, Stage, build_release, outcomes, set_stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.service import Seen

SDIST = "sample-1.0.tar.gz"
NEARLY_ENDED = 700
"""Seconds after which a token of 900 s is still good, but not for one more file."""
ENDED = 1000
WHEELS = 5


@pytest.fixture
def clock() -> Clock:
    return Clock(1_800_000_000)


@pytest.fixture
def stage(tmp_path: Path, clock: Clock) -> Iterator[Stage]:
    """Make a release of five wheels and an sdist ready."""
    with set_stage(tmp_path, clock) as ready:
        build_release(ready.dist, wheels=WHEELS)
        yield ready


def let_pass(stage: Stage, clock: Clock, seconds: float, *, uploads: int = 1) -> None:
    """Let time pass once, while so many uploads are under way."""

    async def pause(seen: Seen) -> None:
        if seen.endpoint == "upload" and len(stage.index.seen("upload")) == uploads:
            clock.now += seconds

    stage.index.pause = pause


def id_tokens(stage: Stage) -> list[str]:
    """Return the ID tokens that the index was sent."""
    return [str(seen.json()) for seen in stage.index.seen("mint")]


def test_token__renewed_in_time_and_once_for_all(stage: Stage, clock: Clock) -> None:
    let_pass(stage, clock, NEARLY_ENDED)
    run = stage.perform()
    assert run.exit_status == 0
    assert set(outcomes(run).values()) == {"uploaded"}
    assert [seen.status for seen in stage.index.seen("upload")] == [200] * (WHEELS + 1)
    assert len(stage.index.tokens) == len(set(id_tokens(stage))) == len(stage.github.issued) == 2
    assert all(token.burned for token in stage.index.tokens.values())
    assert "Upload token renewed" in run.raw_log


def test_token__of_an_index_whose_clock_is_late__is_used_and_given_back(stage: Stage, clock: Clock) -> None:
    """The clock of this machine is 20 minutes ahead: by it, every token has ended when it is minted."""
    stage.index.clock = stage.github.clock = lambda: clock.now - 1200
    run = stage.perform()
    assert run.exit_status == 0
    assert [token.burned for token in stage.index.tokens.values()] == [True]


def test_token__good_for_all_files_is_not_renewed(stage: Stage, clock: Clock) -> None:
    let_pass(stage, clock, NEARLY_ENDED / 2)
    assert stage.perform().exit_status == 0
    assert len(stage.index.tokens) == 1


def test_token__ended_on_the_way_is_renewed_and_the_file_sent_again(stage: Stage, clock: Clock) -> None:
    let_pass(stage, clock, ENDED)
    run = stage.perform()
    assert run.exit_status == 0
    first, again, *others = stage.index.seen("upload")
    assert (first.status, again.status) == (403, 200)
    assert first.filename == again.filename
    assert {seen.status for seen in others} == {200}
    assert len(set(id_tokens(stage))) == 2
    assert "the upload token ended on the way; sending again" in run.raw_log


def test_token__ended_under_several_uploads_is_renewed_once(stage: Stage, clock: Clock) -> None:
    together = asyncio.Event()

    async def pause(seen: Seen) -> None:
        uploads = stage.index.seen("upload")
        if seen.endpoint != "upload" or seen is uploads[0]:
            return
        if len(uploads) == WHEELS and not together.is_set():
            clock.now += ENDED
            together.set()
        await together.wait()

    stage.index.pause = pause
    run = stage.perform()
    assert run.exit_status == 0
    assert [seen.status for seen in stage.index.seen("upload")].count(403) == WHEELS - 1
    assert len(stage.index.seen("mint")) == 2


def test_token__always_ended_is_renewed_once_and_no_more(stage: Stage, clock: Clock) -> None:
    async def pause(seen: Seen) -> None:
        if seen.endpoint == "upload":
            clock.now += ENDED

    stage.index.pause = pause
    run = stage.perform()
    assert run.exit_status == 1
    assert [seen.status for seen in stage.index.seen("upload")] == [403, 403]
    assert len(stage.index.seen("mint")) == 2
    assert sorted(outcomes(run).values()) == ["not-tried"] * WHEELS + ["refused"]
    assert any("token is expired" in error for error in run.errors)


def test_token__ended_again_after_another_attempt_is_final(stage: Stage, clock: Clock) -> None:
    async def pause(seen: Seen) -> None:
        if seen.endpoint == "upload":
            clock.now += ENDED

    stage.index.pause = pause
    stage.index.script("upload", PASS, Answer(503))
    assert stage.perform().exit_status == 1
    assert [seen.status for seen in stage.index.seen("upload")] == [403, 503, 403]
    assert len(set(id_tokens(stage))) == 3


def test_renewal__refused_fails_the_files_that_needed_it(stage: Stage, clock: Clock) -> None:
    async def pause(seen: Seen) -> None:
        if seen.endpoint == "upload" and stage.index.publishers:
            clock.now += NEARLY_ENDED
            stage.index.publishers.clear()

    stage.index.pause = pause
    run = stage.perform()
    told = outcomes(run)
    assert run.exit_status == 1
    assert sorted(told.values()) == ["failed"] * (WHEELS - 1) + ["not-tried", "uploaded"]
    assert told[SDIST] == "not-tried"
    assert any("the upload token could not be renewed" in error for error in run.errors)
    assert [token.burned for token in stage.index.tokens.values()] == [True]


def test_renewal__cut_off_by_cancelling__leaves_its_files_not_tried(stage: Stage, clock: Clock) -> None:
    async def pause(seen: Seen) -> None:
        if seen.endpoint == "upload":
            clock.now += NEARLY_ENDED
        if seen.endpoint == "mint" and len(stage.index.seen("mint")) == 2:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()

    stage.index.pause = pause
    run = stage.perform()
    assert run.exit_status == 1
    assert sorted(outcomes(run).values()) == ["not-tried"] * WHEELS + ["uploaded"]
    assert run.raw_log.count(f"Not tried {SDIST}") == 1
    assert len(stage.index.seen("upload")) == 1
    assert [token.burned for token in stage.index.tokens.values()] == [True]
