"""One client for the whole run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from publisher.network.proxies import NO_PROXIES
from publisher.network.request import ANSWER_TIMEOUT

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

    from publisher.network.proxies import Proxies
    from publisher.network.reply import Answer
    from publisher.network.request import Request
    from publisher.network.sender import Sender


class Client:
    """Send requests over at most `connections` connections, straight or through `proxies`.

    `answer_timeout` holds for every request that brings no timeout of its own.
    """

    def __init__(
        self,
        ssl_context: ssl.SSLContext,
        connections: int,
        proxies: Proxies = NO_PROXIES,
        answer_timeout: float = ANSWER_TIMEOUT,
    ) -> None:
        self._ssl_context = ssl_context
        self._proxies = proxies
        self._answer_timeout = answer_timeout
        # A request whose turn has not come yet does not use up its time.
        self._room = asyncio.Semaphore(connections)
        self._sender: Sender | None = None

    async def __aenter__(self) -> Self:
        """Return itself; connections are made when needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        if self._sender is not None:
            await self._sender.aclose()

    async def send(self, request: Request, on_progress: Callable[[int], None] | None = None) -> Answer:
        """Send once, follow nothing, raise nothing: whatever happens is the answer.

        `on_progress` is told how many bytes of a `Body` have been sent so far.
        """
        if self._sender is None:
            from publisher.network.sender import Sender  # noqa: PLC0415 -- many a dry run sends nothing: no HTTP for these

            self._sender = Sender(self._ssl_context, self._proxies, self._answer_timeout)
        async with self._room:
            return await self._sender.send(request, on_progress)
