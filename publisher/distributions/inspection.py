"""What an archive contains besides its metadata: small values, whatever the size of the archive."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PureWindowsPath
from posixpath import normpath, splitext

TEXT_LIMIT = 16 << 20  # bytes of a member that is held in memory; real metadata stays far below 1 MiB
SOURCE_LIMIT = 5 << 20  # bytes of a Python source that is scanned: the index has the same limit
# The exact patterns of the index, wherever they appear: in code, strings, or comments.
_PYARMOR = re.compile(rb"__pyarmor__\(__name__, __file__,|__pyarmor_(?:enter|exit|assert|bcc)__")
_SOURCEDEFENDER = (b"---BEGIN PYE FILE---", b"---END PYE FILE---")


class ArchiveError(Exception):
    """A file that cannot be used as a distribution. `str()` is a full clause."""


class NotAFile(ArchiveError):
    """A path that is not a regular file in the workspace."""


class Anomaly(StrEnum):
    """What can be odd about an archive. Preflight decides whether it matters."""

    # The framing of a zip: reading from the front against reading by the central directory.
    UNKNOWN_RECORD = "unknown-record"
    TRUNCATED_RECORD = "truncated-record"
    TRAILING_DATA = "trailing-data"
    DATA_DESCRIPTOR = "data-descriptor"
    MEMBER_NAME = "member-name"
    MEMBER_COMMENT = "member-comment"
    DUPLICATE_MEMBER = "duplicate-member"
    EXTRA_FIELD = "extra-field"
    DIRECTORY_MISMATCH = "directory-mismatch"
    # Members.
    POLYGLOT = "polyglot"
    COMPRESSION = "compression"
    ENCRYPTED = "encrypted"
    RATIO = "ratio"
    CORRUPT_MEMBER = "corrupt-member"
    DAMAGED_END = "damaged-end"
    OBFUSCATED = "obfuscated"
    ESCAPING_MEMBER = "escaping-member"
    MISSING_LICENSE = "missing-license"
    LICENSE_ELSEWHERE = "license-elsewhere"
    DAMAGED_MEMBER = "damaged-member"
    BAD_LINK = "bad-link"
    # Wheels.
    MISSING_FILE = "missing-file"
    OTHER_DIST_INFO = "other-dist-info"
    SECOND_DIST_INFO = "second-dist-info"
    DATA_PLACE = "data-place"
    FILE_AND_DIRECTORY = "file-and-directory"
    RECORD_UNREADABLE = "record-unreadable"
    RECORD_BLANK_LINE = "record-blank-line"
    RECORD_ROW = "record-row"
    RECORD_UNLISTED = "record-unlisted"
    RECORD_ABSENT = "record-absent"
    RECORD_DIFFERENT = "record-different"
    RECORD_HEXADECIMAL = "record-hexadecimal"
    # Sdists.
    UNBUILDABLE = "unbuildable"
    SPECIAL_MEMBER = "special-member"
    SPARSE_MEMBER = "sparse-member"
    SEVERAL_TOPS = "several-tops"
    MIXED_PATHS = "mixed-paths"
    METADATA_PLACE = "metadata-place"


Anomalies = dict[Anomaly, str]  # the first occurrence of each anomaly: a path, a reason, or a number


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found. `texts` has `WHEEL` and `entry_points.txt` of a wheel, `pyproject.toml` of an sdist."""

    anomalies: Mapping[Anomaly, str] = field(default_factory=dict, hash=False)
    texts: Mapping[str, bytes] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Contents:
    """The metadata of an archive and what was observed.

    `paths` are the paths of all members, None if the archive was not read to its end; `licenses` is the directory that
    `License-File` is relative to.
    """

    metadata: bytes
    inspection: Inspection
    paths: frozenset[str] | None
    licenses: str


def is_escaping(path: str) -> bool:
    """Return whether unpacking a member would write outside the target directory."""
    return bool(PureWindowsPath(path).root) or normpath(path.replace("\\", "/")).split("/")[0] == ".."


def is_source(path: str) -> bool:
    """Return whether the index scans a member for obfuscated code."""
    return splitext(path.lower())[1] in {".py", ".pye"}


def find_obfuscator(source: bytes) -> str:
    """Return the name of the obfuscator that wrote a source file, empty if there is no trace of one."""
    if _PYARMOR.search(source):
        return "PyArmor"
    return "SourceDefender" if all(mark in source for mark in _SOURCEDEFENDER) else ""


def join_paths(paths: list[str]) -> str:
    """Format the first three of many paths."""
    shown, rest = paths[:3], paths[3:]
    return ", ".join([f"`{path}`" for path in shown] + ["…"] * bool(rest))


def describe(error: Exception) -> str:
    """Return the text of an error, its type if it has none."""
    return str(error) or type(error).__name__
