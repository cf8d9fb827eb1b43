"""Read the extended header that the pax format puts before a member of a tar."""

from __future__ import annotations


def parse_pax(data: bytes) -> dict[str, str]:
    """Parse the records of a pax header (`length key=value`) and keep what says where, how long and how a file is."""
    wanted, at = {}, 0
    while at < len(data) and data[at]:
        space = data.index(b" ", at, at + 20)
        length = int(data[at:space])
        key, _, value = data[space + 1 : at + length - 1].partition(b"=")
        if at + length <= space:
            raise ValueError("a pax record has an impossible length")
        if key in {b"path", b"size"}:
            wanted[key.decode()] = decode(value)
        elif key.startswith(b"GNU.sparse."):
            wanted["sparse"] = ""
        at += length
    return wanted


def decode(path: bytes) -> str:
    """Decode a path, whatever its bytes, so that nothing is lost."""
    return path.decode("utf-8", "surrogateescape")
