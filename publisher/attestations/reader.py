"""Read small files that users give us: attestations beside distributions, and a client trust configuration."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.attestations.existing import AttestationFile, AttestationFileError
from publisher.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

SIZE_LIMIT = 1 << 20
"""Bytes of a file; real ones have about ten thousand."""

# Opening must not wait for the other end of a FIFO.
_HOW_TO_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class _Unusable(Exception):
    """Why a file is not read; `str()` is a full clause."""


def read_attestation_files(paths: Iterable[Path], workspace: Path) -> tuple[AttestationFile, ...]:
    """Read every file; what cannot be read says so itself."""
    return tuple(_read_attestation_file(path, workspace) for path in paths)


def read_trust_config(path: Path) -> str:
    """Return the text of a client trust configuration; raise `SettingsError` where there is none to read.

    Whether it is a good one is found out by those who sign; this much is known before any request.
    """
    try:
        return _must_be_json_object(_read(path))
    except _Unusable as error:
        problem = Problem("sigstore-trust-config", f"names a file that cannot be used: {error}")
        raise SettingsError((problem,)) from error


def _must_be_json_object(text: str) -> str:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise _Unusable("it is not a JSON object")
    return text


def _read_attestation_file(path: Path, workspace: Path) -> AttestationFile:
    target = Path(os.path.realpath(path))
    if not target.is_relative_to(os.path.realpath(workspace)):
        reason = "it is a symbolic link that leads out of the workspace"
        return AttestationFile(path.name, AttestationFileError(reason))
    try:
        return AttestationFile(path.name, _read(target))
    except _Unusable as error:
        return AttestationFile(path.name, AttestationFileError(str(error)))


def _read(path: Path) -> str:
    try:
        descriptor = os.open(path, _HOW_TO_OPEN)
    except OSError as error:
        raise _Unusable(f"it cannot be opened: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _Unusable("it is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(SIZE_LIMIT + 1)
    if len(content) > SIZE_LIMIT:
        raise _Unusable(f"it is larger than {SIZE_LIMIT} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise _Unusable("it is not UTF-8") from error
