"""Take out of an archive what describes it, within bounds that no hostile archive can stretch.

The functions here and in `tarball` read from an open file that `reader` gives them; nothing is extracted to disk.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

METADATA_LIMIT = 16 << 20
"""Bytes of metadata that are read at most; real ones stay far below a MiB."""

DIRECTORY_LIMIT = 16 << 20
"""Bytes of a zip's central directory that are read at most: some 150,000 members with ordinary names."""

_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# What zipfile lets through on damaged input, beside its own error: bad data (zlib, struct, ValueError with its Unicode
# errors), sizes and offsets that lead nowhere (OSError, OverflowError, EOFError), features that it lacks
# (NotImplementedError, which is a RuntimeError).
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, OSError, OverflowError, EOFError, RuntimeError)


class ArchiveError(Exception):
    """An archive that cannot be used as a distribution. `str()` is a full clause."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive says about itself: its metadata, and under which path that lies in the archive."""

    metadata_path: str
    metadata: bytes


def read_wheel(file: BinaryIO, dist_info: str) -> Contents:
    """Read a wheel's `METADATA`: the one in `dist_info`, else the only one in any `.dist-info` directory."""
    try:
        with zipfile.ZipFile(_Guarded(file)) as archive:
            member = _find_metadata(archive, dist_info)
            return Contents(member.filename, _read_member(archive, member))
    except _DAMAGE as error:
        raise ArchiveError(f"it is not a zip archive that can be read: {describe(error)}") from error


def describe(error: Exception) -> str:
    """Give the words of an error, or its name where it has none."""
    return str(error) or type(error).__name__


def _find_metadata(archive: zipfile.ZipFile, dist_info: str) -> zipfile.ZipInfo:
    expected = f"{dist_info}/METADATA"
    all_of_them = [member for member in archive.infolist() if _is_metadata(member.filename)]
    found = [member for member in all_of_them if member.filename == expected] or all_of_them
    if not found:
        raise ArchiveError(f"it holds no `{expected}`")
    if len(found) > 1:
        raise ArchiveError(f"it holds several metadata files: {name_some([member.filename for member in found])}")
    return found[0]


def _is_metadata(path: str) -> bool:
    directory, slash, name = path.partition("/")
    return bool(slash) and name == "METADATA" and directory.endswith(".dist-info")


def name_some(paths: list[str]) -> str:
    """List paths in backticks, the first three of them."""
    return ", ".join([f"`{path}`" for path in paths[:3]] + ["…"] * (len(paths) > 3))  # noqa: PLR2004 -- said above


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"its `{member.filename}` is encrypted")
    if member.compress_type not in _METHODS:
        # zipfile bounds what it unpacks for these two methods only; indexes and installers expect no others.
        raise ArchiveError(f"its `{member.filename}` is neither stored nor deflated (method {member.compress_type})")
    with archive.open(member) as source:
        data = source.read(METADATA_LIMIT + 1)
    if len(data) > METADATA_LIMIT:
        raise too_large(member.filename)
    return data


def too_large(path: str) -> ArchiveError:
    """Make the error for metadata beyond the bound."""
    return ArchiveError(f"its `{path}` is larger than {METADATA_LIMIT >> 20} MiB")


class _Guarded:
    """A file that refuses to give more at once than `DIRECTORY_LIMIT`: zipfile asks for a whole central directory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(DIRECTORY_LIMIT + 1 if size < 0 else min(size, DIRECTORY_LIMIT + 1))
        if len(data) > DIRECTORY_LIMIT:
            raise ArchiveError(f"its central directory is larger than {DIRECTORY_LIMIT >> 20} MiB")
        return data
