"""Take stock of an sdist while it is walked through, member by member."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from publisher.distributions.archives.obfuscation import LOOK_LIMIT, is_source, name_obfuscator
from publisher.distributions.inspection import Anomaly, Inspection, Notes, is_escaping

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCES_LIMIT = 256 << 20
"""Bytes of Python source that are looked into; beyond them nothing is known, so nothing is held against the archive."""


class Member(NamedTuple):
    """What the header of a member says. `size` is that of its data in the archive."""

    path: str
    size: int
    is_file: bool
    is_sparse: bool


class Survey:
    """What all members have in common, and what is odd about any of them."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self._notes = Notes()
        self._sources_left = SOURCES_LIMIT
        self._common: Sequence[str] | None = None
        self._prefix = ""
        self._has_absolute = self._has_relative = False

    def note(self, member: Member) -> None:
        """Take account of a member."""
        path = member.path.rstrip("/")
        self.paths.add(path)
        if not self._prefix or not path.startswith(self._prefix):
            parts = [part for part in path.split("/") if part not in {"", "."}]
            self._common = parts if self._common is None else _shared(self._common, parts)
            self._prefix = "/".join([*self._common, ""])
        if path.startswith("/"):
            self._has_absolute = True
        else:
            self._has_relative = True
        if self._has_absolute and self._has_relative:
            self._notes.add(Anomaly.MIXED_PATHS, path)
        elif not self._common:
            self._notes.add(Anomaly.SEVERAL_TOPS, path)
        if member.is_sparse:
            self._notes.add(Anomaly.SPARSE_MEMBER, path)
        if is_escaping(path):
            self._notes.add(Anomaly.ESCAPING_MEMBER, path)

    def wants(self, member: Member) -> bool:
        """Tell whether a file is to be looked into, as long as there is enough left to spend on it."""
        if not is_source(member.path) or member.size > min(LOOK_LIMIT, self._sources_left):
            return False
        self._sources_left -= member.size
        return True

    def look(self, path: str, source: bytes) -> None:
        """Look into a file of Python source."""
        if name := name_obfuscator(source):
            self._notes.add(Anomaly.OBFUSCATED, f"{name}: {path}")

    def note_damage(self, reason: str) -> None:
        """Take account of damage behind the last member."""
        self._notes.add(Anomaly.DAMAGED_END, reason)

    @property
    def top(self) -> str:
        """Give the directory that all members share; empty where there is none."""
        common = "/".join(self._common or ())
        return f"/{common}" if self._has_absolute else common

    def conclude(self, *, is_zip: bool) -> Inspection:
        """Judge what only the whole archive tells."""
        if self.top and f"{self.top}/PKG-INFO" not in self.paths:
            self._notes.add(Anomaly.METADATA_PLACE, f"{self.top}/PKG-INFO")
        if is_zip:
            self._notes.add(Anomaly.POLYGLOT, "zip")
        return Inspection(self._notes.observations)


def _shared(one: Sequence[str], other: Sequence[str]) -> Sequence[str]:
    length = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        length += 1
    return one[:length]
