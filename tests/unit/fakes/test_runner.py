from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.fakes.runner import Runner, declared_inputs


def test_environment__is_the_runners_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "leaked")
    runner = Runner(tmp_path)
    runner.inputs = {"repository-url": "http://127.0.0.1:1/legacy/"}
    runner.variables = {"GITHUB_REPOSITORY": None, "MORE": "1"}
    command = (sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))")
    seen = json.loads(runner.run(command).raw_log)
    assert seen.keys().isdisjoint({"CANARY", "GITHUB_REPOSITORY"})
    assert (seen["HOME"], seen["MORE"]) == (str(tmp_path / "home"), "1")
    assert (seen["INPUT_REPOSITORY-URL"], seen["INPUT_PASSWORD"]) == ("http://127.0.0.1:1/legacy/", "")
    assert len([name for name in seen if name.startswith("INPUT_")]) == len(declared_inputs())


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
