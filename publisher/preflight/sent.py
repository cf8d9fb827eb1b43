"""The metadata as the index sees it: what the upload form carries, less what the index ignores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.distributions.metadata import Metadata

LICENSE_FILE_SINCE = Version("2.4")

_PLACEHOLDER = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Sent:
    """Values by lower-case field name, in order, as written. A field that is not here counts as absent.

    `metadata_version` is None where it is not even of the form of a version.
    """

    values: Mapping[str, tuple[str, ...]]
    metadata_version: Version | None

    def all(self, name: str) -> tuple[str, ...]:
        """Give every value of a field."""
        return self.values.get(name, ())

    def one(self, name: str) -> str:
        """Give the first value of a field, empty where there is none."""
        return next(iter(self.all(name)), "")


@lru_cache(maxsize=1)
def see(metadata: Metadata) -> Sent:
    """Look at metadata with the eyes of the index.

    It drops a field whose last value is the placeholder `UNKNOWN` that old tools write, and takes a lone empty value
    for none. It gets neither `License-File` of a metadata version that does not have it nor a description of white
    space, which are not sent.
    The last result is kept: every rule asks for it, one distribution at a time.
    """
    version = parse_version(metadata.metadata_version)
    has_license_files = version is None or version >= LICENSE_FILE_SINCE
    values: dict[str, list[str]] = {}
    for header, value in metadata.fields:
        name = header.lower()
        is_sent = value.strip() or name != "description"
        if is_sent and (has_license_files or name != "license-file"):
            values.setdefault(name, []).append(value)
    is_seen = {name: found != [""] and found[-1].strip() != _PLACEHOLDER for name, found in values.items()}
    return Sent({name: tuple(found) for name, found in values.items() if is_seen[name]}, version)


def parse_version(text: str) -> Version | None:
    """Parse a version; None where it is none."""
    try:
        return Version(text)
    except InvalidVersion:
        return None
