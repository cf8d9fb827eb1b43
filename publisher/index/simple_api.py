"""Answers of the Simple API: JSON (PEP 691), or HTML (PEP 503) as the fallback."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from publisher.distributions.model import Distribution
from publisher.network.reply import Reply

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

_FRAGMENT = re.compile(r"(?:^|&)(\w+)[=-](\w+)")  # `#sha256=…`, or as some indexes write it, `#sha256-…`
# The digests that are compared, the strongest first. Some indexes truncate theirs, which proves nothing.
_WHOLE = {"sha256": re.compile(r"[0-9a-f]{64}"), "md5": re.compile(r"[0-9a-f]{32}")}
# Elements of login pages and applications, which the page of a project without files does not have.
_OF_OTHER_PAGES = frozenset({"form", "input", "script"})


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one project with the hashes the index states, by lower-case algorithm name."""

    files: Mapping[str, Mapping[str, str]]
    is_new: bool = False  # the index has no such project, not even an empty one


@dataclass(frozen=True, slots=True)
class Unknown:
    """The listing is not available; `reason` is a full clause."""

    reason: str


class Comparison(StrEnum):
    """How a distribution compares to what the index has."""

    ABSENT = "absent"
    IDENTICAL = "identical"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


def compare(distribution: Distribution, listing: Listing | Unknown) -> Comparison:
    """Compare by file name and the strongest digest that the index states in full."""
    if isinstance(listing, Unknown):
        return Comparison.UNKNOWN
    hashes = listing.files.get(distribution.filename)
    if hashes is None:
        return Comparison.ABSENT
    ours = {"sha256": distribution.digests.sha256, "md5": distribution.digests.md5}
    for algorithm, whole in _WHOLE.items():
        theirs = hashes.get(algorithm, "")
        if whole.fullmatch(theirs):
            return Comparison.IDENTICAL if theirs == ours[algorithm] else Comparison.DIFFERENT
    return Comparison.UNKNOWN


def parse_listing(reply: Reply) -> Listing | Unknown:
    """Parse a 200 or 404 answer; anything else, and a page that lists no files at all, is `Unknown`."""
    if reply.status == 404:  # noqa: PLR2004 -- the index has no such project
        return Listing({}, is_new=True)
    if reply.status != 200:  # noqa: PLR2004 -- the only status with a list
        return Unknown(f"it answered {reply.summary}")
    content_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type.endswith("json"):
        files = _parse_json(reply.json())
        return Unknown("it answered with JSON that is not a list of files") if files is None else Listing(files)
    if content_type in {"text/html", "application/vnd.pypi.simple.v1+html"}:
        files = _parse_html(reply.text)
        other = "it answered with a page that lists no distributions (is it the root of the Simple API?)"
        return Unknown(other) if files is None else Listing(files)
    return Unknown(f"it answered with `{content_type or 'no content type'}` instead of a list of files")


def _parse_json(document: object) -> Mapping[str, Mapping[str, str]] | None:
    """Return the files of a PEP 691 document without malformed entries; None for any other document."""
    if not isinstance(document, dict) or not isinstance(document.get("files"), list):
        return None
    files = {}
    for entry in document["files"]:
        if isinstance(entry, dict) and isinstance(filename := entry.get("filename"), str):
            hashes = entry["hashes"].items() if isinstance(entry.get("hashes"), dict) else ()
            files[filename] = {str(name).lower(): value.lower() for name, value in hashes if isinstance(value, str)}
    return files


class _Anchors(HTMLParser):
    """Collect the link targets of a page, and which elements it has."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.elements: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        if tag == "a":
            self.targets.extend(value.strip() for name, value in attrs if name == "href" and value)


def _parse_html(page: str) -> Mapping[str, Mapping[str, str]] | None:
    """Return the files of a page (PEP 503); None for another kind of page, or one that cannot be parsed."""
    anchors = _Anchors()
    try:
        anchors.feed(page)
    except AssertionError:
        # Raised by `html.parser` for a broken `<![...]>` declaration.
        return None
    files: dict[str, Mapping[str, str]] = {}
    for target in anchors.targets:
        with suppress(ValueError):  # not a URL
            parts = urlsplit(target)
            filename = unquote(parts.path.rpartition("/")[2])
            if filename.endswith((".whl", ".tar.gz", ".zip")):
                files[filename] = {name.lower(): value.lower() for name, value in _FRAGMENT.findall(parts.fragment)}
    is_empty_list = anchors.elements and not anchors.targets and anchors.elements.isdisjoint(_OF_OTHER_PAGES)
    return files if files or is_empty_list else None
