from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from publisher.index.listing import FEWEST_CLASSIFIERS, build_lister, read_classifiers, settle_by_listing
from publisher.index.outcome import OTHER_CONTENT, Existing, Refused, Skipped
from publisher.index.simple_api import ListedFile, Listing, Unknown
from publisher.network.url import Url
from tests.fakes.index import FakeIndex
from tests.fakes.service import PASS, Answer
from tests.fakes.serving import Served, serve
from tests.values import SDIST, WHEEL, Journal, build_distribution, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.index.listing import Listings

CANARY = "canary-4711"
SAMPLE = canonicalize_name("sample")


class Reading:
    """An index with one file, and a reader."""

    def __init__(self, served: Served, index: FakeIndex) -> None:
        self.index = index
        self.journal = Journal()
        self.stored = index.add(WHEEL, b"content")
        self.simple_url = Url.parse(f"{served.url}/simple/")

    def read(self, *projects: str) -> Listings:
        with connect() as client:
            lister = build_lister(self.simple_url, self.journal.connection(client), 2)
            assert CANARY not in repr(lister)
            return lister.read_listings([canonicalize_name(project) for project in projects or ("sample",)])

    @property
    def expected(self) -> Listing:
        uploaded_at = datetime(2026, 11, 1, 12, tzinfo=UTC)
        return Listing({WHEEL: ListedFile(self.stored.sha256, 7, uploaded_at=uploaded_at)})

    def reason(self) -> str:
        listing = self.read()[SAMPLE]
        assert isinstance(listing, Unknown)
        return listing.reason


@pytest.fixture
def reading() -> Iterator[Reading]:
    index = FakeIndex()
    with serve(index) as served:
        yield Reading(served, index)


def test_read_listings__cookies_are_not_kept(reading: Reading) -> None:
    reading.index.script("simple", Answer(503, headers={"Set-Cookie": "session=1"}))
    assert reading.read() == {SAMPLE: reading.expected}
    assert "cookie" not in reading.index.requests[1].headers


def test_read_listings__one_request_per_project(reading: Reading) -> None:
    found = reading.read("sample", "Other", "sample", "third")
    assert found == {"sample": reading.expected, "other": Listing({}, is_new=True), "third": Listing({}, is_new=True)}
    assert sorted(seen.path for seen in reading.index.requests) == [
        f"/simple/{name}/" for name in ("other", "sample", "third")
    ]
    assert "authorization" not in reading.index.requests[0].headers


def test_read_listing__html_as_the_fallback(reading: Reading) -> None:
    page = f'<a href="../../files/{WHEEL}#sha256={reading.stored.sha256}">x</a>'
    reading.index.script("simple", Answer(200, page, {"Content-Type": "text/html"}))
    assert reading.read()[SAMPLE] == Listing({WHEEL: ListedFile(reading.stored.sha256)})


def test_read_listing__a_root_without_its_slash(reading: Reading) -> None:
    reading.simple_url = reading.simple_url.at("/simple")
    assert reading.read()[SAMPLE] == reading.expected


@pytest.mark.parametrize("user_info", [f"reader:{CANARY}", f"{CANARY}:"])
def test_read_listing__user_info_for_it_alone(reading: Reading, user_info: str) -> None:
    user, _, password = user_info.partition(":")
    reading.index.readers = {user: password}
    assert "401" in reading.reason()
    reading.simple_url = Url.parse(str(reading.simple_url).replace("://", f"://{user_info}@"))
    assert reading.read()[SAMPLE] == reading.expected
    assert reading.journal.masked == [CANARY, base64.b64encode(user_info.encode()).decode()]
    assert CANARY not in reading.journal.text


def test_read_listing__follows_on_the_same_origin_with_its_credentials(reading: Reading) -> None:
    reading.index.readers = {"reader": CANARY}
    reading.simple_url = Url.parse(str(reading.simple_url).replace("://", f"://reader:{CANARY}@"))
    reading.index.script("simple", Answer(301, headers={"Location": "/simple/sample/?again"}))
    assert reading.read()[SAMPLE] == reading.expected
    assert [seen.query for seen in reading.index.requests] == ["", "again"]


def test_read_listing__another_origin_gets_nothing(reading: Reading) -> None:
    other = FakeIndex()
    with serve(other) as served:
        reading.index.script("simple", Answer(302, headers={"Location": f"{served.url}/simple/sample/"}))
        assert reading.reason() == f"the redirect cannot be followed (it leads to another origin, `{served.url}/`)"
    assert not other.requests


def test_read_listing__outages_pass_or_not(reading: Reading) -> None:
    reading.index.script("simple", Answer(503), Answer(500), PASS, *[Answer(503)] * 3)
    assert reading.read()[SAMPLE] == reading.expected
    assert reading.reason() == "it answered 503 Service Unavailable"


def test_read_listing__page_of_the_project_in_place_of_the_root(reading: Reading) -> None:
    reading.simple_url = Url.parse(f"{reading.simple_url}sample/")
    assert "is it the page of a project, not the root of the Simple API?" in reading.reason()


def test_settle_by_listing__only_what_is_certain() -> None:
    ours = [build_distribution(WHEEL), build_distribution(SDIST), build_distribution("sample-2.tar.gz")]
    digests = {WHEEL: ours[0].digests.sha256, SDIST: "0" * 64}
    listings = {SAMPLE: Listing({name: ListedFile(digest) for name, digest in digests.items()})}
    refused = Refused(None, OTHER_CONTENT)
    assert settle_by_listing(ours, listings, skip_existing=False) == {WHEEL: Existing(), SDIST: refused}
    skipped = Skipped(OTHER_CONTENT)
    assert settle_by_listing(ours, listings, skip_existing=True) == {WHEEL: Existing(), SDIST: skipped}
    assert settle_by_listing(ours, {SAMPLE: Unknown("x")}, skip_existing=False) == {}


CLASSIFIERS = frozenset(f"Topic :: Number {number}" for number in range(FEWEST_CLASSIFIERS))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(200, "\n".join(CLASSIFIERS)), CLASSIFIERS),
        (Answer(200, "Topic :: Number 1\n<html>"), None),
        (Answer(404), None),
    ],
)
def test_read_classifiers__if_the_list_is_available(
    reading: Reading, answer: Answer, expected: frozenset[str] | None
) -> None:
    reading.index.script("simple", answer)
    with connect() as client:
        url = reading.simple_url.at("/simple/classifiers/")
        assert read_classifiers(url, reading.journal.connection(client)) == expected
