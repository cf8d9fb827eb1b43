"""A run is killed at any request; running it again completes the release and sends only what is missing."""

import signal

import pytest

from tests.fakes.service import no_pause
from tests.integration.stage import Stage, build_release
from tests.scenarios.gate import Gate

# One more than the index sees of a run with two wheels and an sdist: listing, audience, mint, uploads, burn.
REQUESTS = 8


@pytest.mark.parametrize("number", range(1, REQUESTS))
def test_killed__at_any_request__is_completed_by_the_next_run(stage: Stage, number: int) -> None:
    names = build_release(stage.dist)
    stage.runner.inputs["max-parallel"] = "1"
    gate = Gate(stage.index, "", number)
    step = stage.runner.start()
    gate.wait()
    step.send_signal(signal.SIGKILL)
    assert step.finish().exit_status == -signal.SIGKILL

    there = stage.index.filenames()
    stage.index.pause = no_pause
    stage.index.requests.clear()
    run = stage.runner.run()
    assert run.exit_status == 0
    assert stage.index.filenames() == names
    assert run.outcomes == {name: "existing" if name in there else "uploaded" for name in names}
    assert sorted(seen.filename or "" for seen in stage.index.seen("upload")) == sorted(set(names) - set(there))


def test_killed__after_the_index_stored_the_file_and_before_it_said_so(stage: Stage) -> None:
    names = build_release(stage.dist, wheels=1)
    gate = Gate(stage.index, "upload", 2)
    step = stage.runner.start()
    gate.wait()
    step.send_signal(signal.SIGKILL)
    step.finish()
    # The index had read all of the second file; it takes it although nobody waits for the answer any more.
    (missing,) = set(names) - set(stage.index.filenames())
    stage.index.add(missing, (stage.dist / missing).read_bytes())
    stage.index.pause = no_pause
    run = stage.runner.run()
    assert run.exit_status == 0
    assert run.outputs["result"] == "unchanged"
