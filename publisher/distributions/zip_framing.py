"""Read a zip from front to back, record by record, and compare with what its central directory says.

`zipfile` goes by the central directory alone. An archive in which someone who streams it would find other members is
how malware hides, and indexes refuse it. The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.distributions.inspection import Notes, Oddity
from publisher.distributions.zip_extra import FieldError, parse_extra, read_sizes

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from publisher.distributions.inspection import Fault

MEMBERS_LIMIT = 200_000
"""Records that are looked at; what lies behind them is not known, so nothing is held against it."""

_LOCAL = struct.Struct("<5H3L2H")
_CENTRAL = struct.Struct("<6H3L5H2L")
_END = struct.Struct("<4H2LH")
_END_64 = struct.Struct("<Q2H2L4Q")
_LOCATOR = struct.Struct("<LQL")

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_STREAMED = 0x8
_UTF_8 = 0x800
_END_64_SIZE = 44

Sizes = tuple[int, int]


class _Stop(Exception):
    """From here on the records cannot be told apart."""


def find_framing_faults(file: BinaryIO, pause: Callable[[], None]) -> tuple[Fault, ...]:
    """Name what is odd about the records of a zip, each kind of oddity once. `pause` may raise."""
    walk = _Walk(file, pause)
    with suppress(_Stop):
        walk.run()
    return walk.notes.faults


@dataclass(slots=True)
class _Walk:
    """What was seen so far: members by name with their sizes, and where the directory began and ended."""

    file: BinaryIO
    pause: Callable[[], None]
    notes: Notes = field(default_factory=Notes)
    local: dict[str, Sizes] = field(default_factory=dict)
    central: dict[str, Sizes] = field(default_factory=dict)
    entries: int = 0
    directory_start: int | None = None
    directory_end: int = 0
    end_64: tuple[int, int, int] | None = None
    has_locator: bool = False

    def run(self) -> None:
        """Read record after record to the end record, then compare."""
        self.file.seek(0)
        for _ in range(MEMBERS_LIMIT):
            self.pause()
            position = self.file.tell()
            match self._read(4):
                case b"PK\x03\x04":
                    self._read_local()
                case b"PK\x01\x02":
                    self.directory_start = position if self.directory_start is None else self.directory_start
                    self._read_central()
                    self.directory_end = self.file.tell()
                case b"PK\x06\x06":
                    self._read_end_64()
                case b"PK\x06\x07":
                    self._unpack(_LOCATOR)
                    self.has_locator = True
                case b"PK\x05\x06":
                    self._read_end(position)
                    self._compare()
                    return
                case _:
                    self.notes.add(Oddity.UNKNOWN_RECORD, f"at byte {position}")
                    raise _Stop

    def _read_local(self) -> None:
        _, flags, method, _, _, _, packed, unpacked, name_length, extra_length = self._unpack(_LOCAL)
        written, extra = self._read(name_length), self._read(extra_length)
        try:
            name = written.decode()
        except UnicodeDecodeError:
            name = written.decode("cp437")
            self.notes.add(Oddity.MEMBER_NAME, name)
        if flags & _STREAMED:
            self.notes.add(Oddity.DATA_DESCRIPTOR, name)
            raise _Stop
        self._judge_name(written, name)
        sizes = self._judge_extra(name, extra, (unpacked, packed), is_stored=method == 0)
        if name in self.local:
            self.notes.add(Oddity.DUPLICATE_MEMBER, name)
        self.local[name] = sizes
        self.file.seek(sizes[1], 1)

    def _read_central(self) -> None:
        values = self._unpack(_CENTRAL)
        flags, packed, unpacked, name_length, extra_length, comment_length = (
            values[place] for place in (2, 7, 8, 9, 10, 11)
        )
        written, extra = self._read(name_length), self._read(extra_length)
        self._read(comment_length)
        name = _decode(written, flags)
        self._judge_name(written, name)
        if comment_length:
            self.notes.add(Oddity.MEMBER_COMMENT, name)
        if name in self.central:
            self.notes.add(Oddity.DUPLICATE_MEMBER, name)
        self.central[name] = read_sizes(extra, (unpacked, packed))
        self.entries += 1

    def _judge_name(self, written: bytes, name: str) -> None:
        if _CONTROL.search(written):
            self.notes.add(Oddity.MEMBER_NAME, name)

    def _judge_extra(self, name: str, extra: bytes, sizes: Sizes, *, is_stored: bool) -> Sizes:
        try:
            fields = parse_extra(extra)
            if fields.has_bad_path:
                self.notes.add(Oddity.MEMBER_NAME, name)
            return fields.widen(sizes, is_stored=is_stored)
        except FieldError as error:
            self.notes.add(Oddity.EXTRA_FIELD, f"{name}: {error}")
            return sizes

    def _read_end_64(self) -> None:
        size, _, _, _, _, here, total, length, offset = self._unpack(_END_64)
        if size != _END_64_SIZE:
            self.notes.add(Oddity.EXTRA_FIELD, "the zip64 end record carries extensible data")
            raise _Stop
        if here != total:
            self.notes.add(Oddity.DIRECTORY_MISMATCH, "the zip64 end record counts the members in two ways")
        self.end_64 = (total, length, offset)

    def _read_end(self, position: int) -> None:
        _, _, here, total, length, offset, comment_length = self._unpack(_END)
        if here != total:
            self.notes.add(Oddity.DIRECTORY_MISMATCH, "the end record counts the members in two ways")
        if self.end_64:
            if not self.has_locator:
                self.notes.add(Oddity.DIRECTORY_MISMATCH, "the zip64 locator is missing")
            total, length, offset = self.end_64
        start = position if self.directory_start is None else self.directory_start
        if total != self.entries:
            self.notes.add(
                Oddity.DIRECTORY_MISMATCH, f"the end record counts {total} members, the directory has {self.entries}"
            )
        elif offset != start or length != max(self.directory_end - start, 0):
            self.notes.add(Oddity.DIRECTORY_MISMATCH, "the directory is not where the end record says")
        self._read(comment_length)
        if self.file.read(1):
            self.notes.add(Oddity.TRAILING_DATA, f"at byte {self.file.tell() - 1}")

    def _compare(self) -> None:
        for name in sorted(self.local.keys() ^ self.central.keys()):
            where = "the directory" if name in self.local else "the records before the directory"
            self.notes.add(Oddity.DIRECTORY_MISMATCH, f"{name} is not in {where}")
        for name in sorted(self.local.keys() & self.central.keys()):
            if self.local[name] != self.central[name]:
                self.notes.add(Oddity.DIRECTORY_MISMATCH, f"{name} has two sizes")

    def _unpack(self, form: struct.Struct) -> tuple[int, ...]:
        return form.unpack(self._read(form.size))

    def _read(self, count: int) -> bytes:
        data = self.file.read(count)
        if len(data) < count:
            self.notes.add(Oddity.TRUNCATED_RECORD, f"at byte {self.file.tell()}")
            raise _Stop
        return data


def _decode(name: bytes, flags: int) -> str:
    """Decode as unpackers do: without the flag for UTF-8 a name is in the code page of the first PCs."""
    return name.decode("utf-8" if flags & _UTF_8 else "cp437", "replace")
