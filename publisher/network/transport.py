"""Connections for httpx: made when needed, straight or through a proxy, and used again."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from publisher.network.conversation import Conversation
from publisher.network.proxies import Proxies, build_proxy_authorization
from publisher.network.request import CONNECT_TIMEOUT
from publisher.network.url import DEFAULT_PORTS
from publisher.network.wire import connect

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterator

    import h11

    from publisher.network.url import Url

IDLE_LIMIT = 5.0
"""Seconds after which an idle connection is not used again: a router may have forgotten it and tell nobody."""

Origin = tuple[str, str, int]


class Transport(httpx.AsyncBaseTransport):
    """Answers the requests of an `httpx.AsyncClient`; who bounds the requests under way bounds the connections."""

    def __init__(
        self,
        context: ssl.SSLContext,
        proxies: Proxies,
        *,
        idle_limit: float = IDLE_LIMIT,
        connect_timeout: float = CONNECT_TIMEOUT,
    ) -> None:
        context.set_alpn_protocols(["http/1.1"])
        self._context = context
        self._proxies = proxies
        self._idle_limit = idle_limit
        self._connect_timeout = connect_timeout
        self._idle: dict[Origin, list[tuple[float, Conversation]]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its answer, the body yet to be read. Raises httpx's transport errors."""
        url = request.url
        origin = (url.scheme, url.raw_host.decode("ascii"), url.port or DEFAULT_PORTS[url.scheme])
        proxy = self._proxies.choose(*origin)
        conversation = self._take_idle(origin) or await self._open(origin, proxy)
        target = url.raw_path
        if proxy is not None and url.scheme == "http":
            # There is no tunnel: the proxy itself is asked (RFC 9112, section 3.2.2).
            target = str(url).encode("ascii")
            request.headers.update(build_proxy_authorization(proxy))
        with _closed_on_error(conversation):
            head = await conversation.ask(request, target)
        return httpx.Response(
            head.status_code,
            headers=list(head.headers),
            stream=_Answer(conversation, lambda: self._give_back(origin, conversation)),
            extensions={"reason_phrase": head.reason},
        )

    def _take_idle(self, origin: Origin) -> Conversation | None:
        since = asyncio.get_running_loop().time() - self._idle_limit
        idle = self._idle.get(origin, [])
        while idle:
            last_used, conversation = idle.pop()
            if last_used > since and not conversation.wire.is_stale:
                return conversation
            conversation.close()
        return None

    def _give_back(self, origin: Origin, conversation: Conversation) -> None:
        if conversation.start_over():
            self._idle.setdefault(origin, []).append((asyncio.get_running_loop().time(), conversation))
        else:
            conversation.close()

    async def _open(self, origin: Origin, proxy: Url | None) -> Conversation:
        """Connect, with all that belongs to it in one time limit."""
        try:
            async with asyncio.timeout(self._connect_timeout):
                if proxy is None:
                    return await self._connect(*origin)
                conversation = await self._connect(*proxy.origin)
                if origin[0] == "http":
                    return conversation
                return await self._tunnel(conversation, origin, proxy)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("connecting took too long") from error
        except OSError as error:
            raise httpx.ConnectError(_describe(error)) from error

    async def _connect(self, scheme: str, host: str, port: int) -> Conversation:
        conversation = Conversation(await connect(host, port))
        if scheme == "https":
            with _closed_on_error(conversation):
                await conversation.wire.start_tls(self._context, host)
        return conversation

    async def _tunnel(self, conversation: Conversation, origin: Origin, proxy: Url) -> Conversation:
        """Have a proxy connect us to a host (RFC 9110, section 9.3.6), and encrypt what goes through."""
        _, host, port = origin
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        headers = {"Host": place, **build_proxy_authorization(proxy)}
        with _closed_on_error(conversation):
            try:
                head = await conversation.ask(httpx.Request("CONNECT", str(proxy), headers=headers), place.encode())
            except httpx.TransportError as error:
                raise httpx.ProxyError(str(error)) from error
            _check_tunnel(head)
            await conversation.wire.start_tls(self._context, host)
        return Conversation(conversation.wire)

    async def aclose(self) -> None:
        """Close what is idle."""
        for idle in self._idle.values():
            for _, conversation in idle:
                conversation.close()
        self._idle.clear()


class _Answer(httpx.AsyncByteStream):
    """The body of an answer; at its end, `give_back` decides what becomes of the connection."""

    def __init__(self, conversation: Conversation, give_back: Callable[[], None]) -> None:
        self._conversation = conversation
        self._give_back = give_back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._conversation.read_body():
            yield piece

    async def aclose(self) -> None:
        self._give_back()


@contextmanager
def _closed_on_error(conversation: Conversation) -> Iterator[None]:
    try:
        yield
    except BaseException:
        conversation.close()
        raise


def _check_tunnel(head: h11.Response) -> None:
    if head.status_code // 100 != 2:  # noqa: PLR2004 -- the class of a status is its first digit
        raise httpx.ProxyError(f"{head.status_code} {head.reason.decode('latin-1')}")


def _describe(error: OSError) -> str:
    """Say what the system says, without the numbers around it."""
    if error.errno is None or isinstance(error, socket.gaierror) or error.strerror is None:
        return str(error)
    return os.strerror(error.errno)
