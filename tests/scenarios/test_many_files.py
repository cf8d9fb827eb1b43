"""Many files are read in several processes, begun before the inputs are known: what is told of them is the same."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.builders import build_wheel
from tests.fakes.runner import ENTRYPOINT
from tests.scenarios.gate import Gate
from tests.scenarios.test_cancelling import LIMIT

if TYPE_CHECKING:
    from tests.fakes.runner import Run
    from tests.integration.stage import Stage

_ALONE = """
import os, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
ON_ONE_PROCESSOR = (sys.executable, "-c", _ALONE, ENTRYPOINT[-1])

_DEAF = """
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize("rules", ["pypi", "basic"])
def test_many_files__are_told_of_as_by_one_process(stage: Stage, rules: str) -> None:
    for number in range(40):
        description = "`broken" if number % 10 == 5 else "fine"
        metadata = (("Summary", "x" * (490 + number)), ("Description-Content-Type", "text/x-rst"))
        build_wheel(stage.dist, tag=f"cp3{number}-none-any", metadata=metadata, description=description)
    (stage.dist / "sample-1.0-cp399-none-any.whl").write_bytes(b"PK")
    stage.runner.inputs |= {"dry-run": "true", "index-rules": rules}

    run, alone = (_tell(stage.runner.run(command)) for command in (ENTRYPOINT, ON_ONE_PROCESSOR))
    assert run == alone
    assert ("cannot be rendered" in run) is (rules == "pypi")


def test_many_files__whoever_started_the_program_ignores_how_processes_end(stage: Stage) -> None:
    for number in range(40):
        build_wheel(stage.dist, tag=f"cp3{number}-none-any")
    stage.runner.inputs["dry-run"] = "true"
    run = stage.runner.run((sys.executable, "-c", _DEAF, ENTRYPOINT[-1]))
    assert (run.exit_status, len(run.distributions)) == (0, 40)


def build_slow_wheels(directory: Path) -> None:
    """Build files each of which takes seconds to judge."""
    text, kind = "\n\n".join(["- a"] * 10_000), [("Description-Content-Type", "text/x-rst")]
    for number in range(20):
        build_wheel(directory, tag=f"cp3{number}-none-any", description=f"{text}{number}", metadata=kind)


def test_many_files__what_nobody_wants_is_not_read_to_its_end(stage: Stage) -> None:
    """A process that went on would hold the log open."""
    build_slow_wheels(stage.dist)
    stage.runner.inputs["dry-run"] = "perhaps"
    run = stage.runner.start().finish(timeout=LIMIT)
    assert run.exit_status == 2
    assert "`dry-run`" in run.errors[0]


def test_many_files__in_another_directory_than_it_seemed(stage: Stage) -> None:
    build_slow_wheels(stage.dist)
    wheels = stage.runner.workspace / "wheels"
    wheels.mkdir()
    build_wheel(wheels)
    stage.runner.variables["INPUT_PACKAGES_DIR"] = "wheels"
    gate = Gate(stage.index, "simple")
    step = stage.runner.start()
    gate.wait()
    processes = Path(f"/proc/{step.process.pid}/task/{step.process.pid}/children").read_text("ascii")
    step.send_signal(signal.SIGTERM)
    run = step.finish(timeout=LIMIT)
    assert run.outcomes == {"sample-1.0-py3-none-any.whl": "not-tried"}
    assert processes == ""


def _tell(run: Run) -> str:
    return "\n".join([f"{run.exit_status}", run.log, *run.outputs.values(), run.summary])
