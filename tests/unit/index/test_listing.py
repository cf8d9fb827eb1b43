from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from packaging.utils import NormalizedName, canonicalize_name

from publisher.index.listing import Lister
from publisher.index.simple_api import Listing, Unknown
from publisher.network.client import Client
from publisher.network.trust import build_trustless_context
from publisher.network.url import Url
from tests.fakes.index import FakeIndex
from tests.fakes.service import Answer
from tests.fakes.serving import Served, closed_port, serve
from tests.values import WHEEL, Journal, run

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "canary-4711"
SAMPLE = canonicalize_name("sample")


class Reading:
    """An index with one file, and whoever wants to know."""

    def __init__(self, served: Served, index: FakeIndex) -> None:
        self.index = index
        self.journal = Journal()
        self.stored = index.add(WHEEL, b"content")
        self.simple_url = Url.parse(f"{served.url}/simple/")

    def read(self, *projects: str) -> dict[NormalizedName, Listing | Unknown]:
        async def once() -> dict[NormalizedName, Listing | Unknown]:
            async with Client(build_trustless_context(), 2) as client:
                lister = Lister(self.simple_url, client, self.journal.retrying(), self.journal.mask)
                assert CANARY not in repr(lister)
                return await lister.read_listings([canonicalize_name(project) for project in projects or ("sample",)])

        return run(once())

    @property
    def expected(self) -> Listing:
        return Listing({WHEEL: {"sha256": self.stored.sha256}})

    def reason(self) -> str:
        listing = self.read()[SAMPLE]
        assert isinstance(listing, Unknown)
        return listing.reason


@pytest.fixture
def reading() -> Iterator[Reading]:
    index = FakeIndex()
    with serve(index) as served:
        yield Reading(served, index)


def test_read_listings__one_request_per_project(reading: Reading) -> None:
    found = reading.read("sample", "Other", "sample", "third")
    assert found == {"sample": reading.expected, "other": Listing({}), "third": Listing({})}
    assert sorted(seen.path for seen in reading.index.requests) == [
        f"/simple/{name}/" for name in ("other", "sample", "third")
    ]
    assert "authorization" not in reading.index.requests[0].headers


def test_read_listing__html_as_the_fallback(reading: Reading) -> None:
    page = f'<a href="../../files/{WHEEL}#sha256={reading.stored.sha256}">x</a>'
    reading.index.script("simple", Answer(200, page, {"Content-Type": "text/html"}))
    assert reading.read()[SAMPLE] == reading.expected


def test_read_listing__a_root_without_its_slash(reading: Reading) -> None:
    reading.simple_url = reading.simple_url.at("/simple")
    assert reading.read()[SAMPLE] == reading.expected


def test_read_listing__user_info_for_it_alone(reading: Reading) -> None:
    reading.index.readers = {"reader": CANARY}
    assert "401" in reading.reason()
    root = str(reading.simple_url).replace("://", f"://reader:{CANARY}@")
    reading.simple_url = Url.parse(root)
    assert reading.read()[SAMPLE] == reading.expected
    assert reading.journal.masked == [CANARY, base64.b64encode(f"reader:{CANARY}".encode()).decode()]
    assert CANARY not in reading.journal.text


def test_read_listing__a_token_as_the_user_name_is_masked(reading: Reading) -> None:
    reading.index.readers = {CANARY: ""}
    reading.simple_url = Url.parse(str(reading.simple_url).replace("://", f"://{CANARY}@"))
    assert reading.read("sample", "other")[SAMPLE] == reading.expected
    assert reading.journal.masked[0] == CANARY
    assert len(reading.journal.masked) == 2


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
        assert "another origin" in reading.reason()
    assert not other.requests


def test_read_listing__round_and_round(reading: Reading) -> None:
    reading.index.script("simple", *[Answer(302, headers={"Location": "/simple/sample/"})] * 50)
    assert reading.reason()
    assert len(reading.index.requests) < 10


def test_read_listing__outages_pass(reading: Reading) -> None:
    reading.index.script("simple", Answer(503), Answer(500))
    assert reading.read()[SAMPLE] == reading.expected


def test_read_listing__no_end_of_an_outage(reading: Reading) -> None:
    reading.index.script("simple", *[Answer(503)] * 3)
    assert reading.reason() == "it answered 503 Service Unavailable"


def test_read_listing__nobody_there(reading: Reading) -> None:
    with closed_port() as port:
        reading.simple_url = Url.parse(f"http://127.0.0.1:{port}/simple/")
        assert "connection could not be made" in reading.reason()


def test_read_listing__page_of_the_project_in_place_of_the_root(reading: Reading) -> None:
    reading.simple_url = Url.parse(f"{reading.simple_url}sample/")
    assert "is it the page of a project, not the root of the Simple API?" in reading.reason()
