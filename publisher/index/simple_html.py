"""A project's page of the Simple API in HTML (PEP 503), which every index speaks."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


_OF_OTHER_PAGES = frozenset({"form", "input", "script"})
"""Elements of login pages and applications; the page of a project without files may be nearly empty, but has none."""


class _Anchors(HTMLParser):
    """Collect the link targets of a page, and which elements it has."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.elements: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        if tag == "a":
            self.targets.extend(value for name, value in attrs if name == "href" and value)


def parse_page(page: str) -> Mapping[str, Mapping[str, str]] | None:
    """Return the files of a page with their hashes (PEP 503).

    None where it has links but none to a distribution, is another kind of page, or no HTML that can be read.
    """
    anchors = _Anchors()
    try:
        anchors.feed(page)
    except AssertionError:
        # Python's parser gives up on a broken `<![...]>` declaration in this way.
        return None
    files: dict[str, Mapping[str, str]] = {}
    for target in anchors.targets:
        try:
            parts = urlsplit(target)
        except ValueError:
            continue
        filename = unquote(parts.path.rpartition("/")[2])
        if filename.endswith((".whl", ".tar.gz", ".zip")):
            files[filename] = {name.lower(): value.lower() for name, value in parse_qsl(parts.fragment)}
    is_empty_list = anchors.elements and not anchors.targets and anchors.elements.isdisjoint(_OF_OTHER_PAGES)
    return files if files or is_empty_list else None
