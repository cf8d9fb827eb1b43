"""A server that says exactly what a test tells it, byte for byte, on the event loop of the test."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from publisher.network.url import Url
from tests.fakes.serving import HOST, server_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Handle = Callable[["Peer"], Awaitable[None]]


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def head(self) -> str:
        """Return the next request without its body."""
        return (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")

    async def take(self, count: int) -> bytes:
        """Return the next bytes."""
        return await self._reader.readexactly(count)

    async def take_all(self) -> bytes:
        """Return whatever comes until the client closes, an orderly end or not."""
        try:
            return await self._reader.read()
        except ConnectionError:
            return b""

    async def request(self) -> tuple[str, bytes]:
        """Return the next request, head and body."""
        head = await self.head()
        for line in head.split("\r\n"):
            name, _, value = line.partition(": ")
            if name.lower() == "content-length":
                return head, await self.take(int(value))
        return head, b""

    async def say(self, data: bytes) -> None:
        """Send bytes."""
        self._writer.write(data)
        await self._writer.drain()

    def close(self) -> None:
        """End the connection in good order."""
        self._writer.close()

    def reset(self) -> None:
        """Break the connection."""
        connection: socket.socket = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


@asynccontextmanager
async def listening(handle: Handle, *, tls: bool = False) -> AsyncIterator[Url]:
    """Serve every connection with `handle` until the block ends; a mistake in `handle` comes out there."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(Peer(reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away
        finally:
            writer.transport.abort() if writer.is_closing() is False else writer.close()

    def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(connect, HOST, 0, ssl=server_context() if tls else None)
    port = server.sockets[0].getsockname()[1]
    try:
        yield Url.parse(f"{'https' if tls else 'http'}://{HOST}:{port}/")
    finally:
        server.close()
        for task in tasks:
            if not task.done():
                task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


def answer(status: int, body: bytes = b"", *headers: str, reason: str = "Because") -> bytes:
    """Write an HTTP answer with its length."""
    lines = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
