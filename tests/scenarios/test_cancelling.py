"""Cancel at every stage: the program ends in time, reports what is known, and revokes its token."""

import os
import signal
from collections.abc import Callable

import pytest

from tests.builders import build_wheel
from tests.fakes.runner import Run, Step
from tests.fakes.service import Answer, FakeService
from tests.integration.stage import Stage, build_release, rehearse
from tests.scenarios.gate import Gate, noticing_reads

LIMIT = 7.0  # seconds from the signal to the end


def cancel(stage: Stage, wait: Callable[[], None], number: signal.Signals) -> Run:
    """Start the action, send the signal as soon as `wait` returns, and check that it ends in time."""
    step = stage.runner.start()
    wait()
    return cancel_step(step, number)


def cancel_step(step: Step, number: signal.Signals) -> Run:
    step.send_signal(number)
    run = step.finish(timeout=LIMIT)
    some = any(outcome == "uploaded" for outcome in run.outcomes.values())
    assert run.outputs["result"] == ("partial" if some else "failed")
    assert run.exit_status == 1
    assert "ancelled" in run.summary
    (error,) = run.annotations("error")
    assert error.properties["title"] == "Cancelled"
    assert "Traceback" not in run.raw_log
    return run


def wait_for_line(step: Step, text: str) -> None:
    """Read the log up to a line that contains `text`."""
    assert step.process.stdout is not None
    assert any(text in line for line in step.process.stdout)


def service_of(stage: Stage, endpoint: str) -> FakeService:
    return stage.github if endpoint == "id-token" else stage.index


@pytest.mark.parametrize("endpoint", ["simple", "audience", "id-token", "mint"])
def test_cancelled__before_anything_is_uploaded(stage: Stage, endpoint: str) -> None:
    names = build_release(stage.dist)
    run = cancel(stage, Gate(service_of(stage, endpoint), endpoint).wait, signal.SIGINT)
    assert run.outcomes == dict.fromkeys(names, "not-tried")
    assert stage.index.files == {}


def test_cancelled__while_checking(stage: Stage) -> None:
    """The descriptions take far longer to render than there is time. The log ends with the digests until then."""
    text = "\n\n".join(["- a"] * 10_000)
    for number in range(4):
        metadata = [("Description-Content-Type", "text/x-rst")]
        build_wheel(stage.dist, f"sample{number}", description=f"{text}{number}", metadata=metadata)
    stage.runner.inputs |= {"index-rules": "pypi", "dry-run": "true", "print-hash": "true"}
    step = stage.runner.start()
    wait_for_line(step, "::endgroup::")
    run = cancel_step(step, signal.SIGTERM)
    assert "checking the distributions" in run.errors[0]


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
    assert run.outcomes in ({}, dict.fromkeys(names, "not-tried"))
    assert stage.index.seen("upload") == []


def test_cancelled__while_reading(stage: Stage) -> None:
    build_wheel(stage.dist, size=64 << 20)
    with noticing_reads(stage.dist) as reading:
        run = cancel(stage, reading, signal.SIGTERM)
    assert set(run.outcomes.values()) <= {"not-tried"}
    assert stage.index.seen("upload") == []


def test_cancelled__while_several_go_up(stage: Stage) -> None:
    names = build_release(stage.dist, wheels=4)
    run = cancel(stage, Gate(stage.index, "upload", 3).wait, signal.SIGTERM)
    known = run.outcomes
    assert sorted(known.values()).count("uploaded") == len(stage.index.files) >= 1
    assert known[names[-1]] == "not-tried"
    assert "failed" in known.values()
    assert [token.burned for token in stage.index.tokens.values()] == [True]


def test_cancelled__while_waiting_for_another_attempt__counts_those_that_were_made(stage: Stage) -> None:
    names = build_release(stage.dist)
    stage.index.script("upload", Answer(429, headers={"Retry-After": "0"}), Answer(429, headers={"Retry-After": "100"}))
    step = stage.runner.start()
    wait_for_line(step, "attempt 3 of 5")
    run = cancel_step(step, signal.SIGINT)
    (failed,) = (name for name in names if run.outcomes[name] == "failed")
    assert f"Failed to upload {failed} after 2 attempts: the run was cancelled" in run.log
    assert f"cancelled during the upload: `{failed}`\n" in run.errors[0]
    assert "may have" not in run.errors[0]


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
    assert sorted(run.outcomes.values()) == ["not-tried", "not-tried", "uploaded"]
    assert len(stage.index.files) == 1
    assert set(run.outcomes) == set(names)


def test_cancelled__while_rehearsing(stage: Stage) -> None:
    build_wheel(stage.dist)
    with rehearse(stage) as test_index:
        cancel(stage, Gate(test_index, "upload").wait, signal.SIGTERM)
        tokens = [*stage.index.tokens.values(), *test_index.tokens.values()]
        assert [token.burned for token in tokens] == [True, True]
    assert stage.index.seen("upload") == []


def test_cancelled__while_waiting_for_the_index(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.runner.inputs["wait-for-index"] = "600"
    run = cancel(stage, Gate(stage.index, "simple", 2).wait, signal.SIGINT)
    assert set(run.outcomes.values()) == {"uploaded"}
    assert [token.burned for token in stage.index.tokens.values()] == [True]


@pytest.mark.parametrize(
    ("endpoint", "numbers", "status", "result"),
    [("burn", [signal.SIGTERM], 0, "published"), ("mint", [signal.SIGINT, signal.SIGINT, signal.SIGTERM], 1, "failed")],
)
def test_cancelled__while_revoking_or_more_than_once(
    stage: Stage, endpoint: str, numbers: list[signal.Signals], status: int, result: str
) -> None:
    build_wheel(stage.dist)
    gate = Gate(stage.index, endpoint)
    step = stage.runner.start()
    gate.wait()
    for number in numbers:
        step.send_signal(number)
    run = step.finish(timeout=LIMIT)
    assert (run.exit_status, run.outputs["result"]) == (status, result)
    assert "Traceback" not in run.raw_log


def test_cancelled__while_the_report_is_written__it_is_written(stage: Stage) -> None:
    """The job summary is a pipe, so that the reader knows when writing begins."""
    build_wheel(stage.dist)
    pipe = stage.runner.temporary / "summary"
    os.mkfifo(pipe)
    stage.runner.variables["GITHUB_STEP_SUMMARY"] = str(pipe)
    step = stage.runner.start()
    with pipe.open() as summary:
        for number in (signal.SIGINT, signal.SIGTERM):
            step.send_signal(number)
        assert "uploaded" in summary.read()
    run = step.finish(timeout=LIMIT)
    assert run.exit_status == 0
    assert run.outputs["result"] == "published"
    assert "Traceback" not in run.raw_log
