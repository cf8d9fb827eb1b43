"""One TCP connection that listens while it sends.

An index (or a proxy before it) that refuses a large file at once and closes makes the connection break under us: who
first sends all and then reads loses the refusal. So we look for an answer before every piece that is sent, and while
there is no room for the next; an answer ends the sending.
"""

from __future__ import annotations

import asyncio
import re
import socket
from typing import TYPE_CHECKING, cast

from publisher.network.channel import Channel, Encrypted, Plain

if TYPE_CHECKING:
    import ssl

UNSENT_LIMIT = 1 << 18
"""Bytes that may wait in the kernel unsent, so that what we call progress is progress on the network."""

HEAD_START = 0.25
"""Seconds that one address of a host is ahead of the next ("happy eyeballs", RFC 8305)."""

_READ_SIZE = 1 << 16
_SHORTEST_START = b"HTTP/1.1 100"
_INFORMATIONAL_START = re.compile(rb"HTTP/1\.[01] 1\d\d")
_INFORMATIONAL_HEADS = re.compile(rb"(?:HTTP/1\.[01] 1\d\d.*?\r\n\r\n)*", re.DOTALL)


class Wire:
    """A connected socket, plain until `start_tls`. Raises OSError where the connection breaks; timeouts are others'."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._channel: Channel = Plain(connected)
        self._is_sending = False
        self._ahead = b""
        self._breakage: OSError | None = None

    async def send(self, data: bytes) -> bool:
        """Send all of it; False where an answer, or the end of the connection, came first: it is there to be read."""
        rest = memoryview(data)
        self._is_sending = True
        while rest or self._channel.has_unsent:
            if self._listen():
                return False
            try:
                if rest:
                    rest = rest[self._channel.send(rest) :]
                else:
                    self._channel.flush()
            except BlockingIOError:
                await self._wait(for_room=True)
            except OSError:
                # What the far side said before it closed may still be there.
                return False
        return True

    async def read(self) -> bytes:
        """Return what was heard while sending, then what comes; nothing at the end of the stream."""
        if not self._is_sending:
            return await self._receive()
        while not self._listen():
            await self._wait(for_room=self._channel.has_unsent)
        self._is_sending = False
        data, self._ahead = self._ahead, b""
        if not data and self._breakage:
            raise self._breakage
        return data

    def _listen(self) -> bool:
        """Take in what has come; tell whether an answer has begun, or the stream has ended.

        Informational (1xx) answers are none, and are dropped.
        """
        ahead = self._ahead
        while not ahead or (_may_be_informational(ahead) and len(ahead) < _READ_SIZE):
            try:
                more = self._channel.receive(_READ_SIZE)
            except BlockingIOError:
                self._ahead = ahead
                return False
            except OSError as error:
                self._breakage = error
                break
            if not more:
                break
            ahead = _INFORMATIONAL_HEADS.sub(b"", ahead + more, count=1)
        self._ahead = ahead
        return True

    async def _receive(self) -> bytes:
        while True:
            try:
                return self._channel.receive(_READ_SIZE)
            except BlockingIOError:
                await self._wait(for_room=self._channel.has_unsent)

    async def _wait(self, *, for_room: bool) -> None:
        """Wait until there is something to read, or `for_room` to send."""
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        loop.add_reader(self._socket, _settle, ready)
        if for_room:
            loop.add_writer(self._socket, _settle, ready)
        try:
            await ready
        finally:
            loop.remove_reader(self._socket)
            loop.remove_writer(self._socket)

    async def start_tls(self, context: ssl.SSLContext, hostname: str) -> None:
        """Encrypt from now on; a second time (through a proxy that is itself reached by TLS) inside the first."""
        channel = Encrypted(self._channel, context, hostname)
        while True:
            try:
                channel.shake_hands()
            except BlockingIOError:
                await self._wait(for_room=channel.has_unsent)
            else:
                self._channel = channel
                return

    @property
    def is_stale(self) -> bool:
        """Whether something came although nothing was asked: on an idle connection, that is its end."""
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        """Close; what is unsent is dropped."""
        self._socket.close()


async def connect(host: str, port: int) -> Wire:
    """Connect by TCP, with little room for unsent bytes; raise OSError (`socket.gaierror` for an unknown name)."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(_Silence, host, port, happy_eyeballs_delay=HEAD_START)
    # asyncio knows how to connect; its transports would drop an answer when the connection breaks.
    connected: socket.socket = transport.get_extra_info("socket").dup()
    transport.abort()
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_LIMIT)
    return Wire(connected)


class _Silence(asyncio.Protocol):
    """Reads nothing: what the far side says first is for those who get the socket."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).pause_reading()


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _may_be_informational(data: bytes) -> bool:
    """Judge whether an answer of which only the beginning is here may turn out to be an informational one."""
    return _INFORMATIONAL_START.match(data + _SHORTEST_START[len(data) :]) is not None
