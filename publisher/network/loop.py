"""The event loop of a run: asyncio's own, but for one thing that may hang."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import TYPE_CHECKING, Any

from publisher.network.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable

LOOKUP_TIMEOUT = 60.0
"""Seconds that a lookup may take at most; whoever connects gives up earlier."""


class Loop(asyncio.SelectorEventLoop):
    """Look host names up in threads that nobody waits for.

    asyncio looks them up in threads of its own and, before it ends, waits for these, however long a name service keeps
    silent: a cancelled run would be killed before it could tell anything.
    """

    def __init__(self, look_up: Callable[..., list[Any]] = socket.getaddrinfo) -> None:
        super().__init__()
        self._look_up = look_up
        self._threads = Threads()

    async def getaddrinfo(  # noqa: PLR0913 -- asyncio's interface
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 -- as above
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """Return the addresses of a host, as `socket.getaddrinfo` does."""
        look_up = partial(self._look_up, host, port, family, type, proto, flags)
        return await self._threads.run(look_up, LOOKUP_TIMEOUT)
