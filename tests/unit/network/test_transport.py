from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from publisher.network.proxies import NO_PROXIES, Proxies
from publisher.network.transport import Transport, _describe
from publisher.network.trust import build_ssl_context, build_trustless_context
from publisher.network.url import Url
from tests.fakes.connect_proxy import connect_proxy
from tests.fakes.raw import Peer, answer, listening
from tests.fakes.serving import HOST, trusted_certificates
from tests.values import run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handle = Callable[[Peer], Awaitable[None]]


def client_through(proxies: Proxies = NO_PROXIES, **options: float) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=Transport(build_trustless_context(), proxies, **options), trust_env=False)


async def serve_again(peer: Peer) -> None:
    """Answer whatever comes, for as long as it comes."""
    while True:
        await peer.request()
        await peer.say(answer(200))


@pytest.mark.parametrize(("idle_limit", "connections"), [(60.0, 1), (0.0, 3)])
def test_connections__are_used_again_for_a_while(idle_limit: float, connections: int) -> None:
    peers = []

    async def handle(peer: Peer) -> None:
        peers.append(peer)
        await serve_again(peer)

    async def work() -> None:
        async with listening(handle) as url, client_through(idle_limit=idle_limit) as client:
            for _ in range(3):
                await client.get(str(url))

    run(work())
    assert len(peers) == connections


def test_plain_http__the_proxy_itself_is_asked() -> None:
    heads = []

    async def handle(peer: Peer) -> None:
        heads.append(await peer.head())
        await peer.say(answer(200))

    async def work() -> None:
        async with listening(handle) as proxy:
            with_user = Url.parse(str(proxy).replace("://", "://user:pass@"))
            async with client_through(Proxies({"http": with_user})) as client:
                await client.get("http://index.example/simple/?a=b")

    run(work())
    assert heads[0].startswith("GET http://index.example/simple/?a=b HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n" in heads[0]


def test_tunnel__a_host_that_is_an_ipv6_address() -> None:
    heads = []

    async def handle(peer: Peer) -> None:
        heads.append(await peer.head())
        await peer.say(answer(502, reason="No way"))

    async def work() -> None:
        async with listening(handle) as proxy, client_through(Proxies({"https": proxy})) as client:
            await client.get("https://[2001:db8::1]/")

    with pytest.raises(httpx.ProxyError, match="502 No way"):
        run(work())
    assert heads[0].startswith("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n")
    assert "\r\nHost: [2001:db8::1]:443\r\n" in heads[0]


def test_tunnel__a_proxy_that_says_nothing() -> None:
    async def handle(peer: Peer) -> None:
        await peer.head()
        peer.close()

    async def work() -> None:
        async with listening(handle) as proxy, client_through(Proxies({"https": proxy})) as client:
            await client.get("https://index.example/")

    with pytest.raises(httpx.ProxyError, match="without an answer"):
        run(work())


def test_tunnel__a_proxy_that_never_answers() -> None:
    async def handle(peer: Peer) -> None:
        await peer.take_all()

    async def work() -> None:
        async with (
            listening(handle) as proxy,
            client_through(Proxies({"https": proxy}), connect_timeout=0.05) as client,
        ):
            await client.get("https://index.example/")

    with pytest.raises(httpx.ConnectTimeout):
        run(work())


@pytest.mark.parametrize("tls", [False, True])
def test_tunnel__tls_inside(tls: bool) -> None:
    async def work() -> httpx.Response:
        with connect_proxy(tls=tls) as proxy, trusted_certificates() as path:
            transport = Transport(build_ssl_context(path, None), Proxies({"https": Url.parse(proxy.url)}))
            client = httpx.AsyncClient(transport=transport, trust_env=False)
            async with listening(serve_again, tls=True) as url, client:
                response = await client.post(str(url), content=bytes(1 << 20))
            assert proxy.targets == [f"{HOST}:{url.port}"]
            return response

    assert run(work()).status_code == 200


def test_answer__that_is_cut_off_is_not_followed_by_another() -> None:
    """See that a connection whose answer was not read to its end is closed."""
    peers = []

    async def handle(peer: Peer) -> None:
        peers.append(peer)
        await peer.request()
        await peer.say(answer(200, bytes(1 << 20)))
        await asyncio.Event().wait()

    async def work() -> None:
        async with listening(handle) as url, client_through() as client:
            for _ in range(2):
                async with client.stream("GET", str(url)) as response:
                    assert response.status_code == 200

    run(work())
    assert len(peers) == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)"), "Connection refused"),
        (OSError("Multiple exceptions: one, two"), "Multiple exceptions: one, two"),
    ],
)
def test_describe__in_the_systems_words(error: OSError, said: str) -> None:
    assert _describe(error) == said
