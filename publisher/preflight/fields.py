"""The fields of core metadata: since when there is each, and which may repeat. As of metadata version 2.5."""

from __future__ import annotations

from typing import NamedTuple

from packaging.version import Version

KNOWN_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")
"""The metadata versions that PyPI takes. 2.0 was withdrawn; one that comes after the last of these ages this list."""

NEWEST = Version(KNOWN_VERSIONS[-1])


class Field(NamedTuple):
    """A field's metadata version of origin, and whether it may stand there several times."""

    since: Version
    repeats: bool = False


_1_0, _1_1, _1_2 = Version("1.0"), Version("1.1"), Version("1.2")
_2_1, _2_2, _2_4, _2_5 = Version("2.1"), Version("2.2"), Version("2.4"), Version("2.5")

FIELDS = {
    "metadata-version": Field(_1_0),
    "name": Field(_1_0),
    "version": Field(_1_0),
    "platform": Field(_1_0, repeats=True),
    "summary": Field(_1_0),
    "description": Field(_1_0),
    "keywords": Field(_1_0),
    "home-page": Field(_1_0),
    "author": Field(_1_0),
    "author-email": Field(_1_0),
    "license": Field(_1_0),
    "supported-platform": Field(_1_1, repeats=True),
    "download-url": Field(_1_1),
    "classifier": Field(_1_1, repeats=True),
    "requires": Field(_1_1, repeats=True),
    "provides": Field(_1_1, repeats=True),
    "obsoletes": Field(_1_1, repeats=True),
    "maintainer": Field(_1_2),
    "maintainer-email": Field(_1_2),
    "requires-python": Field(_1_2),
    "requires-external": Field(_1_2, repeats=True),
    "requires-dist": Field(_1_2, repeats=True),
    "provides-dist": Field(_1_2, repeats=True),
    "obsoletes-dist": Field(_1_2, repeats=True),
    "project-url": Field(_1_2, repeats=True),
    "description-content-type": Field(_2_1),
    "provides-extra": Field(_2_1, repeats=True),
    "dynamic": Field(_2_2, repeats=True),
    "license-expression": Field(_2_4),
    "license-file": Field(_2_4, repeats=True),
    "import-name": Field(_2_5, repeats=True),
    "import-namespace": Field(_2_5, repeats=True),
}
"""By lower-case name."""

SPELLED = {
    "author-email": "Author-email",
    "download-url": "Download-URL",
    "home-page": "Home-page",
    "maintainer-email": "Maintainer-email",
    "project-url": "Project-URL",
}
"""What is not spelled with a capital in each of its words."""


def spell(name: str) -> str:
    """Write a field's name as the specification does."""
    return SPELLED.get(name) or "-".join(word.capitalize() for word in name.split("-"))
