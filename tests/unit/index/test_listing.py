import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from packaging.utils import canonicalize_name

from publisher.distributions.model import Distribution
from publisher.errors import NotListed
from publisher.index.listing import (
    FEWEST_CLASSIFIERS,
    NOT_LISTED,
    Lister,
    Listings,
    build_lister,
    read_classifiers,
    settle_by_listing,
    wait_until_listed,
)
from publisher.index.outcome import OTHER_CONTENT, Existing, Refused, Skipped
from publisher.index.simple_api import ListedFile, Listing, Unknown
from publisher.network.retry import RetryPolicy
from publisher.network.url import Url
from tests.fakes.index import FakeIndex
from tests.fakes.service import PASS, Answer
from tests.fakes.serving import Served, serve
from tests.values import SDIST, WHEEL, Journal, build_distribution, connect

CANARY = "canary-4711"
SAMPLE = canonicalize_name("sample")


OURS = (build_distribution(WHEEL), build_distribution(SDIST, content=b"sdist"))


class Reading:
    """An index with one file, and a client that reads its listings and waits for them."""

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

    def wait(self, seconds: float, distributions: Sequence[Distribution] = OURS, pace: float = 0) -> None:
        with connect() as client:
            retrying = replace(self.journal.retrying(), policy=RetryPolicy(3, base=pace))
            connection = replace(self.journal.connection(client), retrying=retrying)
            wait_until_listed(Lister(self.simple_url, connection), distributions, seconds)

    def miss(self, distributions: Sequence[Distribution] = OURS) -> Mapping[str, str]:
        with pytest.raises(NotListed) as caught:
            self.wait(0.2, distributions, pace=60)
        return caught.value.missing


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


def test_wait_until_listed__all_there_at_once(reading: Reading) -> None:
    reading.index.add(SDIST, b"sdist")
    reading.wait(20)
    assert len(reading.index.requests) == 1
    assert reading.journal.lines == ["The index lists all 2"]


def test_wait_until_listed__looks_until_they_are(reading: Reading) -> None:
    reading.stored.listings_to_miss = 1
    reading.index.add(SDIST, b"sdist").listings_to_miss = 3
    reading.index.script("simple", Answer(403))
    reading.wait(20)
    assert len(reading.index.requests) == 5
    assert reading.journal.text.count("0 of 2 listed") == 2
    assert reading.journal.text.count("1 of 2 listed") == 2


@pytest.mark.parametrize(("content", "problem"), [(b"other content", "listed with another digest"), (None, NOT_LISTED)])
def test_wait_until_listed__says_what_is_missing(reading: Reading, content: bytes | None, problem: str) -> None:
    if content:
        reading.index.add(SDIST, content)
    assert reading.miss() == {SDIST: problem}


def listing_page(*anchors: str) -> Answer:
    return Answer(200, "".join(f"<a href={anchor}>x</a>" for anchor in anchors), {"Content-Type": "text/html"})


def test_wait_until_listed__an_index_without_digests_confirms_names(reading: Reading) -> None:
    reading.index.script("simple", listing_page("sample-0.9.zip"), listing_page(WHEEL, f"{SDIST}#sha256=00"))
    reading.wait(20)
    assert reading.journal.lines[-1] == "The index lists all 2"


def test_wait_until_listed__a_digest_that_is_missing_may_come_later(reading: Reading) -> None:
    reading.index.script("simple", *[listing_page(WHEEL, f"sample-0.9.zip#sha256={'0' * 64}")] * 9)
    assert reading.miss(OURS[:1]) == {WHEEL: "listed without a digest to compare"}


def test_wait_until_listed__everything_is_missing_where_nobody_answers(reading: Reading) -> None:
    reading.index.script("simple", *[Answer(403)] * 9)
    assert reading.miss() == dict.fromkeys((WHEEL, SDIST), "it answered 403 Forbidden")
    assert "0 of 2 listed (it answered 403 Forbidden)" in reading.journal.text


def test_wait_until_listed__pauses_grow(reading: Reading) -> None:
    reading.stored.listings_to_miss = 6
    reading.wait(20, OURS[:1], pace=0.001)
    pauses = [line.partition("checking again in ")[2] for line in reading.journal.lines[:-1]]
    assert pauses == ["0.001 s", "0.002 s", "0.004 s", "0.008 s", "0.015 s", "0.015 s"]
