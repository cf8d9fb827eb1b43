"""Take out of a wheel what describes it, and notice what is odd about it."""

from __future__ import annotations

import re
import tarfile
from typing import TYPE_CHECKING

from publisher.distributions.archives.contents import METADATA_LIMIT, Contents, name_some, too_large
from publisher.distributions.archives.damage import DAMAGE, ArchiveError, describe
from publisher.distributions.archives.members import ENCRYPTED, METHODS, Archive
from publisher.distributions.archives.seen import Memory
from publisher.distributions.archives.wheel_contents import inspect_wheel
from publisher.distributions.archives.zip_framing import walk_through
from publisher.distributions.inspection import Anomaly, Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from publisher.distributions.archives.members import Member

_TAR_CHECKSUM = re.compile(rb"[ 0-7]{6}")
_TAR_CHECKSUM_AT = 148


def _go_on() -> None:
    """Pause for nothing."""


def read_wheel(
    file: BinaryIO, dist_info: str, pause: Callable[[], None] = _go_on, memory: Memory | None = None
) -> Contents:
    """Read a wheel's `METADATA`: the one in `dist_info`, else the only one in any `.dist-info` directory.

    `pause` is called between pieces and may raise. `memory` is what was seen in other wheels, None: nothing yet.
    """
    try:
        framing, members = walk_through(file, pause)
        archive = Archive(file, members, memory or Memory())
        member = _find_metadata(archive.members, dist_info)
        metadata = _read_metadata(archive, member)
        if _is_tar(file):
            framing = (*framing, Observation(Anomaly.POLYGLOT, "tar"))
        inspection = inspect_wheel(archive, dist_info, file.seek(0, 2), framing, pause)
        paths = frozenset(member.path for member in archive.members)
        return Contents(member.path, metadata, inspection, paths, f"{dist_info}/licenses")
    except DAMAGE as error:
        raise ArchiveError(f"it is not a zip archive that can be read: {describe(error)}") from error


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


def _find_metadata(members: Sequence[Member], dist_info: str) -> Member:
    expected = f"{dist_info}/METADATA"
    all_of_them = [member for member in members if _is_metadata(member.path)]
    found = [member for member in all_of_them if member.path == expected] or all_of_them
    if not found:
        raise ArchiveError(f"it holds no `{expected}`")
    if len(found) > 1:
        raise ArchiveError(f"it holds several metadata files: {name_some([member.path for member in found])}")
    return found[0]


def _is_metadata(path: str) -> bool:
    return path.endswith(".dist-info/METADATA") and path.count("/") == 1


def _read_metadata(archive: Archive, member: Member) -> bytes:
    if member.flags & ENCRYPTED:
        raise ArchiveError(f"its `{member.path}` is encrypted")
    if member.method not in METHODS:
        # zipfile bounds what it unpacks for these two methods only; indexes and installers expect no others.
        raise ArchiveError(f"its `{member.path}` is neither stored nor deflated (method {member.method})")
    # What is longer packed than it may be unpacked is not even begun: it may yield nothing for a very long time.
    data = archive.unpack(member, METADATA_LIMIT + 1, keep=True) if member.packed <= METADATA_LIMIT else None
    if data is None or len(data) > METADATA_LIMIT:
        raise too_large(member.path)
    return data
