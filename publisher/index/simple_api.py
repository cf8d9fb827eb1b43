"""The Simple API's answers as values (PEP 691 JSON, PEP 503 HTML as the fallback)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.distributions.model import Digests, Distribution
    from publisher.network.reply import Reply

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one project with the hashes the index gives, by lower-case algorithm name; empty: none exist."""

    files: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether anything exists could not be found out; `reason` is a full clause."""

    reason: str


class Comparison(StrEnum):
    """How a distribution relates to what the index has."""

    ABSENT = "absent"
    IDENTICAL = "identical"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


def compare(distribution: Distribution, listing: Listing | Unknown) -> Comparison:
    """Compare by file name and the strongest digest that both sides know."""
    if isinstance(listing, Unknown):
        return Comparison.UNKNOWN
    hashes = listing.files.get(distribution.filename)
    if hashes is None:
        return Comparison.ABSENT
    for algorithm, ours in _digests_by_strength(distribution.digests):
        if theirs := hashes.get(algorithm):
            return Comparison.IDENTICAL if theirs == ours else Comparison.DIFFERENT
    return Comparison.UNKNOWN


def _digests_by_strength(digests: Digests) -> tuple[tuple[str, str], ...]:
    return (("sha256", digests.sha256), ("blake2b_256", digests.blake2b_256), ("md5", digests.md5))


def parse_listing(reply: Reply) -> Listing | Unknown:
    """Read a 200 or 404 answer; anything else, or a page that lists no files at all, is `Unknown` with the reason."""
    if reply.status == 404:  # noqa: PLR2004 -- the index knows no such project
        return Listing({})
    if reply.status != 200:  # noqa: PLR2004 -- the only status with a list
        return Unknown(f"it answered {reply.phrase}")
    content_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type.endswith("json"):
        return _parse_json(reply.json())
    if content_type in {"text/html", "application/vnd.pypi.simple.v1+html"}:
        from publisher.index.simple_html import parse_page  # noqa: PLC0415 -- the fallback, with a parser that is slow to import

        files = parse_page(reply.text)
        if files is None:
            return Unknown("it answered with a page that lists no distributions (is it the root of the Simple API?)")
        return Listing(files)
    return Unknown(f"it answered with `{content_type or 'no content type'}` instead of a list of files")


def _parse_json(document: Any) -> Listing | Unknown:  # noqa: ANN401 -- whatever json.loads returned
    match document:
        case {"files": list(files)}:
            return Listing(
                {
                    file["filename"]: _lower(file.get("hashes"))
                    for file in files
                    if isinstance(file, dict) and isinstance(file.get("filename"), str)
                }
            )
        case _:
            return Unknown("it answered with JSON that is not a list of files")


def _lower(hashes: Any) -> Mapping[str, str]:  # noqa: ANN401 -- as above
    if not isinstance(hashes, dict):
        return {}
    return {str(name).lower(): value.lower() for name, value in hashes.items() if isinstance(value, str)}
