"""The index behind a repository URL, and its other URLs."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from packaging.utils import NormalizedName
from packaging.version import Version

from publisher.network.url import Url


class KnownIndex(StrEnum):
    """The indexes whose rules and web pages are known."""

    PYPI = "PyPI"
    TESTPYPI = "TestPyPI"


PYPI_UPLOAD_URL = Url.parse("https://upload.pypi.org/legacy/")

_PAGES = {
    KnownIndex.PYPI: Url.parse("https://pypi.org/"),
    KnownIndex.TESTPYPI: Url.parse("https://test.pypi.org/"),
}
_UPLOAD_HOSTS = {"upload.pypi.org": KnownIndex.PYPI, "test.pypi.org": KnownIndex.TESTPYPI}

_SITES = (".pypi.org", ".pypi.python.org", ".testpypi.python.org")
UPLOAD_URLS = f"PyPI's is `{PYPI_UPLOAD_URL}`, TestPyPI's `https://test.pypi.org/legacy/`"


@dataclass(frozen=True, slots=True)
class Index:
    """Where distributions go."""

    upload_url: Url
    simple_url: Url | None  # the root of the Simple API, if known
    known: KnownIndex | None  # None for any index but PyPI and TestPyPI

    @property
    def name(self) -> str:
        """Return the name of the index in a sentence."""
        return str(self.known) if self.known else self.upload_url.host

    @property
    def pages(self) -> Url | None:
        """Return the root of the web pages, if known."""
        return _PAGES[self.known] if self.known else None

    @property
    def classifiers_url(self) -> Url | None:
        """Return PyPI's list of all valid classifiers; None for any other index."""
        is_pypi = self.known is KnownIndex.PYPI
        return _PAGES[KnownIndex.PYPI].at("/pypi", ":action=list_classifiers") if is_pypi else None

    def release_page(self, project: NormalizedName, version: Version) -> str | None:
        """Return the web page of a release, if known."""
        if self.pages is None:
            return None
        return f"{self.pages}project/{quote(project, safe='')}/{quote(str(version), safe='')}/"


def explain_wrong_upload_url(url: Url) -> str | None:
    """Return why a URL cannot be an upload URL, as a predicate; None for a plausible one."""
    if url.host not in _UPLOAD_HOSTS and f".{url.host}".endswith(_SITES):
        return f"is not an upload URL; {UPLOAD_URLS}"
    if url.host in _UPLOAD_HOSTS and url.path.rstrip("/") != "/legacy":
        return f"is not the upload URL of {_UPLOAD_HOSTS[url.host]}; that is `https://{url.host}/legacy/`"
    if url.path.rstrip("/").endswith("/+simple"):
        # devpi answers an upload to this URL with 200 and discards it. Other Simple APIs refuse uploads, and some
        # (pypicloud) accept them.
        return "is the root of a Simple API, from which installers read (input `check-url`); uploads go to another URL"
    return None


def index_at(upload_url: Url, check_url: Url | None) -> Index:
    """Return the index at an upload URL; `check_url` takes precedence over the Simple APIs of PyPI and TestPyPI."""
    known = _UPLOAD_HOSTS.get(upload_url.host) if upload_url.scheme == "https" else None
    return Index(upload_url, check_url or (_PAGES[known].at("/simple/") if known else None), known)
