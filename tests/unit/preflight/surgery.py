"""Make odd archives out of good ones."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

END = b"PK\x05\x06"
CENTRAL = b"PK\x01\x02"
LOCAL = b"PK\x03\x04"


class Pipe(io.RawIOBase):
    """Something that is written to and cannot be gone back in."""

    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.data += bytes(data)  # type: ignore[call-overload]
        return len(bytes(data))  # type: ignore[call-overload]


def stream(path: Path) -> None:
    """Write a zip anew as a stream: with data descriptors."""
    pipe = Pipe()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(pipe, "w") as new:
        for member in old.infolist():
            new.writestr(member.filename, old.read(member))
    path.write_bytes(bytes(pipe.data))


def add_member(path: Path, name: str, data: bytes = b"more", method: int = zipfile.ZIP_STORED) -> None:
    """Add a member that `RECORD` does not list."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), data, method)


def replace_bytes(path: Path, old: bytes, new: bytes, *, count: int = -1) -> None:
    """Replace bytes where they occur; they have to."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, count))


def patch(path: Path, at: int, new: bytes, *, behind: bytes) -> None:
    """Overwrite bytes, counted from the last occurrence of a signature."""
    data = bytearray(path.read_bytes())
    start = data.rindex(behind) + at
    data[start : start + len(new)] = new
    path.write_bytes(bytes(data))


def surround(path: Path, *, before: bytes = b"", behind: bytes = b"", keep: int | None = None) -> None:
    """Put bytes before and behind a file, or behind its first `keep` bytes."""
    path.write_bytes(before + path.read_bytes()[:keep] + behind)
