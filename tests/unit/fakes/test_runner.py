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
