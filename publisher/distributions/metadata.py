"""Read core metadata without losing anything: every field as written, known to us or not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.parser import HeaderParser
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.metadata import RawMetadata

HEADER_LIMIT = 1 << 20
"""Bytes before the description: whoever reads the fields spends time on each, and real ones have a few thousand."""

_BLANK_LINE = re.compile(r"\n\r?\n")

_REQUIRED = ("Metadata-Version", "Name", "Version")
# A header without a line that goes on in the next one, and each field in it, as the parser of the library reads them.
_PLAIN_HEAD = re.compile(r"(?:[!-9;-~]+:.*\n)*[!-9;-~]+:.*")
_PLAIN_FIELD = re.compile(r"^([!-9;-~]+):[ \t]*(.*)$", re.MULTILINE)

_MARGINS = (7 * " " + "|", 8 * " ")


class MetadataError(ValueError):
    """Bytes that are not core metadata at all. `str()` is a full clause."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The header fields in their order, names and values as written; the body comes last, as `Description`.

    `parse_metadata` makes sure that `metadata_version`, `name` and `version` are there.
    `not_utf8` names the fields whose bytes were not UTF-8 and were taken for Latin-1; `by_name` holds the values by
    lower-case name.
    """

    # All else follows from the source, which is hashed once for all the caches that ask for it.
    fields: tuple[tuple[str, str], ...] = field(hash=False)
    source: bytes = field(repr=False)
    not_utf8: tuple[str, ...] = field(default=(), hash=False)
    by_name: Mapping[str, Sequence[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name: dict[str, list[str]] = {}
        for written, value in self.fields:
            by_name.setdefault(written.lower(), []).append(value)
        object.__setattr__(self, "by_name", by_name)

    @property
    def metadata_version(self) -> str:
        """Give `Metadata-Version` as written."""
        return self.first("Metadata-Version") or ""

    @property
    def name(self) -> str:
        """Give `Name` as written, which need not be normalized."""
        return self.first("Name") or ""

    @property
    def version(self) -> str:
        """Give `Version` as written, which need not be a version of PEP 440."""
        return self.first("Version") or ""

    def first(self, name: str) -> str | None:
        """Give the first value of a field, whatever the case of its name; None where there is none."""
        return next(iter(self.by_name.get(name.lower(), ())), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Give every value of a field in order."""
        return tuple(self.by_name.get(name.lower(), ()))

    def raw(self) -> tuple[RawMetadata, dict[str, list[str]]]:
        """Parse with `packaging`: what it knows, typed, and what it could not make sense of."""
        from packaging.metadata import parse_email  # noqa: PLC0415 -- brings requirements, licenses, header policies

        return parse_email(self.source)


@lru_cache(maxsize=4)
def parse_metadata(data: bytes) -> Metadata:
    """Parse `METADATA` or `PKG-INFO`; raise `MetadataError` unless the three fields that say what it is are there.

    The wheels of a release often have the very same, so the last results are kept.
    """
    # Latin-1 gives every byte a character, so that nothing is lost before each value is decoded by itself.
    written = _take_apart(data.decode("latin-1"))
    fields, not_utf8 = [], []
    for name, characters in written:
        value, is_utf8 = _decode(characters.encode("latin-1"))
        fields.append((name, value))
        if not is_utf8:
            not_utf8.append(name)
    metadata = Metadata(tuple(fields), data, tuple(not_utf8))
    missing = [name for name in _REQUIRED if not (metadata.first(name) or "").strip()]
    if missing:
        raise MetadataError(f"it has no {' and no '.join(f'`{name}`' for name in missing)}")
    return metadata


def _take_apart(text: str) -> list[tuple[str, str]]:
    """Separate the fields, the body as the last of them; raise `MetadataError` where they are too many."""
    blank = _BLANK_LINE.search(text)
    end = blank.start() if blank else len(text)
    if end > HEADER_LIMIT:
        raise MetadataError(f"it has more than {HEADER_LIMIT >> 20} MiB before the description")
    head, body = text[:end], text[blank.end() :] if blank else ""
    if "\r" not in head and _PLAIN_HEAD.fullmatch(head):
        items = _PLAIN_FIELD.findall(head)
    else:
        # The parser is slow and takes much memory, so it does not get the body. It may find that the header ends
        # before the blank line, at a line that belongs to none.
        message = HeaderParser().parsestr(text[: blank.end()] if blank else text)
        body = f"{message.get_payload()}{body}"
        items = message.items()
    written = [(name, _unfold(value) if name.lower() == "description" else value) for name, value in items]
    return [*written, ("Description", body)] if body else written


def _unfold(description: str) -> str:
    """Remove the margin that a description needs to stand in a header: seven spaces and a bar, or setuptools' eight."""
    first, *rest = description.split("\n")
    for margin in _MARGINS:
        if all(line.startswith(margin) for line in rest):
            return "\n".join([first, *(line.removeprefix(margin) for line in rest)])
    return description


def _decode(value: bytes) -> tuple[str, bool]:
    try:
        return value.decode(), True
    except UnicodeDecodeError:
        return value.decode("latin-1"), False
