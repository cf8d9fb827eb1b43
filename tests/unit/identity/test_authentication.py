from __future__ import annotations

import asyncio
import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pytest
from pydantic import SecretStr

from publisher.identity.authentication import Password, TrustedPublishing, build_basic
from publisher.identity.exchange import Exchange
from publisher.identity.github import GitHub
from publisher.network.client import build_client, build_ssl_context
from publisher.network.url import Url
from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.serving import Served, serve
from tests.fakes.uploads import parse_basic
from tests.values import NOW, Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes.service import Seen

T = TypeVar("T")
AT_ONCE = 8


def eight_times(call: Callable[[], T]) -> list[T]:
    """Call from as many threads at once, and return the results."""
    together = threading.Barrier(AT_ONCE)

    def once(_: int) -> T:
        together.wait(10)
        return call()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(once, range(AT_ONCE)))


def reveal(value: SecretStr | None) -> str:
    """Return the token in a header value."""
    assert value is not None
    user, password = parse_basic(value.get_secret_value())
    assert user == "__token__"
    return password


def test_build_basic__utf8_and_masked() -> None:
    journal = Journal()
    value = build_basic("usér", SecretStr("pä:ss"), journal.mask)
    encoded = base64.b64encode("usér:pä:ss".encode()).decode()
    assert value.get_secret_value() == f"Basic {encoded}"
    assert journal.masked == [encoded]
    assert encoded not in repr(value)


def test_password__the_same_for_ever() -> None:
    journal = Journal()
    password = Password("user", SecretStr("canary-4711"), journal.mask)

    value = password.fresh()
    assert password.renew(value) is None
    password.revoke()
    assert password.fresh() == value
    assert parse_basic(value.get_secret_value()) == ("user", "canary-4711")
    assert journal.masked[0] == "canary-4711"
    assert "canary" not in repr(vars(password))


class Minting:
    """An index where our job is registered, and a clock that tests put forward."""

    def __init__(self) -> None:
        self.now = NOW
        self.github = FakeGitHub(clock=lambda: self.now)
        self.index = FakeIndex(self.github, clock=lambda: self.now)
        self.index.register()
        self.journal = Journal()
        self.urls: tuple[Served, Served] | None = None

    @contextmanager
    def trusted_publishing(self) -> Iterator[TrustedPublishing]:
        assert self.urls is not None
        index, github = self.urls
        upload_url = Url.parse(f"{index.url}/legacy/")
        retrying = replace(self.journal.retrying(), now=lambda: self.now)
        with build_client(build_ssl_context(None, None), 4, {}) as client:
            connection = replace(self.journal.connection(client), retrying=retrying)
            yield TrustedPublishing(
                Exchange(upload_url, GitHub(*self.github.request_url(github.url), connection), connection)
            )

    def count(self, endpoint: str) -> int:
        return len(self.index.seen(endpoint))


@pytest.fixture
def minting() -> Iterator[Minting]:
    minting = Minting()
    with serve(minting.index) as index, serve(minting.github) as github:
        minting.urls = index, github
        yield minting


def test_fresh__renewed_once_for_all_threads_before_it_expires(minting: Minting) -> None:
    with minting.trusted_publishing() as authentication:
        first, *others = eight_times(authentication.fresh)
        assert set(map(reveal, others)) == {reveal(first)}
        minting.now += 599
        assert authentication.fresh() == first
        minting.now += 1
        rest = {reveal(value) for value in eight_times(authentication.fresh)}
    assert rest == set(minting.index.tokens) - {reveal(first)}
    assert (minting.count("audience"), minting.count("mint"), len(set(minting.github.issued))) == (1, 2, 2)
    assert minting.journal.lines == [
        "Minted an upload token, valid for 15 minutes",
        "Renewed the upload token, valid for 15 minutes",
    ]


def test_renew__once_for_all_threads_that_were_refused(minting: Minting) -> None:
    with minting.trusted_publishing() as authentication:
        refused = authentication.fresh()
        renewed = {reveal(value) for value in eight_times(lambda: authentication.renew(refused))}
        assert renewed == {reveal(authentication.fresh())}
    assert renewed != {reveal(refused)}
    assert minting.count("mint") == 2


def test_revoke__all_that_have_not_expired(minting: Minting) -> None:
    with minting.trusted_publishing() as authentication:
        authentication.fresh()
        minting.now += 700
        authentication.renew(authentication.fresh())
        minting.now += 201
        authentication.revoke()
        authentication.revoke()
    assert [token.burned for token in minting.index.tokens.values()] == [False, True, True]
    assert minting.count("burn") == 2


def test_revoke__the_next_is_minted_anew(minting: Minting) -> None:
    with minting.trusted_publishing() as authentication:
        authentication.revoke()
        assert not minting.index.requests
        first = authentication.fresh()
        authentication.revoke()
        assert authentication.fresh() != first
    assert minting.count("mint") == 2


def test_revoke__does_not_wait_for_a_thread_that_hangs(minting: Minting) -> None:
    arrived, gate = threading.Event(), asyncio.Event()

    async def wait_for_the_gate(_: Seen) -> None:
        arrived.set()
        await gate.wait()

    with minting.trusted_publishing() as authentication, ThreadPoolExecutor() as pool:
        authentication.fresh()
        minting.github.pause = wait_for_the_gate
        renewing = pool.submit(authentication.renew, authentication.fresh())
        assert arrived.wait(10)
        authentication.revoke()
        assert minting.count("burn") == 1
        assert minting.urls is not None
        minting.urls[1].loop.call_soon_threadsafe(gate.set)
        assert renewing.result() is not None


def test_trusted_publishing__masked_and_shown_nowhere(minting: Minting) -> None:
    with minting.trusted_publishing() as authentication:
        authentication.fresh()
        shown = repr(vars(authentication))
        authentication.revoke()
    shown += minting.journal.text
    (token,) = minting.index.tokens
    basic = base64.b64encode(f"__token__:{token}".encode()).decode()
    (id_token,) = minting.github.issued
    assert minting.journal.masked == [id_token, token, basic]
    for secret in (*minting.journal.masked, minting.github.request_token):
        assert secret not in shown
