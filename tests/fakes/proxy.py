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
from tests.fakes.serving import HOST, server_context

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 1 << 16
RATED_BLOCK = 1 << 12
HEAD_LIMIT = 1 << 20
_BROKEN = (ConnectionError, asyncio.IncompleteReadError)


@dataclass(frozen=True, slots=True)
class Head:
    """A request line and headers as they came."""

    raw: bytes

    @property
    def path(self) -> str:
        """Return the path that is asked for, without its query."""
        return urlsplit(self.raw.split(b" ", 2)[1].decode("latin-1")).path

    @property
    def length(self) -> int:
        """Return how many bytes of body follow."""
        return int(_header(self.raw, b"content-length") or 0)

    def closing(self) -> bytes:
        """Return the head with the wish that the connection ends after the answer: so its end is easily known."""
        lines = [line for line in self.raw.split(b"\r\n")[:-2] if not line.lower().startswith(b"connection:")]
        return b"\r\n".join([*lines, b"Connection: close", b"", b""])


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
            if end is End.HANG:
                await _outlast(reader, writer)
            if end is End.RESET:
                _break(writer)
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
            if answer is None or _header(answer, b"content-length") is None:
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


async def _outlast(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Wait until the client gives up, reading nothing more than already arrived."""
    del reader
    await writer.wait_closed()


def _break(writer: asyncio.StreamWriter) -> None:
    # No lingering: the kernel sends a reset instead of a good-bye.
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _header(raw: bytes, name: bytes) -> bytes | None:
    for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None
