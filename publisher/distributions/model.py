"""The values that describe what to publish."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from packaging.utils import NormalizedName
from packaging.version import Version

from publisher.distributions.inspection import Inspection
from publisher.distributions.metadata import Metadata


class Kind(StrEnum):
    """The two kinds of distribution; the values are the upload form's `filetype`."""

    WHEEL = "bdist_wheel"
    SDIST = "sdist"


@dataclass(frozen=True, slots=True)
class Digests:
    """Lower-case hex digests of the whole file. `md5` is printed but never sent."""

    sha256: str
    blake2b_256: str
    md5: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """A readable file to publish.

    `project` and `version` come from the file name. `python_tag` is the upload form's `pyversion`: a wheel's Python tag
    as written, `source` for an sdist. The upload compares `size` (bytes) and `modified_ns` to detect a changed file.
    """

    path: Path
    filename: str
    kind: Kind
    project: NormalizedName
    version: Version
    python_tag: str
    size: int
    modified_ns: int
    digests: Digests
    metadata: Metadata
    inspection: Inspection = field(default_factory=Inspection, repr=False)

    @property
    def release(self) -> tuple[NormalizedName, Version]:
        """Return the project and version: one page, one set of files on the index."""
        return (self.project, self.version)


class Fault(StrEnum):
    """What is wrong with a file that cannot be published."""

    NAME = "name"
    PLACE = "place"  # it is not a regular file of the workspace, or not readable
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file named like a distribution that cannot be published; `reason` is a full clause."""

    path: Path
    filename: str
    reason: str
    fault: Fault = Fault.CONTENT


@dataclass(frozen=True, slots=True)
class Found:
    """The files that `packages-dir` selects.

    `candidates` have the extension of a distribution, sorted and each listed once; `attestations` lie beside them;
    `ignored` are other files; `missing` are lines that match nothing. `nested` are candidates in a subdirectory of a
    listed directory that no line selects.
    """

    candidates: tuple[Path, ...]
    attestations: tuple[Path, ...]
    ignored: tuple[Path, ...]
    missing: tuple[str, ...]
    nested: tuple[Path, ...] = ()
