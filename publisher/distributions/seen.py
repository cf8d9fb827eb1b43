"""What is seen in a member of an archive, and remembered: the wheels of a release hold the same, packed alike."""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from publisher.distributions.obfuscation import name_obfuscator

_ROOM = 8 << 20
"""Bytes of packed members that are remembered; what comes later is looked into each time."""


class Seen(NamedTuple):
    """The SHA-256 of a member as `RECORD` writes it, and the obfuscator it came out of; empty where that is none."""

    digest: str
    obfuscator: str


class Packed(NamedTuple):
    """All that decides what a member of a zip unpacks to, and whether it is whole."""

    data: bytes
    method: int
    unpacked: int
    checksum: int


class Memory:
    """What was seen in the members of archives before."""

    def __init__(self) -> None:
        # By what is short: looking for the data by their own hash takes longer than comparing them once.
        self._seen: dict[tuple[int, int, int], tuple[Packed, Seen]] = {}
        self._room = _ROOM

    def recall(self, packed: Packed) -> Seen | None:
        """Give what was seen in the very same member of another archive; None where there was none."""
        known, seen = self._seen.get(packed[1:], (None, None))
        return seen if known == packed else None

    def keep(self, packed: Packed, seen: Seen) -> None:
        """Remember what was seen, as long as there is room."""
        if len(packed.data) <= self._room:
            self._room -= len(packed.data)
            self._seen.setdefault(packed[1:], (packed, seen))


def look(data: bytes) -> Seen:
    """Look into what a member unpacks to."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return Seen(digest, name_obfuscator(data))
