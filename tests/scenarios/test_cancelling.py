"""A job is cancelled: at every stage the program ends in time, says what is known, and gives its token back."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.builders import build_wheel
from tests.fakes.service import Answer
from tests.integration.stage import build_release, outcomes, set_stage
from tests.scenarios.gate import Gate, noticing_reads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fakes.runner import Run
    from tests.fakes.service import FakeService
    from tests.integration.stage import Stage

LIMIT = 7.0
"""Seconds from the signal to the end."""

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])


def cancel(stage: Stage, wait: Callable[[], None], number: signal.Signals) -> Run:
    """Start the action, send the signal as soon as `wait` returns, and hold it to the limit."""
    step = stage.runner.start()
    wait()
    step.send_signal(number)
    began = time.monotonic()
    run = step.finish(timeout=LIMIT)
    assert time.monotonic() - began < LIMIT
    assert run.outputs["result"] == "failed"
    assert run.exit_status == 1
    assert "ancelled" in run.summary
    assert any("ancelled" in error for error in run.errors)
    assert "Traceback" not in run.raw_log
    return run


def service_of(stage: Stage, endpoint: str) -> FakeService:
    return stage.github if endpoint == "id-token" else stage.index


@BOTH
@pytest.mark.parametrize("endpoint", ["simple", "audience", "id-token", "mint"])
def test_cancelled__before_anything_is_uploaded(stage: Stage, endpoint: str, number: signal.Signals) -> None:
    names = build_release(stage.dist)
    run = cancel(stage, Gate(service_of(stage, endpoint), endpoint).wait, number)
    assert outcomes(run) == dict.fromkeys(names, "not-tried")
    assert stage.index.files == {}


def test_cancelled__while_checking(stage: Stage) -> None:
    """Each description takes seconds to render, all of them together far more than there is time."""
    text = "\n\n".join(["- a"] * 10_000)
    later = stage.runner.workspace / "later"
    later.mkdir()
    for number in range(6):
        kind = [("Description-Content-Type", "text/x-rst"), ("Keywords", str(number))]
        place = later if number else stage.dist
        build_wheel(place, f"sample{number}", description=f"{text}{number}", metadata=kind)
    stage.runner.inputs |= {"index-rules": "pypi", "dry-run": "true", "packages-dir": "dist\nlater"}
    with noticing_reads(later) as first_was_checked:
        run = cancel(stage, first_was_checked, signal.SIGTERM)
    assert any("checking the distributions" in error for error in run.errors)


def test_cancelled__before_the_program_has_started(stage: Stage) -> None:
    """The signal waits for the program from its first instruction on, as it would for PID 1."""
    names = build_release(stage.dist)
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        step = stage.runner.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)
    step.send_signal(signal.SIGTERM)
    run = step.finish(timeout=LIMIT)
    assert run.exit_status == 1
    assert outcomes(run) in ({}, dict.fromkeys(names, "not-tried"))
    assert stage.index.seen("upload") == []


@BOTH
def test_cancelled__while_reading(stage: Stage, number: signal.Signals) -> None:
    build_wheel(stage.dist, size=64 << 20)
    with noticing_reads(stage.dist) as reading:
        run = cancel(stage, reading, number)
    assert set(outcomes(run).values()) <= {"not-tried"}
    assert stage.index.seen("upload") == []


@BOTH
def test_cancelled__while_the_first_file_goes_up(stage: Stage, number: signal.Signals) -> None:
    build_release(stage.dist)
    run = cancel(stage, Gate(stage.index, "upload").wait, number)
    assert sorted(outcomes(run).values()) == ["failed", "not-tried", "not-tried"]
    assert [token.burned for token in stage.index.tokens.values()] == [True]


@BOTH
def test_cancelled__while_several_go_up(stage: Stage, number: signal.Signals) -> None:
    names = build_release(stage.dist, wheels=4)
    run = cancel(stage, Gate(stage.index, "upload", 3).wait, number)
    told = outcomes(run)
    assert sorted(told.values()).count("uploaded") == len(stage.index.files) >= 1
    assert told[names[-1]] == "not-tried"
    assert "failed" in told.values()
    assert [token.burned for token in stage.index.tokens.values()] == [True]


def test_cancelled__while_waiting_for_another_attempt__tells_of_those_that_were_made(stage: Stage) -> None:
    names = build_release(stage.dist)
    stage.index.script("upload", Answer(429, headers={"Retry-After": "0"}), Answer(429, headers={"Retry-After": "100"}))
    step = stage.runner.start()
    assert step.process.stdout is not None
    for line in step.process.stdout:
        if 'next_attempt="3 of 5"' in line:
            break
    step.send_signal(signal.SIGINT)
    run = step.finish(timeout=LIMIT)
    told = outcomes(run)
    (failed,) = (name for name in names if told[name] == "failed")
    cut_off = "the run was cancelled while it was being uploaded"
    assert f"Failed {failed} after 2 attempts: {cut_off}" in run.log
    (error,) = (error for error in run.errors if f"`{failed}` could not be uploaded to " in error)
    assert f" in 2 attempts: {cut_off}" in error
    assert not any("may be on the index" in error for error in run.errors)


def test_cancelled__what_is_under_way_may_end(stage: Stage) -> None:
    """The index answers a moment after the signal: the file counts as what it is, uploaded."""
    names = build_release(stage.dist)
    step = stage.runner.start()
    released = False

    async def release_after_signal(seen: object) -> None:
        nonlocal released
        if getattr(seen, "endpoint", "") == "upload" and not released:
            released = True
            step.send_signal(signal.SIGINT)

    stage.index.pause = release_after_signal
    run = step.finish(timeout=30)
    assert run.exit_status == 1
    assert sorted(outcomes(run).values()) == ["not-tried", "not-tried", "uploaded"]
    assert len(stage.index.files) == 1
    assert set(outcomes(run)) == set(names)


def test_cancelled__while_rehearsing(stage: Stage, tmp_path: Path) -> None:
    build_wheel(stage.dist)
    with set_stage(tmp_path / "test-index") as other:
        other.index.issuers = stage.index.issuers
        stage.runner.inputs["test-index-url"] = f"{other.served.url}/legacy/"
        cancel(stage, Gate(other.index, "upload").wait, signal.SIGTERM)
        assert [token.burned for token in other.index.tokens.values()] == [True]
    assert stage.index.seen("upload") == []


def test_cancelled__while_waiting_for_the_index(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.runner.inputs["wait-for-index"] = "600"
    run = cancel(stage, Gate(stage.index, "simple", 2).wait, signal.SIGINT)
    assert set(outcomes(run).values()) == {"uploaded"}
    assert [token.burned for token in stage.index.tokens.values()] == [True]


def test_cancelled__while_giving_the_token_back__everything_is_there(stage: Stage) -> None:
    build_wheel(stage.dist)
    step = stage.runner.start()
    gate = Gate(stage.index, "burn")
    gate.wait()
    step.send_signal(signal.SIGTERM)
    run = step.finish(timeout=LIMIT)
    assert run.exit_status == 0
    assert run.outputs["result"] == "published"


@pytest.mark.parametrize("numbers", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGTERM]])
def test_cancelled__while_the_report_is_written__it_is_written(stage: Stage, numbers: list[signal.Signals]) -> None:
    """The job summary is a pipe: whoever has it open for reading knows when the writing begins."""
    build_wheel(stage.dist)
    pipe = stage.runner.temporary / "summary"
    os.mkfifo(pipe)
    stage.runner.variables["GITHUB_STEP_SUMMARY"] = str(pipe)
    step = stage.runner.start()
    with pipe.open() as summary:
        for number in numbers:
            step.send_signal(number)
        assert "uploaded" in summary.read()
    run = step.finish(timeout=LIMIT)
    assert run.exit_status == 0
    assert run.outputs["result"] == "published"
    assert "Traceback" not in run.raw_log


def test_cancelled__twice__ends_as_after_once(stage: Stage) -> None:
    build_release(stage.dist)
    gate = Gate(stage.index, "mint")
    step = stage.runner.start()
    gate.wait()
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
        step.send_signal(number)
    run = step.finish(timeout=LIMIT)
    assert run.exit_status == 1
    assert run.outputs["result"] == "failed"
    assert "Traceback" not in run.raw_log
