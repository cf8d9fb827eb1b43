import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import build_sdist, build_wheel
from tests.rehearsal.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


def test_rehearsal__sample() -> None:
    command = [sys.executable, "-m", "tests.rehearsal"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "result=published" in done.stdout
    assert "Hello from a wheel that made the whole journey." in done.stdout
    assert done.stdout.splitlines()[-1].startswith("The rehearsal succeeded: 2 distributions")
    assert done.stderr == ""


def test_rehearsal__other_distributions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_wheel(tmp_path, "first", tag="cp311-cp311-manylinux_2_28_x86_64")
    build_wheel(tmp_path, "second")
    build_sdist(tmp_path, "second")
    assert main([str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert "pip installed second==1.0" in output
    assert "pip installed first" not in output


def test_rehearsal__distribution_that_the_index_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_wheel(tmp_path, tag="cp311-cp311-linux_x86_64")
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("The rehearsal failed: ")


def test_rehearsal__nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert main([str(tmp_path / "missing")]) == 2
    assert "is not a directory" in capsys.readouterr().out
