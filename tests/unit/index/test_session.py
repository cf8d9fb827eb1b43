from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from pydantic import SecretStr

from publisher.errors import Cancelled, ExchangeUnanswered
from publisher.identity.credentials import build_basic
from publisher.index.endpoints import index_at
from publisher.index.listing import Lister
from publisher.index.outcome import Existing, Outcome, Refused, Skipped, Uploaded
from publisher.index.session import NO_CHECK_URL, Manner, Session, read_listings, settle_by_listing
from publisher.index.simple_api import Listing, Unknown
from publisher.index.upload import OTHER_CONTENT
from publisher.network.client import Client
from publisher.network.reply import Reply
from publisher.network.trust import build_trustless_context
from publisher.network.url import Url
from tests.fakes.index import FakeIndex
from tests.fakes.serving import serve
from tests.values import SDIST, WHEEL, Journal, build_distribution, run, write_distribution

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from publisher.distributions.model import Distribution
    from publisher.index.session import Upload

SAMPLE = canonicalize_name("sample")


@dataclass
class Once:
    """Credentials that remember what was asked of them."""

    journal: Journal
    calls: list[str] = field(default_factory=list)
    error: ExchangeUnanswered | None = None
    hangs: bool = False

    async def fresh(self) -> SecretStr:
        self.calls.append("fresh")
        if self.error:
            raise self.error
        if self.hangs:
            await asyncio.Event().wait()
        return build_basic("user", SecretStr("password"), self.journal.mask)

    async def renew(self, refused: SecretStr) -> SecretStr | None:
        raise AssertionError(refused)

    async def burn(self) -> None:
        self.calls.append("burn")


class Sitting:
    """An index, two distributions, and a session with the one about the others."""

    def __init__(self, url: str, index: FakeIndex, directory: Path) -> None:
        self.root = Url.parse(url)
        self.index = index
        self.index.users["user"] = "password"
        self.journal = Journal()
        self.credentials = Once(self.journal)
        self.stop = asyncio.Event()
        self.watched: list[str] = []
        self.skip_existing = False
        self.distributions = (
            write_distribution(directory, SDIST, b"sdist"),
            write_distribution(directory, WHEEL, b"wheel"),
        )

    def watch(self, upload: Upload) -> Upload:
        async def watched(distribution: Distribution) -> Outcome:
            self.watched.append(distribution.filename)
            return await upload(distribution)

        return watched

    def publish(
        self, doubtful: set[str] | None = None, attestations: Mapping[str, str] | None = None
    ) -> dict[str, Outcome]:
        async def once() -> dict[str, Outcome]:
            async with Client(build_trustless_context(), 2) as client:
                retrying = self.journal.retrying()
                lister = Lister(self.root.at("/simple/"), client, retrying, self.journal.mask)
                session = Session(
                    index_at(self.root.at("/legacy/"), None),
                    self.credentials,
                    lister,
                    client,
                    retrying,
                    Manner(10, 2, self.skip_existing),
                    self.stop,
                    self.watch,
                )
                listings = await read_listings(lister, self.distributions)
                return await session.publish(self.distributions, listings, doubtful or set(), attestations or {})

        return run(once())


@pytest.fixture
def sitting(tmp_path: Path) -> Iterator[Sitting]:
    index = FakeIndex()
    with serve(index) as served:
        yield Sitting(served.url, index, tmp_path)


def test_publish__everything_and_then_burn(sitting: Sitting) -> None:
    assert sitting.publish() == {SDIST: Uploaded(), WHEEL: Uploaded()}
    assert sitting.watched == [WHEEL, SDIST]
    assert sitting.credentials.calls == ["fresh", "fresh", "fresh", "burn"]


def test_publish__doubtful_first(sitting: Sitting) -> None:
    sitting.publish({SDIST})
    assert sitting.watched == [SDIST, WHEEL]


def test_publish__what_is_there_is_left_alone(sitting: Sitting) -> None:
    sitting.index.add(WHEEL, b"wheel")
    assert sitting.publish() == {WHEEL: Existing(), SDIST: Uploaded()}
    assert sitting.watched == [SDIST]


def test_publish__nothing_to_do_needs_no_token(sitting: Sitting) -> None:
    sitting.index.add(WHEEL, b"wheel")
    sitting.index.add(SDIST, b"other")
    sitting.skip_existing = True
    assert sitting.publish() == {WHEEL: Existing(), SDIST: Skipped(OTHER_CONTENT)}
    assert not sitting.credentials.calls


def test_publish__no_token_no_upload(sitting: Sitting) -> None:
    sitting.credentials.error = ExchangeUnanswered(sitting.root, Reply(503), 3)
    with pytest.raises(ExchangeUnanswered):
        sitting.publish()
    assert sitting.credentials.calls == ["fresh", "burn"]
    assert not sitting.index.seen("upload")


def test_publish__cancelled_while_waiting_for_a_token(sitting: Sitting) -> None:
    sitting.credentials.hangs = True
    sitting.stop.set()
    with pytest.raises(Cancelled) as caught:
        sitting.publish()
    assert caught.value.stage == "getting an upload token"
    assert sitting.credentials.calls == ["fresh", "burn"]


def test_read_listings__none_without_a_check_url() -> None:
    other = build_distribution("other-1.tar.gz")
    listings = run(read_listings(None, [build_distribution(WHEEL), build_distribution(SDIST), other]))
    assert listings == {SAMPLE: Unknown(NO_CHECK_URL), "other": Unknown(NO_CHECK_URL)}


def test_settle_by_listing__only_what_is_certain() -> None:
    ours = [build_distribution(WHEEL), build_distribution(SDIST), build_distribution("sample-2.tar.gz")]
    listings = {SAMPLE: Listing({WHEEL: {"sha256": ours[0].digests.sha256}, SDIST: {"sha256": "00"}})}
    refused = Refused(None, OTHER_CONTENT)
    assert settle_by_listing(ours, listings, skip_existing=False) == {WHEEL: Existing(), SDIST: refused}
    skipped = Skipped(OTHER_CONTENT)
    assert settle_by_listing(ours, listings, skip_existing=True) == {WHEEL: Existing(), SDIST: skipped}
    assert settle_by_listing(ours, {SAMPLE: Unknown("x")}, skip_existing=False) == {}
