from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.builders import build_sdist, build_wheel

ROOT = Path(__file__).resolve().parents[2]


def rehearse(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.rehearsal", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_rehearsal__of_the_sample() -> None:
    done = rehearse()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "result=published" in done.stdout
    assert "Hello from a wheel that made the whole journey." in done.stdout
    assert done.stdout.splitlines()[-1].startswith("The rehearsal succeeded: 2 distributions")
    assert done.stderr == ""


def test_rehearsal__of_other_distributions(tmp_path: Path) -> None:
    build_wheel(tmp_path, "first", tag="cp311-cp311-manylinux_2_28_x86_64")
    build_wheel(tmp_path, "second")
    build_sdist(tmp_path, "second")
    done = rehearse(str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pip installed second==1.0" in done.stdout
    assert "pip installed first" not in done.stdout


def test_rehearsal__of_what_the_index_refuses(tmp_path: Path) -> None:
    build_wheel(tmp_path, tag="cp311-cp311-linux_x86_64")
    done = rehearse(str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("The rehearsal failed: ")


def test_rehearsal__of_nothing(tmp_path: Path) -> None:
    assert rehearse(str(tmp_path)).returncode == 2
    assert "is not a directory" in rehearse(str(tmp_path / "missing")).stdout
