"""The metadata as the index sees it: what the upload form carries, less what the index ignores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.version import Version

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
    values: dict[str, tuple[str, ...]] = {}
    for name, written in metadata.by_name.items():
        if name == "license-file" and not has_license_files:
            continue
        found = tuple(text for text in written if text.strip() or name != "description")
        if found not in {(), ("",)} and found[-1].strip() != _PLACEHOLDER:
            values[name] = found
    return Sent(values, version)


def parse_version(text: str) -> Version | None:
    """Parse a version; None where it is none, or has a number of more digits than Python takes apart."""
    try:
        return Version(text)
    except ValueError:
        return None
