"""Stand before a server and break things by script: each request meets the next fault."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from tests.fakes.faults import PASS, End, Fault
from tests.fakes.request_head import Head, find_header
from tests.fakes.serving import HOST, server_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

BLOCK = 1 << 16
RATED_BLOCK = 1 << 12
RECEIVE_BUFFER = 1 << 17
HEAD_LIMIT = 1 << 20
_BROKEN = (ConnectionError, asyncio.IncompleteReadError)


@dataclass(slots=True)
class Passage:
    """One request that came by."""

    path: str
    fault: Fault
    body_read: int = 0


@dataclass(slots=True)
class _Script:
    path: str
    faults: deque[Fault] = field(default_factory=deque)


class Proxy:
    """A server on loopback that lets requests through to `upstream`, or not."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or HOST, parts.port or 80)
        self.passages: list[Passage] = []
        self.connections = 0
        self.resets_on_accept = 0
        """How many more connections are broken before a byte is read from them."""
        self._scripts: list[_Script] = []
        self.port = 0
        self.scheme = "http"

    @property
    def url(self) -> str:
        """Return the root, without a slash at its end."""
        return f"{self.scheme}://{HOST}:{self.port}"

    def script(self, *faults: Fault, path: str = "/") -> Self:
        """Queue what happens to the next requests for paths that start with `path`; then all pass again."""
        self._scripts.append(_Script(path, deque(faults)))
        return self

    @property
    def unplayed(self) -> int:
        """Count the faults that no request has met yet."""
        return sum(len(script.faults) for script in self._scripts)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends, one way or another."""
        self.connections += 1
        if self.resets_on_accept:
            self.resets_on_accept -= 1
            _break(writer)
            return
        end = End.KEEP
        with suppress(*_BROKEN):
            while end is End.KEEP:
                head = Head(await reader.readuntil(b"\r\n\r\n"))
                passage = Passage(head.path, self._next_fault(head.path))
                self.passages.append(passage)
                end = await self._pass(head, passage, reader, writer)
            match end:
                case End.HANG:
                    await asyncio.Event().wait()  # until the proxy itself ends
                case End.RESET:
                    _break(writer)
                case End.CLOSE:
                    await _part(reader, writer)
        writer.close()

    def _next_fault(self, path: str) -> Fault:
        for script in self._scripts:
            if script.faults and path.startswith(script.path):
                return script.faults.popleft()
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
            await _say(writer, answer, fault.answer_rate)
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
        # The client's connection is none of the server's business.
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
            raise ConnectionResetError("the client went away")
        wanted -= len(block)
        passage.body_read += len(block)
        yield block


async def _say(writer: asyncio.StreamWriter, answer: bytes, rate: float | None) -> None:
    if rate is None:
        writer.write(answer)
    else:
        for byte in answer:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1 / rate)
    await writer.drain()


async def _part(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say good-bye and hear the client out: to close with bytes unread is a reset, which may overtake the answer."""
    if writer.can_write_eof():  # TLS cannot say good-bye one way only
        writer.write_eof()
        while await reader.read(BLOCK):
            pass


def _break(writer: asyncio.StreamWriter) -> None:
    # No lingering: the kernel sends a reset instead of a good-bye.
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class _Thread:
    """The loop on which a proxy lives."""

    def __init__(self, proxy: Proxy, *, tls: bool) -> None:
        self.ready = threading.Event()
        self._proxy = proxy
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        context = server_context() if self._tls else None
        listening = socket.create_server((HOST, 0))
        # What a client has sent should be near to what was read here: loopback would hold many megabytes on the way.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        server = await asyncio.start_server(self._connect, sock=listening, ssl=context, limit=BLOCK)
        self._proxy.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self._ending.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._handle(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._proxy.handle(reader, writer)
        finally:
            if self._ending.is_set():
                writer.transport.abort()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)


@contextmanager
def proxied(upstream: str, *, tls: bool = False) -> Iterator[Proxy]:
    """Run a proxy before the server at the root URL `upstream` (plain HTTP) until the block ends.

    `tls`: clients talk to the proxy by HTTPS.
    """
    proxy = Proxy(upstream)
    proxy.scheme = "https" if tls else "http"
    running = _Thread(proxy, tls=tls)
    thread = threading.Thread(target=running.run, name="proxy", daemon=True)
    thread.start()
    assert running.ready.wait(30), "the proxy did not start"
    try:
        yield proxy
    finally:
        running.end()
        thread.join(30)
