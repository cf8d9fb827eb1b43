"""An HTTP proxy that supports CONNECT, as self-hosted runners often use. Every host name leads to loopback."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.fakes.serving import HOST, server_context

_PIECE = 1 << 16


@dataclass(slots=True)
class ConnectProxy:
    """A running proxy, and the targets and heads of the requests it received; `port` replaces that of every target."""

    port: int | None = None
    url: str = ""
    targets: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Establish one tunnel (RFC 9110, section 9.3.6)."""
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b" ", 2)
        self.targets.append(target.decode())
        self.heads.append(head.decode("latin-1"))
        assert method == b"CONNECT"
        port = self.port or int(target.rpartition(b":")[2])
        there_reader, there_writer = await asyncio.open_connection(HOST, port)
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
def connect_proxy(*, tls: bool = False, port: int | None = None) -> Iterator[ConnectProxy]:
    """Run a proxy on a free port in a thread of its own."""
    proxy, ready, ending = ConnectProxy(port), threading.Event(), threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(proxy.serve, HOST, 0, ssl=server_context() if tls else None)
        proxy.url = f"{'https' if tls else 'http'}://{HOST}:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await asyncio.to_thread(ending.wait)
        server.close()

    # `asyncio.run` cancels the tunnels that are still open when `serve` returns.
    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="connect-proxy", daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield proxy
    finally:
        ending.set()
        thread.join(30)
