"""Check that a zip read from front to back has the members that its central directory lists.

`zipfile` trusts the central directory. An archive whose stream holds other members is how malware hides, so the index
refuses it. The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import re
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from publisher.distributions.inspection import Anomalies, Anomaly, ArchiveError

# Bytes that `zipfile` may read at once: it loads the central directory, here of about 150,000 members.
DIRECTORY_LIMIT = 16 << 20

# All that `zipfile` is known to raise for damaged archives.
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, OSError, OverflowError, EOFError, RuntimeError)

_LOCAL = struct.Struct("<5H3L2H")
_CENTRAL = struct.Struct("<24x3H12x")
_END = struct.Struct("<4H2LH")
_END_64 = struct.Struct("<Q2H2L4Q")
_LOCATOR = struct.Struct("<LQL")
_EXTRA = struct.Struct("<2H")
_END_64_SIZE = 44
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_STREAMED = 0x8
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_ZIP64_LENGTHS = (0, 8, 16, 24, 28)
_PATH_AT = 5  # after a version and a checksum
_SENTINEL = 0xFFFF_FFFF

Sizes = tuple[int, int]  # unpacked and packed size


class _Stop(Exception):
    """The records that follow cannot be told apart."""


class BoundedFile:
    """A file for `zipfile` that refuses large reads."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes; raise `ArchiveError` beyond `DIRECTORY_LIMIT`."""
        data = self._file.read(DIRECTORY_LIMIT + 1 if size < 0 else min(size, DIRECTORY_LIMIT + 1))
        if len(data) > DIRECTORY_LIMIT:
            raise ArchiveError(f"its central directory is larger than {DIRECTORY_LIMIT >> 20} MiB")
        return data


def is_zip(file: BinaryIO) -> bool:
    """Return whether `zipfile` opens a file: `zipfile.is_zipfile` only looks for a signature."""
    try:
        zipfile.ZipFile(BoundedFile(file)).close()
    except (*DAMAGE, ArchiveError):
        return False
    return True


def check_framing(file: BinaryIO, directory: Sequence[zipfile.ZipInfo], notes: Anomalies) -> None:
    """Read every record of a zip, without the data of its members, and compare them with its central directory."""
    listed = _check_directory(directory, notes)
    size = file.seek(0, 2)
    file.seek(0)
    with suppress(_Stop):
        _Records(file, size, listed, notes).check()


@dataclass(slots=True)
class _Records:
    """The records of a zip in sequence. `listed` has the sizes in its central directory by name."""

    file: BinaryIO
    size: int
    listed: Mapping[str, set[Sizes]]
    notes: Anomalies
    seen: set[str] = field(default_factory=set)
    entries: int = 0
    directory_start: int | None = None
    directory_end: int = 0
    end_64: tuple[int, int, int] | None = None

    def check(self) -> None:
        while True:
            start = self.file.tell()
            match self._read(4):
                case b"PK\x03\x04":
                    self._read_local()
                case b"PK\x01\x02":
                    self.directory_start = start if self.directory_start is None else self.directory_start
                    self._read(sum(self._unpack(_CENTRAL)))
                    self.entries += 1
                    self.directory_end = self.file.tell()
                case b"PK\x06\x06":
                    self._read_end_64()
                case b"PK\x06\x07":
                    self._unpack(_LOCATOR)
                case b"PK\x05\x06":
                    self._read_end(start)
                    return
                case _:
                    self.notes.setdefault(Anomaly.UNKNOWN_RECORD, f"at byte {start}")
                    raise _Stop

    def _read(self, count: int) -> bytes:
        data = self.file.read(count)
        if len(data) < count:
            self.notes.setdefault(Anomaly.TRUNCATED_RECORD, f"at byte {self.size}")
            raise _Stop
        return data

    def _unpack(self, form: struct.Struct) -> tuple[Any, ...]:
        return form.unpack(self._read(form.size))

    def _read_local(self) -> None:
        _, flags, method, _, _, _, packed, unpacked, name_length, extra_length = self._unpack(_LOCAL)
        written, extra = self._read(name_length), self._read(extra_length)
        name, is_clean = _decode(written)
        if not is_clean:
            self.notes.setdefault(Anomaly.MEMBER_NAME, name)
        if flags & _STREAMED:
            self.notes.setdefault(Anomaly.DATA_DESCRIPTOR, name)
            raise _Stop
        sizes = (unpacked, packed)
        try:
            fields = parse_extra(extra)
            _, is_clean = _decode(fields.get(_UNICODE_PATH, b"")[_PATH_AT:])
            if not is_clean:
                self.notes.setdefault(Anomaly.MEMBER_NAME, name)
            sizes = widen_sizes(fields.get(_ZIP64), sizes, is_stored=method == zipfile.ZIP_STORED)
        except ValueError as error:
            self.notes.setdefault(Anomaly.EXTRA_FIELD, f"{name}: {error}")
            if _SENTINEL in sizes:
                raise _Stop from error
        if name not in self.listed:
            self._mismatch(f"{name} is not in the directory")
        elif sizes not in self.listed[name]:
            self._mismatch(f"{name} has two sizes")
        if name in self.seen:
            self.notes.setdefault(Anomaly.DUPLICATE_MEMBER, name)
        if name in self.listed:  # only these: the directory is bounded, the records are not
            self.seen.add(name)
        self.file.seek(min(self.file.tell() + sizes[1], self.size))

    def _read_end_64(self) -> None:
        size, _, _, _, _, here, total, length, offset = self._unpack(_END_64)
        if size != _END_64_SIZE:
            self.notes.setdefault(Anomaly.EXTRA_FIELD, "the zip64 end record carries extensible data")
            raise _Stop
        if here != total:
            self._mismatch("the zip64 end record has two counts of members")
        self.end_64 = (total, length, offset)

    def _read_end(self, position: int) -> None:
        _, _, here, total, length, offset, comment_length = self._unpack(_END)
        if here != total:
            self._mismatch("the end record has two counts of members")
        if self.end_64:
            total, length, offset = self.end_64
        start = position if self.directory_start is None else self.directory_start
        if total != self.entries:
            self._mismatch(f"the end record counts {total} members, the directory has {self.entries}")
        elif offset != start or length != max(self.directory_end - start, 0):
            self._mismatch("the directory is not where the end record says")
        if missing := self.listed.keys() - self.seen:
            self._mismatch(f"{min(missing)} is not in the records before the directory")
        self._read(comment_length)
        if (end := self.file.tell()) < self.size:
            self.notes.setdefault(Anomaly.TRAILING_DATA, f"at byte {end}")

    def _mismatch(self, detail: str) -> None:
        self.notes.setdefault(Anomaly.DIRECTORY_MISMATCH, detail)


def _check_directory(directory: Sequence[zipfile.ZipInfo], notes: Anomalies) -> dict[str, set[Sizes]]:
    """Check what the central directory alone reveals; return the sizes of members by name."""
    listed: defaultdict[str, set[Sizes]] = defaultdict(set)
    for entry in directory:
        name = entry.orig_filename
        if _CONTROL.search(name):
            notes.setdefault(Anomaly.MEMBER_NAME, name)
        if entry.comment:
            notes.setdefault(Anomaly.MEMBER_COMMENT, name)
        if name in listed:
            notes.setdefault(Anomaly.DUPLICATE_MEMBER, name)
        listed[name].add((entry.file_size, entry.compress_size))
    return listed


def parse_extra(extra: bytes) -> dict[int, bytes]:
    """Return the data of extra fields by id; raise `ValueError` if they are malformed."""
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(extra):
        if len(extra) - at < _EXTRA.size:
            raise ValueError("its extra fields end in the middle of one")
        number, length = _EXTRA.unpack_from(extra, at)
        start, at = at + _EXTRA.size, at + _EXTRA.size + length
        if at > len(extra):
            raise ValueError("an extra field is longer than all of them")
        if number in {_ZIP64, _UNICODE_PATH} and number in fields:
            raise ValueError(f"its extra field 0x{number:04x} occurs twice")
        fields[number] = extra[start:at]
    return fields


def widen_sizes(zip64: bytes | None, sizes: Sizes, *, is_stored: bool) -> Sizes:
    """Replace the sizes in a local header by those of its zip64 field; raise `ValueError` as the index does."""
    if zip64 is None:
        return sizes
    if len(zip64) not in _ZIP64_LENGTHS:
        raise ValueError(f"its zip64 field has {len(zip64)} bytes")
    numbers = struct.unpack_from(f"<{len(zip64) // 8}Q", zip64)
    if not numbers and _SENTINEL in sizes:
        raise ValueError("its zip64 field is empty, but has to hold its sizes")
    if len(numbers) == 1 and not is_stored:
        raise ValueError("its zip64 field holds one size of two")
    if not numbers:
        return sizes
    # As in the index, the packed size is always that of the field, where a stored member needs only one.
    return (numbers[0] if sizes[0] == _SENTINEL else sizes[0], numbers[:2][-1])


def _decode(written: bytes) -> tuple[str, bool]:
    """Decode a name; return also whether it is UTF-8 without control characters."""
    try:
        name = written.decode()
    except UnicodeDecodeError:
        return written.decode("cp437"), False
    return name, not _CONTROL.search(name)
