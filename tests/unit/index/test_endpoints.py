import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from publisher.index.endpoints import PYPI_UPLOAD_URL, UPLOAD_URLS, KnownIndex, explain_wrong_upload_url, index_at
from publisher.network.url import Url

TESTPYPI_UPLOAD_URL = Url.parse("https://test.pypi.org/legacy/")
PRIVATE = Url.parse("https://index.example:8443/team/upload/")


CHECK = Url.parse("https://mirror.example/simple/")


@pytest.mark.parametrize(
    ("url", "check_url", "known", "name", "simple"),
    [
        (PYPI_UPLOAD_URL, None, KnownIndex.PYPI, "PyPI", Url.parse("https://pypi.org/simple/")),
        (TESTPYPI_UPLOAD_URL, None, KnownIndex.TESTPYPI, "TestPyPI", Url.parse("https://test.pypi.org/simple/")),
        (PYPI_UPLOAD_URL, CHECK, KnownIndex.PYPI, "PyPI", CHECK),
        (PRIVATE, CHECK, None, "index.example", CHECK),
        (PRIVATE, None, None, "index.example", None),
    ],
)
def test_index_at__what_we_know(
    url: Url, check_url: Url | None, known: KnownIndex | None, name: str, simple: Url | None
) -> None:
    index = index_at(url, check_url)
    assert (index.known, index.name, index.simple_url) == (known, name, simple)


def test_release_page__where_known() -> None:
    project, version = canonicalize_name("My.Project"), Version("1!2.0+l")
    page = index_at(PYPI_UPLOAD_URL, None).release_page(project, version)
    assert page == "https://pypi.org/project/my-project/1%212.0%2Bl/"
    assert index_at(PRIVATE, None).release_page(project, version) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        *(
            (f"https://{host}/legacy/", f"is not an upload URL; {UPLOAD_URLS}")
            for host in ("pypi.org", "www.pypi.org", "uplod.pypi.org", "testpypi.python.org")
        ),
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
    assert index_at(TESTPYPI_UPLOAD_URL, None).classifiers_url is index_at(PRIVATE, None).classifiers_url is None
