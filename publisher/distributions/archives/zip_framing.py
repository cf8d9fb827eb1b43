"""Read a zip from front to back, record by record, and compare with what its central directory says.

`zipfile` goes by the central directory alone. An archive in which someone who streams it would find other members is
how malware hides, and indexes refuse it. The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from publisher.distributions.archives.members import DIRECTORY_LIMIT, Member
from publisher.distributions.archives.window import Cut, Window
from publisher.distributions.archives.zip_extra import FieldError, parse_extra, read_sizes
from publisher.distributions.inspection import Anomaly, Notes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from publisher.distributions.inspection import Observation

MEMBERS_LIMIT = 200_000
"""Records that are looked at; what lies behind them is not known, so nothing is held against it."""

NAMES_LIMIT = 32 << 20
"""Bytes that the names in all records may have together, which are held; beyond them as for `MEMBERS_LIMIT`."""

EXTRA_LIMIT = 8 << 20
"""Bytes that the extra fields in all records may have together: each takes time; beyond as for `MEMBERS_LIMIT`."""

_LOCAL = struct.Struct("<5H3L2H")
_CENTRAL = struct.Struct("<6H3L5H2L")
_END = struct.Struct("<4H2LH")
_END_64 = struct.Struct("<Q2H2L4Q")
_LOCATOR = struct.Struct("<LQL")

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_STREAMED = 0x8
_UTF_8 = 0x800
_KNOWN_FLAGS = _UTF_8 | 0x6  # how much effort was made to compress says nothing to readers
_KNOWN_VERSION = 63
_END_64_SIZE = 44

_PAUSE_EVERY = 64

Sizes = tuple[int, int]


class _Stop(Exception):
    """From here on the records cannot be told apart."""


class Framing(NamedTuple):
    """What is odd about the records of a zip, each kind of anomaly once; `members` where it is plain, else None.

    A zip is plain where nothing is odd about it and it holds nothing that makes two ways of reading it possible at all:
    whatever reads it finds these members.
    """

    observations: tuple[Observation, ...]
    members: Sequence[Member] | None


def walk_through(file: BinaryIO, pause: Callable[[], None]) -> Framing:
    """Read every record of a zip but the members' data. `pause` may raise."""
    walk = _Walk(Window(file), pause)
    try:
        walk.run()
    except Cut as cut:
        walk.notes.add(Anomaly.TRUNCATED_RECORD, f"at byte {cut.end}")
    except _Stop:
        pass
    return Framing(walk.notes.observations, walk.members if walk.is_plain and not walk.notes.found else None)


class _Local(NamedTuple):
    """A member's own record: `start` is where it begins, `data` where what is packed begins; `sizes` are as there."""

    start: int
    flags: int
    written: bytes
    sizes: Sizes
    data: int


@dataclass(slots=True)
class _Walk:
    """What was seen so far: members by name, and where the directory began and ended."""

    window: Window
    pause: Callable[[], None]
    notes: Notes = field(default_factory=Notes)
    local: dict[str, _Local] = field(default_factory=dict)
    central: dict[str, Sizes] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    entries: int = 0
    directory_start: int | None = None
    directory_end: int = 0
    end_64: tuple[int, int, int] | None = None
    names_left: int = NAMES_LIMIT
    extra_left: int = EXTRA_LIMIT
    has_locator: bool = False
    is_plain: bool = False

    def run(self) -> None:
        """Read record after record to the end record, then compare."""
        for number in range(MEMBERS_LIMIT):
            if number % _PAUSE_EVERY == 0:
                self.pause()
            start = self.window.position
            match self.window.read(4):
                case b"PK\x03\x04":
                    self._read_local(start)
                case b"PK\x01\x02":
                    self.directory_start = start if self.directory_start is None else self.directory_start
                    self._read_central(self.directory_start)
                    self.directory_end = self.window.position
                case b"PK\x06\x06":
                    self._read_end_64()
                case b"PK\x06\x07":
                    self.window.unpack(_LOCATOR)
                    self.has_locator = True
                case b"PK\x05\x06":
                    self._read_end(start)
                    self._compare()
                    return
                case _:
                    self.notes.add(Anomaly.UNKNOWN_RECORD, f"at byte {start}")
                    raise _Stop

    def _read_local(self, start: int) -> None:
        _, flags, method, _, _, _, packed, unpacked, name_length, extra_length = self.window.unpack(_LOCAL)
        written, extra = self._read_texts(name_length, extra_length)
        try:
            name = written.decode()
        except UnicodeDecodeError:
            name = written.decode("cp437")
            self.notes.add(Anomaly.MEMBER_NAME, name)
        if flags & _STREAMED:
            self.notes.add(Anomaly.DATA_DESCRIPTOR, name)
            raise _Stop
        self._judge_name(name)
        sizes = (
            self._judge_extra(name, extra, (unpacked, packed), is_stored=method == 0) if extra else (unpacked, packed)
        )
        if name in self.local:
            self.notes.add(Anomaly.DUPLICATE_MEMBER, name)
        self.local[name] = _Local(start, flags, written, sizes, self.window.position)
        self.window.position += sizes[1]

    def _read_central(self, directory_start: int) -> None:
        _, version, flags, method, _, _, checksum, packed, unpacked, *lengths, _, _, _, start = self.window.unpack(
            _CENTRAL
        )
        written, extra = self._read_texts(lengths[0], lengths[1])
        name = _decode(written, flags)
        self._judge_name(name)
        if lengths[2]:
            self.window.read(lengths[2])
            self.notes.add(Anomaly.MEMBER_COMMENT, name)
        if name in self.central:
            self.notes.add(Anomaly.DUPLICATE_MEMBER, name)
        sizes = self.central[name] = read_sizes(extra, (unpacked, packed)) if extra else (unpacked, packed)
        local = self.local.get(name)
        is_known = version <= _KNOWN_VERSION and not extra and flags & ~_KNOWN_FLAGS == 0 and start < directory_start
        if local and is_known and local[:-1] == (start, flags, written, sizes) and (flags & _UTF_8 or name.isascii()):
            self.members.append(Member(self.entries, name, flags, method, checksum, packed, unpacked, local.data))
        self.entries += 1

    def _read_texts(self, name: int, extra: int) -> tuple[bytes, bytes]:
        self.names_left -= name
        self.extra_left -= extra
        if self.names_left < 0 or self.extra_left < 0:
            raise _Stop
        return self.window.read(name), self.window.read(extra) if extra else b""

    def _judge_name(self, name: str) -> None:
        if not name.isprintable() and _CONTROL.search(name):
            self.notes.add(Anomaly.MEMBER_NAME, name)

    def _judge_extra(self, name: str, extra: bytes, sizes: Sizes, *, is_stored: bool) -> Sizes:
        try:
            fields = parse_extra(extra)
            if fields.has_bad_path:
                self.notes.add(Anomaly.MEMBER_NAME, name)
            return fields.widen(sizes, is_stored=is_stored)
        except FieldError as error:
            self.notes.add(Anomaly.EXTRA_FIELD, f"{name}: {error}")
            return sizes

    def _read_end_64(self) -> None:
        size, _, _, _, _, here, total, length, offset = self.window.unpack(_END_64)
        if size != _END_64_SIZE:
            self.notes.add(Anomaly.EXTRA_FIELD, "the zip64 end record carries extensible data")
            raise _Stop
        if here != total:
            self.notes.add(Anomaly.DIRECTORY_MISMATCH, "the zip64 end record counts the members in two ways")
        self.end_64 = (total, length, offset)

    def _read_end(self, position: int) -> None:
        _, _, here, total, length, offset, comment_length = self.window.unpack(_END)
        if here != total:
            self.notes.add(Anomaly.DIRECTORY_MISMATCH, "the end record counts the members in two ways")
        if self.end_64:
            if not self.has_locator:
                self.notes.add(Anomaly.DIRECTORY_MISMATCH, "the zip64 locator is missing")
            total, length, offset = self.end_64
        start = position if self.directory_start is None else self.directory_start
        if total != self.entries:
            self.notes.add(
                Anomaly.DIRECTORY_MISMATCH, f"the end record counts {total} members, the directory has {self.entries}"
            )
        elif offset != start or length != max(self.directory_end - start, 0):
            self.notes.add(Anomaly.DIRECTORY_MISMATCH, "the directory is not where the end record says")
        self.window.read(comment_length)
        with suppress(Cut):
            self.window.read(1)
            self.notes.add(Anomaly.TRAILING_DATA, f"at byte {self.window.position - 1}")
        # Without extra fields in the directory and comments, nothing in it can be taken for the end of the archive.
        has_one_end = not (comment_length or self.end_64 or self.has_locator) and position == self.directory_end
        self.is_plain = (
            has_one_end and self.entries == len(self.members) == len(self.local) and length <= DIRECTORY_LIMIT
        )

    def _compare(self) -> None:
        if self.is_plain:
            return
        for name in sorted(self.local.keys() ^ self.central.keys()):
            where = "the directory" if name in self.local else "the records before the directory"
            self.notes.add(Anomaly.DIRECTORY_MISMATCH, f"{name} is not in {where}")
        for name in sorted(self.local.keys() & self.central.keys()):
            if self.local[name].sizes != self.central[name]:
                self.notes.add(Anomaly.DIRECTORY_MISMATCH, f"{name} has two sizes")


def _decode(name: bytes, flags: int) -> str:
    """Decode as unpackers do: without the flag for UTF-8 a name is in the code page of the first PCs."""
    return name.decode("utf-8" if flags & _UTF_8 else "cp437", "replace")
