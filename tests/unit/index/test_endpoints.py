from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from publisher.index.endpoints import PYPI_UPLOAD_URL, KnownIndex, explain_wrong_upload_url, index_at
from publisher.network.url import Url

TESTPYPI_UPLOAD_URL = Url.parse("https://test.pypi.org/legacy/")
PRIVATE = Url.parse("https://index.example:8443/team/upload/")


@pytest.mark.parametrize(
    ("url", "known", "simple"),
    [
        (PYPI_UPLOAD_URL, KnownIndex.PYPI, "https://pypi.org/simple/"),
        (TESTPYPI_UPLOAD_URL, KnownIndex.TESTPYPI, "https://test.pypi.org/simple/"),
    ],
)
def test_index_at__what_we_know(url: Url, known: KnownIndex, simple: str) -> None:
    index = index_at(url, None)
    assert (index.known, index.name, str(index.simple_url)) == (known, str(known), simple)


def test_index_at__a_private_one() -> None:
    index = index_at(PRIVATE, None)
    assert (index.known, index.name, index.simple_url, index.pages) == (None, "index.example", None, None)


def test_index_at__the_given_check_url_wins() -> None:
    check_url = Url.parse("https://mirror.example/simple/")
    assert index_at(PYPI_UPLOAD_URL, check_url).simple_url == check_url
    assert index_at(PRIVATE, check_url).simple_url == check_url


def test_urls__on_the_origin_of_the_upload_url() -> None:
    index = index_at(PRIVATE, None)
    urls = [str(url) for url in (index.audience_url, index.mint_url, index.burn_url)]
    assert urls == [f"https://index.example:8443/_/oidc/{end}" for end in ("audience", "mint-token", "burn-token")]


def test_release_page__where_known() -> None:
    project, version = canonicalize_name("My.Project"), Version("1!2.0+l")
    page = index_at(PYPI_UPLOAD_URL, None).release_page(project, version)
    assert page == "https://pypi.org/project/my-project/1%212.0%2Bl/"
    assert index_at(PRIVATE, None).release_page(project, version) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://pypi.org/simple/",
            "is a page of PyPI's web site; its upload URL is `https://upload.pypi.org/legacy/`",
        ),
        ("https://www.pypi.org/", "is a page of PyPI's web site; its upload URL is `https://upload.pypi.org/legacy/`"),
        ("https://test.pypi.org/", "is not the upload URL of TestPyPI; that is `https://test.pypi.org/legacy/`"),
        ("https://upload.pypi.org/", "is not the upload URL of PyPI; that is `https://upload.pypi.org/legacy/`"),
    ],
)
def test_explain_wrong_upload_url__a_page(url: str, expected: str) -> None:
    assert explain_wrong_upload_url(Url.parse(url)) == expected


@pytest.mark.parametrize(
    "url", [PYPI_UPLOAD_URL, TESTPYPI_UPLOAD_URL, PRIVATE, Url.parse("https://upload.pypi.org/legacy")]
)
def test_explain_wrong_upload_url__nothing_wrong(url: Url) -> None:
    assert explain_wrong_upload_url(url) is None


def test_classifiers_url__where_known() -> None:
    assert str(index_at(PYPI_UPLOAD_URL, None).classifiers_url) == "https://pypi.org/pypi?:action=list_classifiers"
    assert index_at(PRIVATE, None).classifiers_url is None
