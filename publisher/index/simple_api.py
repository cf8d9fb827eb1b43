"""Answers of the Simple API: JSON (PEP 691, 700, 740, 792), or HTML (PEP 503) as the fallback."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser
from typing import Annotated
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    Field,
    NonNegativeInt,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from publisher.distributions.model import Distribution
from publisher.network.reply import Answer, Reply

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")  # some indexes truncate theirs, which proves nothing
_FRAGMENT = re.compile(r"(?:^|[&#])sha256[=-](\w+)", re.IGNORECASE)  # `#sha256=…`; some indexes write `#sha256-…`
# Elements of login pages and applications, and other links, which the page of a project without files does not have.
_OF_OTHER_PAGES = frozenset({"a", "form", "input", "script"})


def _parse_sha256(hashes: object) -> str | None:
    match hashes:
        case {"sha256": str(digest)} if _SHA256.fullmatch(digest):
            return digest.lower()
        case _:
            return None


def _parse_or_none(value: object, parse: ValidatorFunctionWrapHandler) -> object:
    """Return None for a malformed value, which does not make the rest of a listing useless."""
    with suppress(ValidationError):
        return parse(value)
    return None


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file on the index. `sha256` is None if it is not stated in full; HTML has no `size` and no `uploaded_at`."""

    sha256: Annotated[str | None, Field(alias="hashes"), BeforeValidator(_parse_sha256)] = None
    size: Annotated[NonNegativeInt | None, WrapValidator(_parse_or_none)] = None
    has_provenance: Annotated[bool, Field(alias="provenance"), BeforeValidator(bool)] = False
    is_yanked: Annotated[bool, Field(alias="yanked"), BeforeValidator(bool)] = False
    uploaded_at: Annotated[AwareDatetime | None, Field(alias="upload-time"), WrapValidator(_parse_or_none)] = None


_LISTED_FILE = TypeAdapter(ListedFile)


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one project, and its status (PEP 792): `active`, `archived`, `quarantined`, or a newer one."""

    files: Mapping[str, ListedFile]
    status: str = "active"
    is_new: bool = False  # the index has no such project, not even an empty one

    @property
    def has_no_digests(self) -> bool:
        """Whether the index lists files, but states no SHA-256."""
        return bool(self.files) and not any(file.sha256 for file in self.files.values())


@dataclass(frozen=True, slots=True)
class Unknown:
    """The listing is not available; `reason` is a full clause, `answer` the one that could not be used, if any."""

    reason: str
    answer: Answer | None = None


class Comparison(StrEnum):
    """How a distribution compares to what the index has."""

    ABSENT = "absent"
    IDENTICAL = "identical"
    DIFFERENT = "different"
    NO_DIGEST = "no digest"  # listed, but without a digest to compare
    UNKNOWN = "unknown"


def compare(distribution: Distribution, listing: Listing | Unknown) -> Comparison:
    """Compare by file name and SHA-256."""
    if isinstance(listing, Unknown):
        return Comparison.UNKNOWN
    listed = listing.files.get(distribution.filename)
    if listed is None:
        return Comparison.ABSENT
    if listed.sha256 is None:
        return Comparison.NO_DIGEST
    return Comparison.IDENTICAL if listed.sha256 == distribution.digests.sha256 else Comparison.DIFFERENT


def parse_listing(reply: Reply) -> Listing | Unknown:
    """Parse a 200 or 404 answer; anything else, and a page that lists no files at all, is `Unknown`."""
    if reply.status == 404:  # noqa: PLR2004 -- the index has no such project
        return Listing({}, is_new=True)
    if reply.status != 200:  # noqa: PLR2004 -- the only status with a list
        return Unknown(f"it answered {reply.summary}", reply)
    content_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type.endswith("json"):
        return _parse_page(reply.json()) or Unknown("it answered with JSON that is not a list of files", reply)
    if content_type in {"text/html", "application/vnd.pypi.simple.v1+html"}:
        other = "it answered with a page that lists no distributions (is it the root of the Simple API?)"
        return _parse_page(_convert_html(reply.text)) or Unknown(other, reply)
    return Unknown(f"it answered with `{content_type or 'no content type'}` instead of a list of files", reply)


def _parse_page(document: object) -> Listing | None:
    """Return the listing in a PEP 691 document without its malformed entries; None for any other document."""
    if not isinstance(document, dict) or not isinstance(document.get("files"), list):
        return None
    named = (entry for entry in document["files"] if isinstance(entry, dict) and isinstance(entry.get("filename"), str))
    files = {entry["filename"]: _LISTED_FILE.validate_python(entry) for entry in named}
    match document.get("project-status"):
        case {"status": str(status)} | {"state": str(status)}:  # PyPI's key, and the one in PEP 792's text
            return Listing(files, status.lower())
        case _:
            return Listing(files)


class _Page(HTMLParser):
    """Collect the files of a page as PEP 691 has them, the project's status, and which elements there are."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[dict[str, object]] = []
        self.status: str | None = None
        self.elements: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "meta" and attributes.get("name") == "pypi:project-status":
            self.status = attributes.get("content")
        if tag != "a":
            self.elements.add(tag)
        elif href := attributes.get("href"):
            self.elements.add("a")
            with suppress(ValueError):  # not a URL
                self._add_file(urlsplit(href.strip()), attributes)

    def _add_file(self, url: SplitResult, attributes: Mapping[str, str | None]) -> None:
        filename = unquote(url.path.rpartition("/")[2])
        if filename.endswith((".whl", ".tar.gz", ".zip")):
            digests = _FRAGMENT.findall(url.fragment)
            hashes = {"sha256": digests[0]} if digests else {}
            provenance, yanked = attributes.get("data-provenance"), "data-yanked" in attributes
            self.files.append({"filename": filename, "hashes": hashes, "provenance": provenance, "yanked": yanked})


def _convert_html(html: str) -> Mapping[str, object] | None:
    """Return a PEP 503 page as a PEP 691 document; None for another kind of page, or one that cannot be parsed."""
    page = _Page()
    try:
        page.feed(html)
    except AssertionError:
        # Raised by `html.parser` for a broken `<![...]>` declaration.
        return None
    is_empty_list = page.elements and page.elements.isdisjoint(_OF_OTHER_PAGES)
    return {"files": page.files, "project-status": {"status": page.status}} if page.files or is_empty_list else None
