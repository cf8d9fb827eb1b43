from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from pydantic import SecretStr

from publisher.errors import ExchangeUnanswered
from publisher.identity.credentials import MintedTokens, Password, build_basic
from publisher.identity.exchange import Exchange, ExchangeUrls
from publisher.identity.github import REQUEST_TOKEN, REQUEST_URL, GitHub, IdTokenService
from publisher.network.client import Client
from publisher.network.trust import build_trustless_context
from publisher.network.url import Url
from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.service import Answer
from tests.fakes.serving import Served, serve
from tests.fakes.uploads import parse_basic
from tests.values import NOW, Journal, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

T = TypeVar("T")


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

    async def use() -> SecretStr:
        value = await password.fresh()
        assert await password.renew(value) is None
        await password.burn()
        assert await password.fresh() == value
        return value

    assert parse_basic(run(use()).get_secret_value()) == ("user", "canary-4711")
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

    @asynccontextmanager
    async def tokens(self) -> AsyncIterator[MintedTokens]:
        assert self.urls is not None
        index, github = self.urls
        variables = self.github.variables(github.url)
        root = Url.parse(index.url)
        urls = ExchangeUrls(*(root.at(f"/_/oidc/{end}") for end in ("audience", "mint-token", "burn-token")))
        service = IdTokenService(Url.parse(variables[REQUEST_URL]), SecretStr(variables[REQUEST_TOKEN]))
        retrying = self.journal.retrying()
        async with Client(build_trustless_context(), 4) as client:
            exchange = Exchange(
                urls,
                GitHub(service, client, retrying, self.journal.mask),
                client,
                retrying,
                self.journal.mask,
                lambda: self.now,
            )
            yield MintedTokens(exchange, self.journal.mask)

    def use(self, work: Callable[[MintedTokens], Coroutine[Any, Any, T]]) -> T:
        async def once() -> T:
            async with self.tokens() as tokens:
                return await work(tokens)

        return run(once())

    def count(self, endpoint: str) -> int:
        return len(self.index.seen(endpoint))


@pytest.fixture
def minting() -> Iterator[Minting]:
    minting = Minting()
    with serve(minting.index) as index, serve(minting.github) as github:
        minting.urls = index, github
        yield minting


def test_fresh__minted_once_for_all_who_ask(minting: Minting) -> None:
    async def work(tokens: MintedTokens) -> list[SecretStr]:
        return await asyncio.gather(*(tokens.fresh() for _ in range(8)))

    values = minting.use(work)
    assert len({reveal(value) for value in values}) == 1
    assert reveal(values[0]) in minting.index.tokens
    assert (minting.count("audience"), minting.count("mint"), len(minting.github.issued)) == (1, 1, 1)


def test_fresh__renewed_once_for_all_before_its_end(minting: Minting) -> None:
    async def work(tokens: MintedTokens) -> list[SecretStr]:
        first = await tokens.fresh()
        minting.now += 599
        assert await tokens.fresh() == first
        minting.now += 1
        return [first, *await asyncio.gather(*(tokens.fresh() for _ in range(8)))]

    first, *rest = (reveal(value) for value in minting.use(work))
    assert set(rest) == set(minting.index.tokens) - {first}
    assert (minting.count("audience"), minting.count("mint"), len(set(minting.github.issued))) == (1, 2, 2)
    assert 'Upload token minted  valid_for="900 s"' in minting.journal.lines
    assert any(line.startswith("Upload token renewed") for line in minting.journal.lines)


def test_renew__once_for_all_who_were_refused(minting: Minting) -> None:
    async def work(tokens: MintedTokens) -> list[SecretStr | None]:
        refused = await tokens.fresh()
        renewed = await asyncio.gather(*(tokens.renew(refused) for _ in range(8)))
        assert await tokens.fresh() == renewed[0]
        return [refused, *renewed]

    values = minting.use(work)
    assert len({reveal(value) for value in values}) == 2
    assert reveal(values[0]) != reveal(values[1])
    assert minting.count("mint") == 2


def test_mint__a_failure_is_told_to_all_and_may_pass(minting: Minting) -> None:
    minting.index.script("mint", *[Answer(500)] * 6)

    async def work(tokens: MintedTokens) -> list[SecretStr | BaseException]:
        failed = await asyncio.gather(tokens.fresh(), tokens.fresh(), return_exceptions=True)
        return [*failed, await tokens.fresh()]

    first, second, third = minting.use(work)
    assert isinstance(first, ExchangeUnanswered)
    assert isinstance(second, ExchangeUnanswered)
    assert isinstance(third, SecretStr)


def test_burn__all_that_have_not_ended(minting: Minting) -> None:
    async def work(tokens: MintedTokens) -> None:
        await tokens.fresh()
        minting.now += 700
        await tokens.fresh()
        await tokens.renew(await tokens.fresh())
        minting.now += 201
        await tokens.burn()
        await tokens.burn()

    minting.use(work)
    assert [token.burned for token in minting.index.tokens.values()] == [False, True, True]
    assert minting.count("burn") == 2


def test_burn__nothing_to_burn(minting: Minting) -> None:
    minting.use(lambda tokens: tokens.burn())
    assert not minting.index.requests


def test_burned__the_next_is_minted_anew(minting: Minting) -> None:
    async def work(tokens: MintedTokens) -> None:
        first = await tokens.fresh()
        await tokens.burn()
        assert await tokens.fresh() != first

    minting.use(work)
    assert minting.count("mint") == 2


def test_minted_tokens__masked_and_shown_nowhere(minting: Minting) -> None:
    async def work(tokens: MintedTokens) -> str:
        await tokens.fresh()
        shown = repr(vars(tokens))
        await tokens.burn()
        return shown

    shown = minting.use(work) + minting.journal.text
    (token,) = minting.index.tokens
    basic = base64.b64encode(f"__token__:{token}".encode()).decode()
    (id_token,) = minting.github.issued
    assert minting.journal.masked == [id_token, token, basic]
    for secret in (*minting.journal.masked, minting.github.request_token):
        assert secret not in shown
