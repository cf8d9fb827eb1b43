"""The values that describe what is to be published."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from publisher.distributions.inspection import Inspection

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from publisher.distributions.metadata import Metadata


class Kind(StrEnum):
    """The two kinds of distribution; the values are the upload form's `filetype`."""

    WHEEL = "bdist_wheel"
    SDIST = "sdist"


@dataclass(frozen=True, slots=True)
class Digests:
    """Lower-case hex digests of the whole file. `md5` is only printed, never sent."""

    sha256: str
    blake2b_256: str
    md5: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """One readable file to publish.

    `project` and `version` are the file name's (where it has them in a form that can be parsed, else the
    metadata's), `python_tag` is the upload form's `pyversion` (a wheel's Python tag as written, `source` for an
    sdist). `modified_ns` and `size` (bytes) tell at upload time whether the file is still the one that was hashed.
    `inspection` is what reading the archive told beside the metadata.
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
    inspection: Inspection = field(default=Inspection(), repr=False)

    @property
    def release(self) -> tuple[NormalizedName, Version]:
        """Return the project and version: one page, one set of files on the index."""
        return (self.project, self.version)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that looks like a distribution by its name and cannot be published; `reason` is a full clause."""

    path: Path
    filename: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """What lies where we were told to look.

    `candidates` look like distributions by their extension, in a stable order and each path once; `ignored` are
    foreign files; `attestations` lie beside a distribution and are neither; `missing` are the lines of `packages-dir`
    that matched nothing at all.
    """

    candidates: tuple[Path, ...]
    attestations: tuple[Path, ...]
    ignored: tuple[Path, ...]
    missing: tuple[str, ...]
