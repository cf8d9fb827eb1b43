"""The connection below HTTP: notices an answer that comes early and keeps one that is no valid HTTP.

httpcore sends a whole body before it reads. An index (or a proxy before it) that refuses a large file at once and
closes makes the connection break under us, and asyncio drops what was received: the refusal would be lost. So while a
request is being sent, one read is always under way; an answer ends the sending.
"""

from __future__ import annotations

import asyncio
import re
import socket
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

HEARD_LIMIT = 1 << 16
"""Bytes of a raw answer that are kept for the case that it turns out not to be HTTP."""

UNSENT_LIMIT = 1 << 17
"""Bytes that may wait in the kernel unsent, so that what we call progress is progress on the network."""

_READ_SIZE = 1 << 16
_SHORTEST_START = b"HTTP/1.1 100"
_INFORMATIONAL_START = re.compile(rb"HTTP/1\.[01] 1\d\d")
_INFORMATIONAL_HEADS = re.compile(rb"(?:HTTP/1\.[01] 1\d\d.*?\r\n\r\n)*", re.DOTALL)

heard: ContextVar[bytearray | None] = ContextVar("heard", default=None)
"""The raw answer to the request that the current task has under way."""


class Wire(httpcore.AsyncNetworkStream):
    """A stream that reads ahead while it writes."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._ahead: asyncio.Task[bytes] | None = None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 -- httpcore's interface
        """Send, or raise httpcore's `WriteError` when an answer is there already: httpcore then reads it."""
        if not buffer:
            # The end of a body of known length: nothing to send, and no reason to give the connection up.
            return
        if self._ahead is None:
            self._ahead = asyncio.create_task(self._listen())
        elif self._ahead.done():
            raise httpcore.WriteError
        loop = asyncio.get_running_loop()
        with anyio.CancelScope() as sending:
            # Not at once: where the far side has read all and answers, the end of our sending comes first.
            stop = lambda _: loop.call_soon(sending.cancel)  # noqa: E731 -- it has to be removed again by identity
            self._ahead.add_done_callback(stop)
            try:
                await self._stream.write(buffer, timeout)
            finally:
                self._ahead.remove_done_callback(stop)
        if sending.cancelled_caught:
            raise httpcore.WriteError

    async def _listen(self) -> bytes:
        """Return the first bytes after all informational (1xx) answers; empty at the end of the stream."""
        data = b""
        while more := await self._stream.read(_READ_SIZE):
            data = _INFORMATIONAL_HEADS.sub(b"", data + more, count=1)
            if data and (not _may_be_informational(data) or len(data) > HEARD_LIMIT):
                break
        return data

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 -- as above
        """Return what was heard while sending, then what comes."""
        if self._ahead is not None:
            listening, self._ahead = self._ahead, None
            try:
                data = await listening
            finally:
                listening.cancel()
        else:
            data = await self._stream.read(max_bytes, timeout)
        record = heard.get()
        if record is not None and len(record) < HEARD_LIMIT:
            record += data[: HEARD_LIMIT - len(record)]
        return data

    async def aclose(self) -> None:
        """Close, and stop listening."""
        if self._ahead is not None:
            self._ahead.cancel()
            await asyncio.wait([self._ahead])
            if not self._ahead.cancelled():
                self._ahead.exception()
            self._ahead = None
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 -- as above
    ) -> httpcore.AsyncNetworkStream:
        """Return the encrypted stream, which listens in the same way."""
        return Wire(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 -- httpcore's interface
        """Return what the stream below knows."""
        return self._stream.get_extra_info(info)


class WireBackend(httpcore.AsyncNetworkBackend):
    """Make connections that listen while they send."""

    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect by TCP, with little room for unsent bytes."""
        options = [*(socket_options or ()), (socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_LIMIT)]
        return Wire(await self._backend.connect_tcp(host, port, timeout, local_address, options))


def _may_be_informational(data: bytes) -> bool:
    """Judge whether an answer of which only the beginning is here may turn out to be an informational one."""
    return _INFORMATIONAL_START.match(data + _SHORTEST_START[len(data) :]) is not None
