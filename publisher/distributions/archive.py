"""Take out of an archive what describes it, within bounds that no hostile archive can stretch.

The functions here and in `tarball` read from an open file that `reader` gives them; nothing is extracted to disk.
"""

from __future__ import annotations

import re
import tarfile
import zipfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from publisher.distributions.damage import DAMAGE, describe
from publisher.distributions.inspection import Fault, Inspection, Oddity
from publisher.distributions.wheel_contents import ENCRYPTED, METHODS, inspect_wheel
from publisher.distributions.zip_framing import find_framing_faults

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

METADATA_LIMIT = 16 << 20
"""Bytes of metadata that are read at most; real ones stay far below a MiB."""

DIRECTORY_LIMIT = 16 << 20
"""Bytes of a zip's central directory that are read at most: some 150,000 members with ordinary names."""


_TAR_CHECKSUM = re.compile(rb"[ 0-7]{6}")
_TAR_CHECKSUM_AT = 148


class ArchiveError(Exception):
    """An archive that cannot be used as a distribution. `str()` is a full clause."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive says about itself: its metadata, under which path that lies in it, and what was noticed.

    `paths` are those of all files, None where not the whole archive was looked at; `licences` is the directory in
    which its `License-File`s lie.
    """

    metadata_path: str
    metadata: bytes
    inspection: Inspection = field(default=Inspection(), compare=False)
    paths: frozenset[str] | None = field(default=None, compare=False)
    licences: str = field(default="", compare=False)


def _go_on() -> None:
    """Pause for nothing."""


def read_wheel(file: BinaryIO, dist_info: str, pause: Callable[[], None] = _go_on) -> Contents:
    """Read a wheel's `METADATA`: the one in `dist_info`, else the only one in any `.dist-info` directory.

    `pause` is called between pieces and may raise.
    """
    try:
        with zipfile.ZipFile(_Guarded(file)) as archive:
            member = _find_metadata(archive, dist_info)
            metadata = _read_member(archive, member)
            framing = find_framing_faults(file, pause)
            if _is_tar(file):
                framing = (*framing, Fault(Oddity.POLYGLOT, "tar"))
            inspection = inspect_wheel(archive, dist_info, file.seek(0, 2), framing, pause)
            paths = frozenset(archive.namelist())
            return Contents(member.filename, metadata, inspection, paths, f"{dist_info}/licenses")
    except DAMAGE as error:
        raise ArchiveError(f"it is not a zip archive that can be read: {describe(error)}") from error


def inspect_licences(contents: Contents, licence_files: tuple[str, ...]) -> Inspection:
    """Add to what was noticed the first licence file that the metadata promises and the archive does not hold."""
    found = contents.inspection
    if contents.paths is None:
        return found
    for path in licence_files:
        expected = f"{contents.licences}/{path}"
        if expected not in contents.paths:
            return replace(found, faults=(*found.faults, Fault(Oddity.MISSING_LICENCE, expected)))
    return found


def _is_tar(file: BinaryIO) -> bool:
    """Tell whether the first block is a tar header, checksum and all."""
    file.seek(0)
    block = file.read(tarfile.BLOCKSIZE)
    if not _TAR_CHECKSUM.match(block, _TAR_CHECKSUM_AT):
        return False
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def is_zip(file: BinaryIO) -> bool:
    """Tell whether a file ends like a zip whose directory is there: `is_zipfile` is content with four bytes."""
    try:
        zipfile.ZipFile(_Guarded(file)).close()
    except (*DAMAGE, ArchiveError):
        return False
    return True


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
    if member.flag_bits & ENCRYPTED:
        raise ArchiveError(f"its `{member.filename}` is encrypted")
    if member.compress_type not in METHODS:
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
