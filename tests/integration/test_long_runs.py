"""Runs that outlast an upload token. The clock changes only where a test sets it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.service import Seen
from tests.integration.stage import Clock, Stage, build_release, says, set_stage

SDIST = "sample-1.0.tar.gz"
NEARLY_EXPIRED = 700  # seconds after which a token of 900 s is valid, but not long enough for another file
EXPIRED = 1000
WHEELS = 5


@pytest.fixture
def clock() -> Clock:
    return Clock(1_800_000_000)


@pytest.fixture
def stage(tmp_path: Path, clock: Clock) -> Iterator[Stage]:
    """Publish a release of five wheels and an sdist."""
    with set_stage(tmp_path, clock) as ready:
        build_release(ready.dist, wheels=WHEELS)
        yield ready


def let_pass(stage: Stage, clock: Clock, seconds: float) -> None:
    """Advance the clock once, when the index has received an upload."""

    async def pause(seen: Seen) -> None:
        clock.now += seconds * (seen.endpoint == "upload" and len(stage.index.seen("upload")) == 1)

    stage.index.pause = pause


def id_tokens(stage: Stage) -> list[str]:
    """Return the ID tokens that the index received."""
    return [str(seen.json()) for seen in stage.index.seen("mint")]


def test_token__renewed_in_time_and_once_for_all(stage: Stage, clock: Clock) -> None:
    let_pass(stage, clock, NEARLY_EXPIRED)
    run = stage.perform()
    assert run.exit_status == 0
    assert set(run.outcomes.values()) == {"uploaded"}
    assert [seen.status for seen in stage.index.seen("upload")] == [200] * (WHEELS + 1)
    assert len(stage.index.tokens) == len(set(id_tokens(stage))) == len(stage.github.issued) == 2
    assert all(token.burned for token in stage.index.tokens.values())
    assert "Renewed the upload token" in run.raw_log


def test_token__an_index_whose_clock_is_behind(stage: Stage, clock: Clock) -> None:
    """By this machine's clock, 20 minutes ahead, every token has expired when it is minted."""
    stage.index.clock = stage.github.clock = lambda: clock.now - 1200
    run = stage.perform()
    assert run.exit_status == 0
    assert [token.burned for token in stage.index.tokens.values()] == [True]


def test_token__expired_on_the_way_is_renewed_and_the_file_sent_again(stage: Stage, clock: Clock) -> None:
    let_pass(stage, clock, EXPIRED)
    run = stage.perform()
    assert run.exit_status == 0
    first, again, *others = stage.index.seen("upload")
    assert (first.status, again.status) == (403, 200)
    assert first.filename == again.filename
    assert {seen.status for seen in others} == {200}
    assert len(set(id_tokens(stage))) == 2
    assert "the upload token expired on the way; sending again" in run.raw_log


def test_renewal__refused_fails_the_files_that_needed_it(stage: Stage, clock: Clock) -> None:
    async def pause(seen: Seen) -> None:
        if seen.endpoint == "upload" and stage.index.publishers:
            clock.now += NEARLY_EXPIRED
            stage.index.publishers.clear()

    stage.index.pause = pause
    run = stage.perform()
    found = run.outcomes
    assert run.exit_status == 1
    assert sorted(found.values()) == ["failed"] * (WHEELS - 1) + ["not-tried", "uploaded"]
    assert found[SDIST] == "not-tried"
    assert says(run.errors, "the upload token could not be renewed")
    assert [token.burned for token in stage.index.tokens.values()] == [True]
