"""Walk through a gzip-compressed tar once, front to back, and take out its `PKG-INFO`.

`tarfile` trusts the sizes that headers claim and keeps an object per member: a few kilobytes can make it use all
memory. This walk holds one piece and one small text at a time, and uses `tarfile` for what one header means.
"""

from __future__ import annotations

import tarfile
import zlib
from typing import TYPE_CHECKING

from publisher.distributions.archives.contents import METADATA_LIMIT, Contents, name_some, too_large
from publisher.distributions.archives.damage import ArchiveError, describe
from publisher.distributions.archives.members import is_zip
from publisher.distributions.archives.pax import decode, parse_pax
from publisher.distributions.archives.survey import Member, Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

UNPACKED_LIMIT = 1 << 30
"""Bytes of unpacked archive that are looked at: beyond it nothing is known, so nothing is held against the archive."""

MEMBERS_LIMIT = 100_000
"""Members that are looked at; beyond them as for `UNPACKED_LIMIT`."""

STREAMS_LIMIT = 20_000
"""Gzip streams, one after another, that are unpacked; beyond them as for `UNPACKED_LIMIT`."""

TEXT_LIMIT = 8 << 20
"""Bytes that the long names and pax headers of all members may hold together; beyond them as for `UNPACKED_LIMIT`."""

_BLOCK = tarfile.BLOCKSIZE
_PIECE = 256 << 10
_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_ABOUT_OTHERS = (tarfile.GNUTYPE_LONGLINK, tarfile.XGLTYPE)
_WITHOUT_DATA = (tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE)


class _BeyondLimit(Exception):
    """More was unpacked than will be looked at."""


def read_sdist(file: BinaryIO, pause: Callable[[], None]) -> Contents:
    """Read the one `PKG-INFO` directly in the top directory of an sdist.

    The archive is read to its end, so that a truncated one is noticed. `pause` is called between pieces and may raise.
    """
    survey, unpacked, is_whole = Survey(), _Unpacked(file, pause), True
    found: dict[str, bytes] = {}
    try:
        for member in _walk(unpacked):
            survey.note(member)
            _look(member, unpacked, survey, found)
        _drain(unpacked, survey)
    except _BeyondLimit:
        is_whole = False
        if not found:
            raise ArchiveError("it holds no `PKG-INFO` in the part of it that is looked at (1 GiB unpacked)") from None
    except zlib.error as error:
        raise ArchiveError(f"it is not a gzip archive that can be read: {describe(error)}") from error
    except (tarfile.TarError, ValueError) as error:
        raise ArchiveError(f"it is not a tar archive that can be read: {describe(error)}") from error
    if not found:
        raise ArchiveError("it holds no `PKG-INFO` directly in its top directory")
    [(path, metadata)] = found.items()
    paths = frozenset(survey.paths) if is_whole else None
    return Contents(path, metadata, survey.conclude(is_zip=is_zip(file)), paths, survey.top)


def _look(member: Member, source: _Unpacked, survey: Survey, found: dict[str, bytes]) -> None:
    """Take out what is of interest in a file: its Python source for the survey, `PKG-INFO` for what was found."""
    if not member.is_file:
        return
    if survey.wants(member):
        survey.look(member.path, source.read(member.size))
    if not _is_metadata(member.path):
        return
    if found.keys() - {member.path}:  # Of two with one path, the second is what unpacking leaves.
        raise ArchiveError(f"it holds several metadata files: {name_some([*found, member.path])}")
    if member.size > METADATA_LIMIT:
        raise too_large(member.path)
    found[member.path] = source.read(member.size)


def _drain(source: _Unpacked, survey: Survey) -> None:
    """Move on to the end: only there does gzip tell whether all was well. Not everybody who unpacks goes there."""
    try:
        source.drain()
    except (ArchiveError, zlib.error) as error:
        survey.note_damage(describe(error))


def _is_metadata(path: str) -> bool:
    parts = path.removeprefix("./").split("/")
    return len(parts) == 2 and parts[0] not in {"", ".", ".."} and parts[1] == "PKG-INFO"  # noqa: PLR2004 -- top and name


def _walk(source: _Unpacked) -> Iterator[Member]:
    """Yield each member; the caller may read from the source up to the member's size."""
    extended: dict[str, str] = {}
    for _ in range(MEMBERS_LIMIT):
        header = source.read(_BLOCK)
        member = _parse_header(header, is_first=source.position <= _BLOCK)
        if member is None:
            return
        if member.type == tarfile.GNUTYPE_SPARSE:
            _skip_sparse_map(source, header)
        size = 0 if member.type in _WITHOUT_DATA else int(extended.get("size", member.size))
        if size < 0:
            raise ArchiveError("it is not a tar archive that can be read: a member has a negative size")
        end = source.position + size + -size % _BLOCK
        if member.type in _PAX:
            extended |= parse_pax(source.read_text(size))
        elif member.type == tarfile.GNUTYPE_LONGNAME:
            extended["path"] = decode(source.read_text(size).partition(b"\0")[0])
        elif member.type not in _ABOUT_OTHERS:
            is_sparse = member.type == tarfile.GNUTYPE_SPARSE or "sparse" in extended
            yield Member(extended.get("path", member.name), size, member.type in _FILES, is_sparse)
            extended = {}
        source.skip(end - source.position)
    raise _BeyondLimit


def _parse_header(block: bytes, *, is_first: bool) -> tarfile.TarInfo | None:
    """Parse one header; None is the end of the archive, for which, as for `tarfile`, anything else stands as well."""
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        if is_first:
            raise
        return None


def _skip_sparse_map(source: _Unpacked, header: bytes) -> None:
    """Skip the blocks that continue an old GNU sparse header; each says whether there is another."""
    is_extended = header[482]
    while is_extended:
        block = source.read(_BLOCK)
        is_extended = len(block) == _BLOCK and block[504]


class _Unpacked:
    """The bytes inside a gzip file, front to back, with a bound on all that a hostile one could ask for."""

    def __init__(self, file: BinaryIO, pause: Callable[[], None]) -> None:
        self.position = 0
        self._file = file
        self._pause = pause
        self._inflater = zlib.decompressobj(_GZIP)
        self._step = _PIECE
        self._packed = file.read(_PIECE)
        self._piece = b""
        self._at = 0
        self._unpacked = 0
        self._streams_left = STREAMS_LIMIT
        self._text_left = TEXT_LIMIT
        if not self._packed.startswith(_MAGIC):
            raise ArchiveError("it is not compressed with gzip")

    def read(self, count: int) -> bytes:
        """Read `count` bytes, fewer only at the end."""
        parts = []
        while count and (part := self._take(count)):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def read_text(self, count: int) -> bytes:
        """Read a header's own data, which counts against what all of them together may hold."""
        self._text_left -= count
        if self._text_left < 0:
            raise _BeyondLimit
        return self.read(count)

    def skip(self, count: int) -> None:
        """Move on by `count` bytes, all of which have to be there."""
        while count:
            part = self._take(count)
            if not part:
                raise ArchiveError("it is truncated: a member ends before its size")
            count -= len(part)

    def drain(self) -> None:
        """Unpack all that is left, and forget it."""
        while self._take(_PIECE):
            pass

    def _take(self, count: int) -> bytes:
        if self._at == len(self._piece):
            self._piece, self._at = self._next_piece(), 0
        part = self._piece[self._at : self._at + count]
        self._at += len(part)
        self.position += len(part)
        return part

    def _next_piece(self) -> bytes:
        """Unpack some more; empty at the end."""
        while not self._inflater.eof or self._next_stream():
            self._pause()
            packed = self._packed or self._inflater.unconsumed_tail or self._file.read(_PIECE)
            self._packed = b""
            piece = self._inflate(packed)
            self._unpacked += len(piece)
            if self._unpacked > UNPACKED_LIMIT:
                raise _BeyondLimit
            if piece:
                return piece
            if not packed and not self._inflater.eof:
                raise ArchiveError("it is truncated: its compressed data ends in the middle")
        return b""

    def _inflate(self, packed: bytes) -> bytes:
        """Unpack a piece; one that has an error in it once more and bit by bit, for zlib keeps all of it to itself."""
        before = self._inflater.copy()
        try:
            return self._inflater.decompress(packed, self._step)
        except zlib.error:
            if self._step == _BLOCK:
                raise
        self._inflater, self._step = before, _BLOCK
        return self._inflate(packed)

    def _next_stream(self) -> bool:
        """Begin the next gzip stream; what follows the last one, padding or not, says nothing about the archive."""
        rest = self._packed or self._inflater.unused_data.lstrip(b"\0")
        while len(rest) < len(_MAGIC) and (more := self._file.read(_PIECE)):
            self._pause()
            rest = (rest + more).lstrip(b"\0")
        self._packed = rest
        if not rest.startswith(_MAGIC):
            return False
        self._streams_left -= 1
        if self._streams_left < 0:
            raise _BeyondLimit
        self._inflater = zlib.decompressobj(_GZIP)
        return True
