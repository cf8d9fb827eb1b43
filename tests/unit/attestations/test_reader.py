from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from publisher.attestations.existing import AttestationFileError
from publisher.attestations.reader import SIZE_LIMIT, read_attestation_files, read_trust_config
from publisher.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "sample-1.0.tar.gz.slsa.attestation"


def read_reason(path: Path, workspace: Path) -> str:
    (file,) = read_attestation_files([path], workspace)
    assert file.filename == path.name
    assert isinstance(file.text, AttestationFileError)
    return str(file.text)


def test_read_attestation_files__gives_the_text(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text('{"version": 1}')
    (file,) = read_attestation_files([tmp_path / NAME], tmp_path)
    assert (file.filename, file.text) == (NAME, '{"version": 1}')


def test_read_attestation_files__takes_the_largest_size_and_not_a_byte_more(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"x" * SIZE_LIMIT)
    (file,) = read_attestation_files([tmp_path / NAME], tmp_path)
    assert file.text == "x" * SIZE_LIMIT
    (tmp_path / NAME).write_bytes(b"x" * (SIZE_LIMIT + 1))
    assert "larger" in read_reason(tmp_path / NAME, tmp_path)


def test_read_attestation_files__does_not_wait_for_a_fifo(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)
    assert read_reason(tmp_path / NAME, tmp_path) == "it is not a regular file"


def test_read_attestation_files__does_not_leave_the_workspace(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (tmp_path / "secret").write_text("secret")
    (workspace / NAME).symlink_to(tmp_path / "secret")
    assert "leads out of the workspace" in read_reason(workspace / NAME, workspace)


def test_read_attestation_files__follows_a_link_inside(tmp_path: Path) -> None:
    (tmp_path / "made-elsewhere").write_text("{}")
    (tmp_path / NAME).symlink_to("made-elsewhere")
    (file,) = read_attestation_files([tmp_path / NAME], tmp_path)
    assert file.text == "{}"


def test_read_attestation_files__says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    assert "No such file" in read_reason(tmp_path / NAME, tmp_path)
    (tmp_path / NAME).write_bytes(b"\xff\xfe")
    assert read_reason(tmp_path / NAME, tmp_path) == "it is not UTF-8"


def test_read_trust_config__gives_the_text(tmp_path: Path) -> None:
    (tmp_path / "trust.json").write_text("{}")
    assert read_trust_config(tmp_path / "trust.json") == "{}"


@pytest.mark.parametrize("name", ["missing.json", ".", "text.json", "list.json", "deep.json"])
def test_read_trust_config__is_a_problem_of_its_input(name: str, tmp_path: Path) -> None:
    (tmp_path / "text.json").write_text("no JSON")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(SettingsError) as caught:
        read_trust_config(tmp_path / name)
    (problem,) = caught.value.problems
    assert problem.name == "sigstore-trust-config"
