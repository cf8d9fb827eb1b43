"""Damage archives."""

import zipfile
from pathlib import Path

END = b"PK\x05\x06"


def add_member(path: Path, name: str, data: bytes = b"more", method: int = zipfile.ZIP_STORED) -> None:
    """Add a member that `RECORD` does not list."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), data, method)


def replace_bytes(path: Path, old: bytes, new: bytes, *, count: int = -1) -> None:
    """Replace bytes that must occur."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, count))


def damage(path: Path, name: str) -> None:
    """Change a byte in the middle of a member."""
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(name)
    data = bytearray(path.read_bytes())
    data[member.header_offset + 30 + len(name) + member.compress_size // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def patch(path: Path, at: int, new: bytes, *, behind: bytes) -> None:
    """Overwrite bytes, counted from the last occurrence of a signature."""
    data = bytearray(path.read_bytes())
    start = data.rindex(behind) + at
    data[start : start + len(new)] = new
    path.write_bytes(bytes(data))


def surround(path: Path, *, before: bytes = b"", behind: bytes = b"", keep: int | None = None) -> None:
    """Put bytes before and after a file, or after its first `keep` bytes."""
    path.write_bytes(before + path.read_bytes()[:keep] + behind)
