"""Which index a repository URL means, and the addresses that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import quote

from publisher.network.url import Url

if TYPE_CHECKING:
    from packaging.utils import NormalizedName
    from packaging.version import Version


class KnownIndex(StrEnum):
    """The indexes whose rules and pages we know."""

    PYPI = "PyPI"
    TESTPYPI = "TestPyPI"


PYPI_UPLOAD_URL = Url.parse("https://upload.pypi.org/legacy/")

_PAGES = {
    KnownIndex.PYPI: Url.parse("https://pypi.org/"),
    KnownIndex.TESTPYPI: Url.parse("https://test.pypi.org/"),
}
_UPLOAD_HOSTS = {
    "upload.pypi.org": KnownIndex.PYPI,
    "test.pypi.org": KnownIndex.TESTPYPI,
}


@dataclass(frozen=True, slots=True)
class Index:
    """Where distributions go. `known` and `pages` are None for any index but PyPI and TestPyPI.

    `simple_url` is the root of the Simple API (ends in a slash), None where nobody told us one.
    """

    upload_url: Url
    simple_url: Url | None
    known: KnownIndex | None

    @property
    def name(self) -> str:
        """Return what to call the index in a sentence."""
        return str(self.known) if self.known else self.upload_url.host

    @property
    def pages(self) -> Url | None:
        """Return the root of the index's web pages, where known."""
        return _PAGES[self.known] if self.known else None

    @property
    def audience_url(self) -> Url:
        """Return where the index says for whom an ID token must be issued."""
        return self.upload_url.at("/_/oidc/audience")

    @property
    def mint_url(self) -> Url:
        """Return where an ID token is exchanged for an upload token."""
        return self.upload_url.at("/_/oidc/mint-token")

    @property
    def burn_url(self) -> Url:
        """Return where an upload token is given back."""
        return self.upload_url.at("/_/oidc/burn-token")

    @property
    def classifiers_url(self) -> Url | None:
        """Return where the index lists every classifier it knows, where known."""
        return self.pages.at("/pypi", ":action=list_classifiers") if self.pages else None

    def release_page(self, project: NormalizedName, version: Version) -> str | None:
        """Return the page of a release, None on an index whose pages we do not know."""
        if self.pages is None:
            return None
        return f"{self.pages}project/{quote(project, safe='')}/{quote(str(version), safe='')}/"


def explain_wrong_upload_url(url: Url) -> str | None:
    """Return what is wrong with an upload URL that can only be something else; None for any other."""
    if url.host in {"pypi.org", "www.pypi.org", "pypi.python.org"}:
        return f"is a page of PyPI's web site; its upload URL is `{PYPI_UPLOAD_URL}`"
    if url.host in _UPLOAD_HOSTS and url.path.rstrip("/") != "/legacy":
        return f"is not the upload URL of {_UPLOAD_HOSTS[url.host]}; that is `https://{url.host}/legacy/`"
    if url.path.rstrip("/").endswith("/+simple"):
        # devpi answers an upload to such a URL with 200 and keeps nothing. Other indexes refuse uploads to their Simple
        # API, and some (pypicloud) take them there.
        return "is the root of a Simple API, from which installers read (input `check-url`); uploads go to another URL"
    return None


def index_at(upload_url: Url, check_url: Url | None) -> Index:
    """Describe the index at an upload URL; `check_url` wins over what we know of PyPI and TestPyPI."""
    known = _UPLOAD_HOSTS.get(upload_url.host) if upload_url.scheme == "https" else None
    simple_url = check_url
    if simple_url is None and known is not None:
        simple_url = _PAGES[known].at("/simple/")
    return Index(upload_url, simple_url, known)
