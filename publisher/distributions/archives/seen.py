"""What is seen in a member of an archive, and remembered: the wheels of a release hold the same, packed alike."""

from __future__ import annotations

import base64
import hashlib
import threading
from typing import NamedTuple

from publisher.distributions.archives.obfuscation import name_obfuscator

_ROOM = 8 << 20
"""Bytes of memory for what is remembered; what comes later is looked into each time."""

_EACH = 600
"""Bytes that remembering a member takes beside its data."""


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
    """What was seen in the members of archives before; for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By what is short: looking for the data by their own hash takes longer than comparing them once.
        self._seen: dict[tuple[int, int, int], tuple[Packed, Seen]] = {}
        self._room = _ROOM

    def recall(self, packed: Packed) -> Seen | None:
        """Give what was seen in the very same member of another archive; None where there was none."""
        known, seen = self._seen.get(packed[1:], (None, None))
        return seen if known == packed else None

    def keep(self, packed: Packed, seen: Seen) -> None:
        """Remember what was seen, as long as there is room."""
        size = _EACH + len(packed.data)
        with self._lock:
            if size <= self._room and packed[1:] not in self._seen:
                self._room -= size
                self._seen[packed[1:]] = (packed, seen)


def look(data: bytes) -> Seen:
    """Look into what a member unpacks to."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return Seen(digest, name_obfuscator(data))
