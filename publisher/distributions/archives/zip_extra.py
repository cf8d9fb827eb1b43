"""The extra fields of a zip member's header: a list of id, length and data."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

_ZIP64 = 0x0001
_UNICODE_PATH = 0x7075
_ONCE = (_ZIP64, _UNICODE_PATH)

_SENTINEL = 0xFFFF_FFFF
_HEADER = struct.Struct("<2H")
_NUMBER = struct.Struct("<Q")
_ZIP64_LENGTHS = (0, 8, 16, 24, 28)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PATH_AT = 5
"""Version and checksum come before the path."""


class FieldError(ValueError):
    """Extra fields that cannot be relied on. `str()` is a clause."""


class ExtraFields(NamedTuple):
    """The two fields that say where and how large a member is. None: there is no such field."""

    zip64: bytes | None
    path: bytes | None

    @property
    def has_bad_path(self) -> bool:
        """Tell whether there is another name for the member, and it is not UTF-8 or holds control characters."""
        if self.path is None:
            return False
        try:
            name = self.path[_PATH_AT:].decode()
        except UnicodeDecodeError:
            return True
        return bool(_CONTROL.search(name))

    def widen(self, sizes: tuple[int, int], *, is_stored: bool) -> tuple[int, int]:
        """Replace unpacked and packed size in a member's own header by those of the zip64 field."""
        if self.zip64 is None:
            return sizes
        if len(self.zip64) not in _ZIP64_LENGTHS:
            raise FieldError(f"its zip64 field has {len(self.zip64)} bytes")
        if not self.zip64 and _SENTINEL in sizes:
            raise FieldError("its zip64 field is empty, although its sizes are to be there")
        if len(self.zip64) == _NUMBER.size and not is_stored:
            raise FieldError("its zip64 field holds one size of two")
        numbers = _numbers(self.zip64)
        if not numbers:
            return sizes
        # As the index does: the packed size is always that of the field, of which a stored member needs only one.
        return (numbers[0] if sizes[0] == _SENTINEL else sizes[0], numbers[:2][-1])


def parse_extra(extra: bytes) -> ExtraFields:
    """Take extra fields apart."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(extra):
        if len(extra) - at < _HEADER.size:
            raise FieldError("its extra fields end in the middle of one")
        number, length = _HEADER.unpack_from(extra, at)
        at += _HEADER.size
        if at + length > len(extra):
            raise FieldError("an extra field is longer than all of them")
        if number in _ONCE and number in found:
            raise FieldError(f"its extra field 0x{number:04x} is there twice")
        found[number] = extra[at : at + length]
        at += length
    return ExtraFields(found.get(_ZIP64), found.get(_UNICODE_PATH))


def read_sizes(extra: bytes, sizes: tuple[int, int]) -> tuple[int, int]:
    """Give unpacked and packed size of an entry in the directory, which `zipfile` has found to be well formed."""
    try:
        fields = parse_extra(extra)
    except FieldError:
        return sizes
    wide = iter(_numbers(fields.zip64 or b""))
    unpacked, packed = (next(wide, size) if size == _SENTINEL else size for size in sizes)
    return unpacked, packed


def _numbers(zip64: bytes) -> list[int]:
    return [number for (number,) in _NUMBER.iter_unpack(zip64[: len(zip64) // _NUMBER.size * _NUMBER.size])]
