"""What reading an archive tells about it beside its metadata: small values, however large the archive."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import StrEnum


class Anomaly(StrEnum):
    """What can be odd about an archive. Whether it matters is for preflight to judge."""

    # The framing of a zip: what one sees who reads it from the front, and who reads it by its central directory.
    UNKNOWN_RECORD = "unknown-record"
    TRUNCATED_RECORD = "truncated-record"
    TRAILING_DATA = "trailing-data"
    DATA_DESCRIPTOR = "data-descriptor"
    MEMBER_NAME = "member-name"
    MEMBER_COMMENT = "member-comment"
    DUPLICATE_MEMBER = "duplicate-member"
    EXTRA_FIELD = "extra-field"
    DIRECTORY_MISMATCH = "directory-mismatch"
    # What is inside.
    POLYGLOT = "polyglot"
    COMPRESSION = "compression"
    ENCRYPTED = "encrypted"
    RATIO = "ratio"
    CORRUPT_MEMBER = "corrupt-member"
    DAMAGED_END = "damaged-end"
    OBFUSCATED = "obfuscated"
    ESCAPING_MEMBER = "escaping-member"
    MISSING_LICENSE = "missing-license"
    # Wheels.
    MISSING_FILE = "missing-file"
    RECORD_UNREADABLE = "record-unreadable"
    RECORD_BLANK_LINE = "record-blank-line"
    RECORD_UNLISTED = "record-unlisted"
    RECORD_ABSENT = "record-absent"
    RECORD_DIFFERENT = "record-different"
    # Sdists.
    SPARSE_MEMBER = "sparse-member"
    SEVERAL_TOPS = "several-tops"
    MIXED_PATHS = "mixed-paths"
    METADATA_PLACE = "metadata-place"


@dataclass(frozen=True, slots=True)
class Observation:
    """One anomaly, once per archive however often it occurs; `detail` is a path, a reason or a number, as found."""

    anomaly: Anomaly
    detail: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that was noticed. `wheel` is the text of a wheel's `WHEEL`; None: there is no `entry_points.txt`."""

    observations: tuple[Observation, ...] = ()
    wheel: str = ""
    entry_points: bytes | None = None


@dataclasses.dataclass(slots=True)
class Notes:
    """Collects faults, the first of each anomaly."""

    found: dict[Anomaly, Observation] = field(default_factory=dict)

    def add(self, anomaly: Anomaly, detail: str) -> None:
        """Note an anomaly, unless it was noted before."""
        if anomaly not in self.found:
            self.found[anomaly] = Observation(anomaly, detail)

    @property
    def observations(self) -> tuple[Observation, ...]:
        """Give what was noted, in the order in which it was."""
        return tuple(self.found.values())


def is_escaping(path: str) -> bool:
    """Tell whether a member would be unpacked outside the directory in which the archive is."""
    if ".." not in path and ":" not in path and not path.startswith(("/", "\\")):
        return False
    if path.startswith(("/", "\\")) or path[1:3] in {":/", ":\\"}:
        return True
    depth = 0
    for part in path.replace("\\", "/").split("/"):
        depth += -1 if part == ".." else part not in {"", "."}
        if depth < 0:
            return True
    return False
