from pathlib import Path

import pytest

from tests.rehearsal.release import main


@pytest.mark.parametrize(
    ("tools", "reason"),
    [
        ((), "`git` is not installed."),
        (("git",), "`docker` is not installed."),
        (("git", "docker"), "Docker is not running"),
    ],
)
def test_release_rehearsal__left_out(
    tools: tuple[str, ...],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for tool in tools:
        (tmp_path / tool).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([]) == 2
    assert f"left out: {reason}" in capsys.readouterr().out
