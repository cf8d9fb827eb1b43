from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from publisher.errors import NotListed
from publisher.index.listing import NOT_LISTED, Lister, wait_until_listed
from publisher.network.retry import RetryPolicy
from publisher.network.url import Url
from tests.fakes.index import FakeIndex
from tests.fakes.service import Answer
from tests.fakes.serving import Served, serve
from tests.values import SDIST, WHEEL, Journal, build_distribution, connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from publisher.distributions.model import Distribution

OURS = (build_distribution(WHEEL, content=b"wheel"), build_distribution(SDIST, content=b"sdist"))


class Looking:
    """An index that lists files late, and a client that waits for them."""

    def __init__(self, served: Served, index: FakeIndex) -> None:
        self.index = index
        self.journal = Journal()
        self.simple_url = Url.parse(f"{served.url}/simple/")

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
def looking() -> Iterator[Looking]:
    index = FakeIndex()
    with serve(index) as served:
        yield Looking(served, index)


def test_wait_until_listed__all_there_at_once(looking: Looking) -> None:
    looking.index.add(WHEEL, b"wheel")
    looking.index.add(SDIST, b"sdist")
    looking.wait(20)
    assert len(looking.index.requests) == 1
    assert looking.journal.lines == ["The index lists all 2"]


def test_wait_until_listed__looks_until_they_are(looking: Looking) -> None:
    looking.index.add(WHEEL, b"wheel").listings_to_miss = 1
    looking.index.add(SDIST, b"sdist").listings_to_miss = 3
    looking.index.script("simple", Answer(403))
    looking.wait(20)
    assert len(looking.index.requests) == 5
    assert looking.journal.text.count("0 of 2 listed") == 2
    assert looking.journal.text.count("1 of 2 listed") == 2


@pytest.mark.parametrize(("content", "problem"), [(b"other content", "listed with another digest"), (None, NOT_LISTED)])
def test_wait_until_listed__says_what_is_missing(looking: Looking, content: bytes | None, problem: str) -> None:
    looking.index.add(WHEEL, b"wheel")
    if content:
        looking.index.add(SDIST, content)
    assert looking.miss() == {SDIST: problem}


def listing_page(*anchors: str) -> Answer:
    return Answer(200, "".join(f"<a href={anchor}>x</a>" for anchor in anchors), {"Content-Type": "text/html"})


def test_wait_until_listed__an_index_without_digests_confirms_names(looking: Looking) -> None:
    looking.index.script("simple", listing_page("sample-0.9.zip"), listing_page(WHEEL, f"{SDIST}#sha256=00"))
    looking.wait(20)
    assert looking.journal.lines[-1] == "The index lists all 2"


def test_wait_until_listed__a_digest_that_is_missing_may_come_later(looking: Looking) -> None:
    looking.index.script("simple", *[listing_page(WHEEL, f"sample-0.9.zip#sha256={'0' * 64}")] * 9)
    assert looking.miss(OURS[:1]) == {WHEEL: "listed without a digest to compare"}


def test_wait_until_listed__everything_is_missing_where_nobody_answers(looking: Looking) -> None:
    looking.index.script("simple", *[Answer(403)] * 9)
    assert looking.miss() == dict.fromkeys((WHEEL, SDIST), "it answered 403 Forbidden")
    assert "0 of 2 listed (it answered 403 Forbidden)" in looking.journal.text


def test_wait_until_listed__pauses_grow(looking: Looking) -> None:
    looking.index.add(WHEEL, b"wheel").listings_to_miss = 6
    looking.wait(20, OURS[:1], pace=0.001)
    pauses = [line.partition("next look in ")[2] for line in looking.journal.lines[:-1]]
    assert pauses == ["0.001 s", "0.002 s", "0.004 s", "0.008 s", "0.015 s", "0.015 s"]
