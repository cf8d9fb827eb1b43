import asyncio
import base64
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from pydantic import SecretStr

from publisher.identity.authentication import Password, TrustedPublishing, build_basic
from tests.fakes.service import Seen
from tests.fakes.uploads import parse_basic
from tests.unit.identity.conftest import Desk
from tests.values import Journal

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


def test_password__never_changes() -> None:
    journal = Journal()
    password = Password("user", SecretStr("canary-4711"), journal.mask)

    value = password.fresh()
    assert password.renew(value) is None
    password.revoke()
    assert password.fresh() == value
    assert parse_basic(value.get_secret_value()) == ("user", "canary-4711")
    assert journal.masked[0] == "canary-4711"
    assert "canary" not in repr(vars(password))


@pytest.fixture
def authentication(desk: Desk) -> Iterator[TrustedPublishing]:
    with desk.exchange() as exchange:
        yield TrustedPublishing(exchange)


def test_fresh__renewed_once_for_all_threads_before_it_expires(desk: Desk, authentication: TrustedPublishing) -> None:
    first, *others = eight_times(authentication.fresh)
    assert set(map(reveal, others)) == {reveal(first)}
    desk.now += 599
    assert authentication.fresh() == first
    desk.now += 1
    rest = {reveal(value) for value in eight_times(authentication.fresh)}
    assert rest == set(desk.index.tokens) - {reveal(first)}
    assert (len(desk.index.seen("audience")), len(desk.index.seen("mint")), len(set(desk.github.issued))) == (1, 2, 2)
    assert desk.journal.lines == [
        "Minted an upload token, valid for 15 minutes",
        "Renewed the upload token, valid for 15 minutes",
    ]


def test_renew__once_for_all_threads_that_were_refused(desk: Desk, authentication: TrustedPublishing) -> None:
    refused = authentication.fresh()
    renewed = {reveal(value) for value in eight_times(lambda: authentication.renew(refused))}
    assert renewed == {reveal(authentication.fresh())}
    assert renewed != {reveal(refused)}
    assert len(desk.index.seen("mint")) == 2


def test_revoke__all_that_have_not_expired(desk: Desk, authentication: TrustedPublishing) -> None:
    authentication.fresh()
    desk.now += 700
    authentication.renew(authentication.fresh())
    desk.now += 201
    authentication.revoke()
    authentication.revoke()
    assert [token.burned for token in desk.index.tokens.values()] == [False, True, True]
    assert len(desk.index.seen("burn")) == 2


def test_revoke__the_next_is_minted_anew(desk: Desk, authentication: TrustedPublishing) -> None:
    authentication.revoke()
    assert not desk.index.requests
    first = authentication.fresh()
    authentication.revoke()
    assert authentication.fresh() != first
    assert len(desk.index.seen("mint")) == 2


def test_revoke__does_not_wait_for_a_thread_that_hangs(desk: Desk, authentication: TrustedPublishing) -> None:
    arrived, gate = threading.Event(), asyncio.Event()

    async def wait_for_the_gate(_: Seen) -> None:
        arrived.set()
        await gate.wait()

    with ThreadPoolExecutor() as pool:
        authentication.fresh()
        desk.github.pause = wait_for_the_gate
        renewing = pool.submit(authentication.renew, authentication.fresh())
        assert arrived.wait(10)
        authentication.revoke()
        assert len(desk.index.seen("burn")) == 1
        desk.served.loop.call_soon_threadsafe(gate.set)
        assert renewing.result() is not None


def test_trusted_publishing__masked_and_shown_nowhere(desk: Desk, authentication: TrustedPublishing) -> None:
    authentication.fresh()
    shown = repr(vars(authentication))
    authentication.revoke()
    shown += desk.journal.text
    (token,) = desk.index.tokens
    basic = base64.b64encode(f"__token__:{token}".encode()).decode()
    (id_token,) = desk.github.issued
    assert desk.journal.masked == [id_token, token, basic]
    for secret in (*desk.journal.masked, desk.github.request_token):
        assert secret not in shown
