"""HTTP/1.1 on one wire: a request, its answer, and the next. The protocol itself is h11's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11
import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from publisher.network.wire import Wire

HEAD_LIMIT = 100 << 10
"""Bytes that the head of an answer may have."""

HEARD_LIMIT = 1 << 16
"""Bytes of a raw answer that are kept for the case that it turns out not to be HTTP."""


class MalformedAnswer(httpx.RemoteProtocolError):
    """What came is no HTTP; `heard` is how it begins."""

    def __init__(self, heard: bytes) -> None:
        super().__init__("the answer is not valid HTTP")
        self.heard = heard


class Conversation:
    """Asks one thing after the other. `wire` may become encrypted between two requests.

    Raises httpx's errors: `ReadError` where the connection breaks or ends too soon, `MalformedAnswer` or
    `RemoteProtocolError` (in a body) for what is no HTTP, `LocalProtocolError` for a request that cannot be written.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)

    async def ask(self, request: httpx.Request, target: bytes) -> h11.Response:
        """Send a request and return the head of its answer, which may come before the body is sent."""
        try:
            head = h11.Request(method=request.method, target=target, headers=request.headers.raw)
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error
        if await self.wire.send(self._encode(head)):
            await self._send_body(request)
        return await self._read_head()

    async def _send_body(self, request: httpx.Request) -> None:
        assert isinstance(request.stream, httpx.AsyncByteStream)  # noqa: S101 -- httpx built it for an asynchronous client
        async for chunk in request.stream:
            if not await self.wire.send(self._encode(h11.Data(data=chunk))):
                return
        self._encode(h11.EndOfMessage())

    def _encode(self, event: h11.Request | h11.Data | h11.EndOfMessage) -> bytes:
        return self._state.send(event) or b""

    async def _read_head(self) -> h11.Response:
        heard = bytearray()
        try:
            while (event := self._state.next_event()) is h11.NEED_DATA:
                data = await self._read()
                heard += data[: HEARD_LIMIT - len(heard)]
                if not data and not heard:
                    raise httpx.ReadError("it was closed without an answer")
                self._state.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise MalformedAnswer(bytes(heard)) from error
        if not isinstance(event, h11.Response):
            # The wire drops informational answers; one that is too long for it is no honest one.
            raise MalformedAnswer(bytes(heard))
        return event

    async def read_body(self) -> AsyncIterator[bytes]:
        """Yield the body of the answer as it comes."""
        has_ended = False
        try:
            while not isinstance(event := self._state.next_event(), h11.EndOfMessage):
                if isinstance(event, h11.Data):
                    yield bytes(event.data)
                else:
                    data = await self._read()
                    has_ended = not data
                    self._state.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise (httpx.ReadError if has_ended else httpx.RemoteProtocolError)(str(error)) from error

    async def _read(self) -> bytes:
        try:
            return await self.wire.read()
        except OSError as error:
            raise httpx.ReadError(str(error)) from error

    def start_over(self) -> bool:
        """Get ready for the next request; False where request or answer did not end, or the far side wants no more."""
        try:
            self._state.start_next_cycle()
        except h11.LocalProtocolError:
            return False
        return True

    def close(self) -> None:
        """Close the wire."""
        self.wire.close()
