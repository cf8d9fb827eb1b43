"""The members of an open zip, and unpacking them."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, NamedTuple

from publisher.distributions.archives.damage import DAMAGE, ArchiveError
from publisher.distributions.archives.seen import Packed, look

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from publisher.distributions.archives.seen import Memory, Seen

DIRECTORY_LIMIT = 16 << 20
"""Bytes of a zip's central directory that are read at most: some 150,000 members with ordinary names."""

ENCRYPTED = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Member(NamedTuple):
    """What the directory says of a member, `number` in it. `data` is where its bytes begin, where that is certain."""

    number: int
    path: str
    flags: int
    method: int
    checksum: int
    packed: int
    unpacked: int
    data: int | None = None

    @property
    def is_file(self) -> bool:
        """Tell a file from a directory."""
        return not self.path.endswith("/")


class Archive:
    """A zip, read from `file`, of which `plain` are the members where it can be read in one way only.

    The zipfile module reads all others, and what turns out to be damaged in these: it knows the formats and has the
    words, but takes several times as long. Raises `ArchiveError` and what is in `DAMAGE`.
    """

    def __init__(self, file: BinaryIO, plain: Sequence[Member] | None, memory: Memory) -> None:
        self._file = file
        self._memory = memory
        self._zip: zipfile.ZipFile | None = None
        self._kept: dict[int, bytes] = {}
        self.members = [_convert(*each) for each in enumerate(self._listed())] if plain is None else plain

    def unpack(self, member: Member, most: int, *, keep: bool = False) -> bytes:
        """Unpack a member that is stored or deflated, at most so many bytes; a second time for nothing if it is kept.

        Where all of it was unpacked, its checksum is right.
        """
        if member.number in self._kept:
            return self._kept[member.number]
        packed = self._read(member) if member.unpacked <= most else None
        data = _inflate(packed) if packed else None
        if data is None:
            data = self._unpack_with_care(member, most)
        if keep:
            self._kept[member.number] = data
        return data

    def look(self, member: Member, most: int) -> Seen:
        """Look into a member that is stored or deflated, at most that many bytes of it."""
        packed = self._read(member) if member.unpacked <= most and member.number not in self._kept else None
        if packed is None:
            return look(self.unpack(member, most))
        seen = self._memory.recall(packed)
        if seen is None:
            data = _inflate(packed)
            if data is None:
                return look(self._unpack_with_care(member, most))
            seen = look(data)
            self._memory.keep(packed, seen)
        return seen

    def _read(self, member: Member) -> Packed | None:
        """Read what a member of a plain zip is packed in; None for others."""
        if member.data is None or member.packed > DIRECTORY_LIMIT:
            return None
        self._file.seek(member.data)
        return Packed(self._file.read(member.packed), member.method, member.unpacked, member.checksum)

    def _unpack_with_care(self, member: Member, most: int) -> bytes:
        with self._opened().open(self._listed()[member.number]) as source:
            return source.read(most)

    def _listed(self) -> list[zipfile.ZipInfo]:
        return self._opened().infolist()

    def _opened(self) -> zipfile.ZipFile:
        if self._zip is None:
            self._zip = zipfile.ZipFile(_Guarded(self._file))
        return self._zip


def is_zip(file: BinaryIO) -> bool:
    """Tell whether a file ends like a zip whose directory is there: `is_zipfile` is content with four bytes."""
    try:
        zipfile.ZipFile(_Guarded(file)).close()
    except (*DAMAGE, ArchiveError):
        return False
    return True


def _inflate(packed: Packed) -> bytes | None:
    """Unpack a member; None where it is anything but whole."""
    data = packed.data
    if packed.method == zipfile.ZIP_DEFLATED:
        try:
            # 0 would be no bound.
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, packed.unpacked or 1)
        except zlib.error:
            return None
    is_whole = len(data) == packed.unpacked and zlib.crc32(data) == packed.checksum
    return data if is_whole else None


def _convert(number: int, info: zipfile.ZipInfo) -> Member:
    sizes = (info.compress_size, info.file_size)
    return Member(number, info.filename, info.flag_bits, info.compress_type, info.CRC, *sizes)


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
