"""What an archive says about itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from publisher.distributions.archives.damage import ArchiveError
from publisher.distributions.inspection import Anomaly, Inspection, Observation

METADATA_LIMIT = 16 << 20
"""Bytes of metadata that are read at most; real ones stay far below a MiB."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The metadata in an archive, under which path that lies in it, and what was noticed.

    `paths` are those of all files, None where not the whole archive was looked at; `licenses` is the directory in
    which its `License-File`s lie.
    """

    metadata_path: str
    metadata: bytes
    inspection: Inspection = field(default=Inspection(), compare=False)
    paths: frozenset[str] | None = field(default=None, compare=False)
    licenses: str = field(default="", compare=False)


def inspect_licenses(contents: Contents, license_files: tuple[str, ...]) -> Inspection:
    """Add to what was noticed the first license file that the metadata promises and the archive does not hold."""
    found = contents.inspection
    if contents.paths is None:
        return found
    for path in license_files:
        expected = f"{contents.licenses}/{path}"
        if expected not in contents.paths:
            return replace(found, observations=(*found.observations, Observation(Anomaly.MISSING_LICENSE, expected)))
    return found


def name_some(paths: list[str]) -> str:
    """List paths in backticks, the first three of them."""
    return ", ".join([f"`{path}`" for path in paths[:3]] + ["…"] * (len(paths) > 3))  # noqa: PLR2004 -- said above


def too_large(path: str) -> ArchiveError:
    """Make the error for metadata beyond the bound."""
    return ArchiveError(f"its `{path}` is larger than {METADATA_LIMIT >> 20} MiB")
