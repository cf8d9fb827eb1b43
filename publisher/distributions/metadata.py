"""Parse core metadata losslessly: every field as written, known or not."""

from dataclasses import dataclass
from email.parser import HeaderParser
from functools import cache

from packaging.version import Version

# Header fields: the time `packaging` takes grows with the square of their number. Real metadata has at most 2,000.
FIELDS_LIMIT = 10_000

LICENSE_FILE_SINCE = Version("2.4")

_REQUIRED = ("Metadata-Version", "Name", "Version")
_MARGINS = (7 * " " + "|", 8 * " ")


class MetadataError(ValueError):
    """Bytes that are not core metadata. `str()` is a full clause."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The header fields in order, names and values as written, then the body as `Description`.

    `not_utf8` names the fields that were decoded as Latin-1 because they are not UTF-8.
    """

    fields: tuple[tuple[str, str], ...]
    not_utf8: tuple[str, ...] = ()

    @property
    def metadata_version(self) -> str:
        """Return `Metadata-Version` as written."""
        return self.first("Metadata-Version") or ""

    @property
    def name(self) -> str:
        """Return `Name` as written, not normalized."""
        return self.first("Name") or ""

    @property
    def version(self) -> str:
        """Return `Version` as written, which may not be valid."""
        return self.first("Version") or ""

    def first(self, name: str) -> str | None:
        """Return the first value of a field (names ignore case), None if it is absent."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of a field in order."""
        return tuple(value for written, value in self.fields if written.lower() == name.lower())


@cache
def parse_metadata(data: bytes) -> Metadata:
    """Parse `METADATA` or `PKG-INFO`; raise `MetadataError` if a required field is missing.

    The wheels of a release usually share their metadata.
    """
    # Latin-1 maps every byte to a character, so each value can be decoded on its own.
    message = HeaderParser().parsestr(data.decode("latin-1"))
    written = [(name, _unfold(value) if name.lower() == "description" else value) for name, value in message.items()]
    if len(written) > FIELDS_LIMIT:
        raise MetadataError(f"it has more than {FIELDS_LIMIT:,} fields")
    if body := message.get_payload():
        written.append(("Description", str(body)))
    fields, not_utf8 = [], []
    for name, characters in written:
        value = characters.encode("latin-1")
        try:
            fields.append((name, value.decode()))
        except UnicodeDecodeError:
            fields.append((name, characters))
            not_utf8.append(name)
    metadata = Metadata(tuple(fields), tuple(not_utf8))
    missing = [name for name in _REQUIRED if not (metadata.first(name) or "").strip()]
    if missing:
        raise MetadataError(f"it has no {' and no '.join(f'`{name}`' for name in missing)}")
    return metadata


def form_fields(metadata: Metadata) -> tuple[tuple[str, str], ...]:
    """Return the fields that an upload form carries, names and values as written.

    setuptools long wrote `License-File` into metadata too old to have it, which the index refuses. A blank description
    is refused as well, because nothing of it can be rendered. Neither is sent.
    """
    version = parse_version(metadata.metadata_version)
    is_old = version is not None and version < LICENSE_FILE_SINCE
    return tuple(
        (name, value)
        for name, value in metadata.fields
        if not (is_old and name.lower() == "license-file") and (value.strip() or name.lower() != "description")
    )


def parse_version(text: str) -> Version | None:
    """Parse a version; None if PEP 440 does not allow it or a number exceeds Python's limit on digits."""
    try:
        return Version(text)
    except ValueError:
        return None


def _unfold(description: str) -> str:
    """Remove the margin of a description in a header: seven spaces and a bar, or setuptools' eight spaces."""
    first, *rest = description.split("\n")
    for margin in _MARGINS:
        if all(line.startswith(margin) for line in rest):
            return "\n".join([first, *(line.removeprefix(margin) for line in rest)])
    return description
