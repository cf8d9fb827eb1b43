from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.fakes.runner import Runner, declared_inputs

if TYPE_CHECKING:
    from pathlib import Path

PRINT_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def environment(runner: Runner) -> dict[str, str]:
    parsed: dict[str, str] = json.loads(runner.run(python(PRINT_ENVIRONMENT)).raw_log)
    return parsed


def test_environment__nothing_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "leaked")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    seen = environment(Runner(tmp_path))
    assert "CANARY" not in seen
    assert "HTTPS_PROXY" not in seen
    assert seen["HOME"] == str(tmp_path / "home")


def test_inputs__every_declared_one_is_set(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    runner.inputs = {"repository-url": "http://127.0.0.1:1/legacy/"}
    seen = environment(runner)
    assert seen["INPUT_REPOSITORY-URL"] == "http://127.0.0.1:1/legacy/"
    assert seen["INPUT_PASSWORD"] == ""
    assert len([name for name in seen if name.startswith("INPUT_")]) == len(declared_inputs())


def test_inputs__unknown_one(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    runner.inputs = {"repositry-url": "x"}
    with pytest.raises(AssertionError, match="repositry-url"):
        runner.start()


def test_variables__none_removes(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    runner.variables = {"GITHUB_REPOSITORY": None, "MORE": "1"}
    seen = environment(runner)
    assert "GITHUB_REPOSITORY" not in seen
    assert seen["MORE"] == "1"


def test_run__collects_everything(tmp_path: Path) -> None:
    code = """
import os, sys
print("before: canary")
print("::add-mask::canary")
print("after: canary")
print("::error title=No::it broke", file=sys.stderr)
open(os.environ["GITHUB_OUTPUT"], "a").write("result=failed\\n")
open(os.environ["GITHUB_STEP_SUMMARY"], "a").write("# Done\\n")
sys.exit(3)
"""
    run = Runner(tmp_path).run([sys.executable, "-u", "-c", code])
    assert run.exit_status == 3
    assert run.masks == ["canary"]
    assert run.errors == ["it broke"]
    assert run.outputs == {"result": "failed"}
    assert run.summary == "# Done\n"
    assert run.log.rstrip("\n") == "before: canary\nafter: ***\nError: it broke"


def test_start__signals_reach_the_action(tmp_path: Path) -> None:
    code = (
        "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(5)); print('ready', flush=True); signal.pause()"
    )
    step = Runner(tmp_path).start(python(code))
    assert step.process.stdout is not None
    assert step.process.stdout.readline() == "ready\n"
    step.send_signal(signal.SIGTERM)
    assert step.finish().exit_status == 5


def test_finish__an_action_that_hangs_is_killed(tmp_path: Path) -> None:
    step = Runner(tmp_path).start(python("import signal; signal.pause()"))
    with pytest.raises(AssertionError, match="did not end"):
        step.finish(timeout=0.05)
    assert step.process.poll() is not None
