"""A file seen through a block of it, so that a record of some bytes does not cost a read of its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from struct import Struct
    from typing import BinaryIO

_BLOCK = 64 << 10
"""Bytes that are read at once; what is in memory already is one block."""


class Cut(Exception):
    """The file ends at byte `end`, within what was asked for."""

    def __init__(self, end: int) -> None:
        super().__init__(end)
        self.end = end


class Window:
    """Reads at `position`, which may be set, and moves it on. Nothing that is read may be longer than a block."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self.position = 0
        self._file = file
        self._start = 0
        self._block = file.read(-1 if isinstance(file, io.BytesIO) else _BLOCK)

    def read(self, count: int) -> bytes:
        """Read so many bytes; raise `Cut` where some are missing."""
        at = self.position - self._start
        if at < 0 or at + count > len(self._block):
            at = self._load(count)
        self.position += count
        return self._block[at : at + count]

    def unpack(self, form: Struct) -> tuple[Any, ...]:
        """Read a record; raise `Cut` where a part of it is missing."""
        at = self.position - self._start
        if at < 0 or at + form.size > len(self._block):
            at = self._load(form.size)
        self.position += form.size
        return form.unpack_from(self._block, at)

    def _load(self, count: int) -> int:
        self._start = self._file.seek(self.position)
        self._block = self._file.read(_BLOCK)
        if len(self._block) < count:
            raise Cut(self.position + len(self._block))
        return 0
