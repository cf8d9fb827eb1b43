"""An HTTP proxy that makes tunnels, as companies have them before their runners."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes.serving import HOST, server_context

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 1 << 16


@dataclass(slots=True)
class ConnectProxy:
    """A proxy under way: where it is, to where it was asked for tunnels, and how."""

    url: str = ""
    targets: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Make one tunnel (RFC 9110, section 9.3.6)."""
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b" ", 2)
        assert method == b"CONNECT"
        self.targets.append(target.decode())
        self.heads.append(head.decode("latin-1"))
        host, _, port = target.decode().rpartition(":")
        there_reader, there_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pour(reader, there_writer), _pour(there_reader, writer))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(_PIECE):
                writer.write(piece)
                await writer.drain()
    finally:
        writer.close()


@contextmanager
def connect_proxy(*, tls: bool = False) -> Iterator[ConnectProxy]:
    """Run a proxy on a free port from a thread of its own, until the block ends."""
    proxy, ready, ending = ConnectProxy(), threading.Event(), threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(proxy.serve, HOST, 0, ssl=server_context() if tls else None)
        proxy.url = f"{'https' if tls else 'http'}://{HOST}:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await asyncio.to_thread(ending.wait)
        server.close()

    # What is still open when `serve` returns is cancelled by `asyncio.run`.
    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="connect-proxy", daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield proxy
    finally:
        ending.set()
        thread.join(30)
