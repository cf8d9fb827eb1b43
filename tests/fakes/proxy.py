"""A reverse proxy that injects faults: each request meets the next fault of a script."""

import asyncio
import socket
import struct
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from tests.fakes.faults import PASS, End, Fault
from tests.fakes.serving import HOST, server_context

BLOCK = 1 << 16
RATED_BLOCK = 1 << 14
RECEIVE_BUFFER = 1 << 17
_BROKEN = (ConnectionError, asyncio.IncompleteReadError)


@dataclass(frozen=True, slots=True)
class Head:
    """A request line and headers."""

    raw: bytes

    @property
    def path(self) -> str:
        """Return the path without the query."""
        return urlsplit(self.raw.split(b" ", 2)[1].decode("latin-1")).path

    @property
    def length(self) -> int:
        """Return the length of the body."""
        return int(find_header(self.raw, b"content-length") or 0)

    @property
    def is_last(self) -> bool:
        """Return whether the client closes the connection after this request."""
        return find_header(self.raw, b"connection") == b"close"

    def closing(self) -> bytes:
        """Return the head with `Connection: close`, so that the answer ends with the connection."""
        lines = [line for line in self.raw.split(b"\r\n")[:-2] if not line.lower().startswith(b"connection:")]
        return b"\r\n".join([*lines, b"Connection: close", b"", b""])


def find_header(raw: bytes, name: bytes) -> bytes | None:
    """Return the value of a header, given in lower case, or None."""
    for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


@dataclass(slots=True)
class Passage:
    """One request that the proxy received."""

    path: str
    fault: Fault
    body_read: int = 0


class Proxy:
    """A server on loopback that forwards requests to `upstream`, or not."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or HOST, parts.port or 80)
        self.passages: list[Passage] = []
        self._scripts: list[tuple[str, deque[Fault]]] = []
        self.port = 0
        self._never = asyncio.Event()  # shared, since nothing else refers to a task whose client is gone
        self.scheme = "http"

    @property
    def url(self) -> str:
        """Return the root URL without a trailing slash."""
        return f"{self.scheme}://{HOST}:{self.port}"

    def script(self, *faults: Fault, path: str = "/") -> Self:
        """Queue faults for the next requests to paths that start with `path`."""
        self._scripts.append((path, deque(faults)))
        return self

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        end = End.KEEP
        with suppress(*_BROKEN):
            while end is End.KEEP:
                head = Head(await reader.readuntil(b"\r\n\r\n"))
                passage = Passage(head.path, self._next_fault(head.path))
                self.passages.append(passage)
                end = await self._pass(head, passage, reader, writer)
            match end:
                case End.HANG:
                    await self._never.wait()  # until the proxy itself ends
                case End.RESET:
                    _break(writer)
                case End.CLOSE:
                    await _part(reader, writer)
        writer.close()

    def _next_fault(self, path: str) -> Fault:
        for start, faults in self._scripts:
            if faults and path.startswith(start):
                return faults.popleft()
        return PASS

    async def _pass(
        self, head: Head, passage: Passage, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> End:
        fault = passage.fault
        wanted = head.length if fault.read is None else min(fault.read, head.length)
        answer = fault.answer
        if fault.forward:
            answer_of_server = await self._forward(head, wanted, passage, reader)
            answer = answer_of_server if answer is None else answer
        else:
            async for _ in _take(reader, wanted, passage):
                pass
        if answer:
            writer.write(answer)
            await writer.drain()
        if fault.end is End.KEEP:
            async for _ in _take(reader, head.length - passage.body_read, passage):
                pass
            if answer is None or find_header(answer, b"content-length") is None or head.is_last:
                return End.CLOSE
        return fault.end

    async def _forward(self, head: Head, wanted: int, passage: Passage, reader: asyncio.StreamReader) -> bytes:
        far_reader, far_writer = await asyncio.open_connection(*self._upstream)
        try:
            far_writer.write(head.closing())
            async for block in _take(reader, wanted, passage):
                far_writer.write(block)
                await far_writer.drain()
            answer = await far_reader.read()
        finally:
            far_writer.close()
            with suppress(OSError):
                await far_writer.wait_closed()
        # The connection to the client is kept open independently.
        start, _, body = answer.partition(b"\r\n\r\n")
        lines = [line for line in start.split(b"\r\n") if line.lower() != b"connection: close"]
        return b"\r\n".join([*lines, b"", body])


async def _take(reader: asyncio.StreamReader, wanted: int, passage: Passage) -> AsyncIterator[bytes]:
    rate = passage.fault.rate
    while wanted > 0:
        if rate is not None:
            block = await reader.readexactly(min(wanted, RATED_BLOCK))
            await asyncio.sleep(len(block) / rate)
        else:
            block = await reader.read(min(wanted, BLOCK))
        if not block:
            raise ConnectionResetError("the client disconnected")
        wanted -= len(block)
        passage.body_read += len(block)
        yield block


async def _part(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close in an orderly way: closing with unread bytes is a reset, which may overtake the answer."""
    if writer.can_write_eof():  # TLS cannot be closed in one direction only
        writer.write_eof()
        while await reader.read(BLOCK):
            pass


def _break(writer: asyncio.StreamWriter) -> None:
    # Without lingering, the kernel sends RST instead of FIN.
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def proxied(upstream: str, *, tls: bool = False) -> Iterator[Proxy]:
    """Run a proxy in front of the server at the root URL `upstream` (plain HTTP); `tls`: clients use HTTPS."""
    proxy, ready, ending = Proxy(upstream), threading.Event(), threading.Event()
    proxy.scheme = "https" if tls else "http"

    # asyncio refers to a task only weakly once its client has disconnected.
    handling: set[asyncio.Task[None] | None] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        handling.add(task)
        try:
            await proxy.handle(reader, writer)
        except asyncio.CancelledError:  # the proxy ends
            writer.transport.abort()
        finally:
            handling.discard(task)

    async def serve() -> None:
        listening = socket.create_server((HOST, 0))
        # Small, since the buffers of a loopback connection hold many megabytes by default.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        server = await asyncio.start_server(handle, sock=listening, ssl=server_context() if tls else None, limit=BLOCK)
        proxy.port = server.sockets[0].getsockname()[1]
        ready.set()
        await asyncio.to_thread(ending.wait)
        server.close()
        open_connections = [task for task in handling if task is not None]
        for task in open_connections:
            task.cancel()
        await asyncio.gather(*open_connections, return_exceptions=True)
        await asyncio.sleep(0)  # the transports close their sockets

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="proxy", daemon=True)
    thread.start()
    assert ready.wait(30), "the proxy did not start"
    try:
        yield proxy
    finally:
        ending.set()
        thread.join(30)
