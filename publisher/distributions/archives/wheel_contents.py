"""Look through an open wheel: the files that every wheel has, and the Python source in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from publisher.distributions.archives.damage import DAMAGE, describe
from publisher.distributions.archives.members import ENCRYPTED, METHODS
from publisher.distributions.archives.obfuscation import LOOK_LIMIT, is_source
from publisher.distributions.archives.record import Record, RecordError, parse_record
from publisher.distributions.archives.seen import look
from publisher.distributions.inspection import Anomaly, Inspection, Notes, is_escaping

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.distributions.archives.members import Archive, Member
    from publisher.distributions.archives.seen import Seen
    from publisher.distributions.inspection import Observation

T = TypeVar("T")

RECORD_LIMIT = 32 << 20
"""Bytes of `RECORD` that are read."""

RECORD_LINES_LIMIT = 300_000
"""Lines of `RECORD` that are taken apart, each of which takes memory; of a longer one nothing is known."""

RECORD_FIELDS_LIMIT = 4 * RECORD_LINES_LIMIT
"""Fields in all these lines, of which there are three in each; beyond them as for the lines."""

ENTRY_POINTS_LIMIT = 512 << 10
"""Bytes of `entry_points.txt` that are read; the largest real ones have a tenth of it."""

LOOKS_LIMIT = 50_000
"""Members that are unpacked; what lies beyond them is not known, so nothing is held against it."""

BUDGET = 256 << 20
"""Bytes that are unpacked of one archive in all; beyond them as for `LOOKS_LIMIT`."""

PACKED_BUDGET = 24 << 20
"""Bytes that unpacked members take in the archive; beyond them as for `LOOKS_LIMIT`.

Deflated data can be made so that unpacking a MiB takes a sixteenth of a second and yields nothing; what is damaged is
unpacked twice.
"""

# The index's own numbers: an archive larger than the one may not be packed more tightly than the other.
_BOMB_SIZE = 64 << 20
_BOMB_RATIO = 50

_SIGNATURES = ("RECORD.jws", "RECORD.p7s")


def inspect_wheel(
    archive: Archive, dist_info: str, size: int, framing: tuple[Observation, ...], pause: Callable[[], None]
) -> Inspection:
    """Look into a wheel of `size` bytes, whose `framing` was read before."""
    look = _Look(archive, dist_info, pause)
    for fault in framing:
        look.notes.add(fault.anomaly, fault.detail)
    look.judge_members(size)
    for name in ("WHEEL", "METADATA", "RECORD"):
        if f"{dist_info}/{name}" not in look.files:
            look.notes.add(Anomaly.MISSING_FILE, name)
    record = look.read_record()
    # Before the sources, which may use up all that is left to spend.
    wheel, entry_points = look.read("WHEEL", LOOK_LIMIT), look.read("entry_points.txt", ENTRY_POINTS_LIMIT)
    look.judge_sources(record)
    return Inspection(look.notes.observations, (wheel or b"").decode("utf-8", "replace"), entry_points)


def _has_too_many_lines(record: bytes) -> bool:
    lines = record.count(b"\n") + record.count(b"\r")
    return lines > RECORD_LINES_LIMIT or lines + record.count(b",") > RECORD_FIELDS_LIMIT


class _Look:
    """One pass over a wheel's members, with what is left to spend on unpacking."""

    def __init__(self, archive: Archive, dist_info: str, pause: Callable[[], None]) -> None:
        self.notes = Notes()
        self.files = {member.path: member for member in archive.members if member.is_file}
        self._archive = archive
        self._info = f"{dist_info}/"
        self._pause = pause
        self._looks = LOOKS_LIMIT
        self._budget = BUDGET
        self._packed_budget = PACKED_BUDGET
        self._read: dict[str, bytes | None] = {}

    def judge_members(self, size: int) -> None:
        """Judge what the directory alone says."""
        for member in self._archive.members:
            if member.method not in METHODS:
                self.notes.add(Anomaly.COMPRESSION, member.path)
            if is_escaping(member.path):
                self.notes.add(Anomaly.ESCAPING_MEMBER, member.path)
        unpacked = sum(member.unpacked for member in self._archive.members)
        if unpacked > _BOMB_SIZE and unpacked > _BOMB_RATIO * size:
            self.notes.add(Anomaly.RATIO, str(unpacked // size))

    def read_record(self) -> Record | None:
        """Read `RECORD` and compare it with the members; None where there is nothing to compare with."""
        data = self.read("RECORD", RECORD_LIMIT)
        if data is None or _has_too_many_lines(data):
            return None
        try:
            record = parse_record(data)
        except RecordError as error:
            self.notes.add(Anomaly.RECORD_UNREADABLE, str(error))
            return None
        if record.has_blank_line:
            self.notes.add(Anomaly.RECORD_BLANK_LINE, "")
        signatures = {f"{self._info}{name}" for name in _SIGNATURES}
        if unlisted := self.files.keys() - record.entries.keys() - signatures:
            self.notes.add(Anomaly.RECORD_UNLISTED, min(unlisted))
        if absent := record.entries.keys() - self.files.keys() - signatures:
            self.notes.add(Anomaly.RECORD_ABSENT, min(absent))
        return record

    def judge_sources(self, record: Record | None) -> None:
        """Unpack what the index unpacks: Python source and what lies in `.dist-info`."""
        for path, member in self.files.items():
            if record and record.has_other_size(path, member.unpacked):
                self.notes.add(Anomaly.RECORD_DIFFERENT, path)
            has_source = is_source(path)
            seen = self._look(member) if has_source or path.startswith(self._info) else None
            if seen is None:
                continue
            if record and record.has_other_digest(path, seen.digest):
                self.notes.add(Anomaly.RECORD_DIFFERENT, path)
            if has_source and seen.obfuscator:
                self.notes.add(Anomaly.OBFUSCATED, f"{seen.obfuscator}: {path}")

    def read(self, name: str, limit: int) -> bytes | None:
        """Read a file of `.dist-info`; None where it is not there or cannot be read."""
        path = f"{self._info}{name}"
        if path not in self._read and path in self.files:
            self._read[path] = self._spend(self.files[path], limit, self._archive.unpack)
        return self._read.get(path)

    def _look(self, member: Member) -> Seen | None:
        if member.path in self._read:
            data = self._read[member.path]
            return None if data is None else look(data)
        return self._spend(member, LOOK_LIMIT, self._archive.look)

    def _spend(self, member: Member, limit: int, unpack: Callable[[Member, int], T]) -> T | None:
        """Unpack a member if it is no larger than `limit` and what is left to spend; None where it cannot be.

        What takes more room packed than unpacked is measured by that.
        """
        self._pause()
        if member.flags & ENCRYPTED:
            self.notes.add(Anomaly.ENCRYPTED, member.path)
            return None
        if member.method not in METHODS or not self._looks or max(member.packed, member.unpacked) > limit:
            return None
        if member.unpacked > self._budget or member.packed > self._packed_budget:
            return None
        self._looks -= 1
        self._budget -= member.unpacked
        self._packed_budget -= member.packed
        try:
            return unpack(member, limit)
        except DAMAGE as error:
            self.notes.add(Anomaly.CORRUPT_MEMBER, f"{member.path}: {describe(error)}")
            return None
