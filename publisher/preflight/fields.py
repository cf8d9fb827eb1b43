"""Metadata fields as the index sees them, validated with the same library, `packaging`."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast, get_type_hints

from packaging import metadata as library
from packaging.metadata import RawMetadata
from packaging.version import Version

from publisher.distributions.metadata import Metadata, form_fields, parse_version

NEWEST = Version("2.5")  # the newest metadata version that PyPI accepts (August 2026); `packaging` may know newer ones
_PLACEHOLDER = "UNKNOWN"
_PLURAL_HEADERS = ("keywords", "obsoletes", "provides", "requires")
_TYPES = get_type_hints(RawMetadata)
# What `packaging` calls each field, by its name in lower case.
RAW_NAMES = {(raw if raw in _PLURAL_HEADERS else raw.removesuffix("s")).replace("_", "-"): raw for raw in _TYPES}

REQUIREMENT_FIELDS = ("requires-dist", "provides-dist", "obsoletes-dist")

_SPELLINGS = {"project-url": "Project-URL", "download-url": "Download-URL", "home-page": "Home-page"}


@dataclass(frozen=True, slots=True)
class Fields:
    """What the index validates of `metadata`: values by field name in lower case.

    `version` is the metadata version, None if it is not a version.
    """

    metadata: Metadata
    values: Mapping[str, tuple[str, ...]]
    version: Version | None

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field."""
        return self.values.get(name, ())

    def first(self, name: str) -> str:
        """Return the first value of a field, or an empty string."""
        return next(iter(self.all(name)), "")


@cache
def collect_fields(metadata: Metadata) -> Fields:
    """Collect the fields that the index validates.

    It drops a field whose last value is `UNKNOWN`, the placeholder of old tools, and one whose only value is empty.
    """
    values: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in form_fields(metadata):
        values[name.lower()].append(value)
    kept = {name: tuple(many) for name, many in values.items() if many != [""] and many[-1].strip() != _PLACEHOLDER}
    return Fields(metadata, kept, parse_version(metadata.metadata_version))


def find_problem(name: str, value: str) -> Exception | None:
    """Return why `packaging` rejects one value of a field; None if it is valid."""
    # The index validates all of these as requirements, `packaging` only the first.
    raw_name = RAW_NAMES["requires-dist" if name in REQUIREMENT_FIELDS else name]
    raw = cast("RawMetadata", {raw_name: value if _TYPES[raw_name] is str else [value]})
    try:
        getattr(library.Metadata.from_raw(raw, validate=False), raw_name)
    except (AttributeError, LookupError, RecursionError, ValueError) as error:
        # Besides InvalidMetadata: int() refuses numbers of more than 4,300 digits, parsers fail over nesting.
        return error
    return None


def added_in(name: str) -> Version:
    """Return the metadata version that introduced a field."""
    return Version(vars(library.Metadata)[RAW_NAMES[name]].added)


def is_single(name: str) -> bool:
    """Return whether a field holds one value."""
    return name == "keywords" or _TYPES[RAW_NAMES[name]] is str


def spell(name: str) -> str:
    """Return a field's name as the specification spells it."""
    return _SPELLINGS.get(name) or name.title().replace("-Email", "-email")
