"""Put ASGI applications on a loopback port, with TLS where wanted."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import trustme
import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

HOST = "127.0.0.1"


@cache
def certificate_authority() -> trustme.CA:
    """Return the authority behind every certificate of this process."""
    return trustme.CA()


@dataclass(frozen=True, slots=True)
class Served:
    """Where an application listens. `loop` is its own: `call_soon_threadsafe` reaches into it."""

    port: int
    scheme: str
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        """Return the root, without a slash at its end."""
        return f"{self.scheme}://{HOST}:{self.port}"


class _Server(uvicorn.Server):
    """A server that says when it is ready and ends when told, both without looking every so often."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()

    async def main_loop(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.ready.set()
        await self._ending.wait()

    async def shutdown(self, sockets: object = None) -> None:
        del sockets
        for server in self.servers:
            server.close()
        # A hanging request must not keep a test waiting.
        for task in list(self.server_state.tasks):
            task.cancel()
        for connection in list(self.server_state.connections):
            transport = connection.transport
            if transport is not None:
                transport.abort()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)

    def end(self) -> None:
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self._ending.set)

    @property
    def port(self) -> int:
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


@contextmanager
def serve(app: ASGIApp, *, tls: bool = False, host: str = HOST) -> Iterator[Served]:
    """Serve `app` on a free port of this machine from a thread of its own, until the block ends."""
    config = uvicorn.Config(
        app,
        host=host,
        port=0,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        timeout_keep_alive=60,
        ssl_context_factory=(lambda _, __: server_context()) if tls else None,
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, name="serve", daemon=True)
    thread.start()
    assert server.ready.wait(30), "the server did not start"
    assert server.loop is not None
    try:
        yield Served(server.port, "https" if tls else "http", server.loop)
    finally:
        server.end()
        thread.join(30)


@contextmanager
def closed_port() -> Iterator[int]:
    """Lend a port at which every connection is refused."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port: int = taken.getsockname()[1]
        yield port


@contextmanager
def trusted_certificates() -> Iterator[Path]:
    """Lend a file for `SSL_CERT_FILE` with which the certificates of `serve(..., tls=True)` are trusted."""
    with certificate_authority().cert_pem.tempfile() as path:
        yield Path(path)


def server_context() -> ssl.SSLContext:
    """Return TLS for any server on loopback."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _certificate().configure_cert(context)
    return context


@cache
def _certificate() -> trustme.LeafCert:
    return certificate_authority().issue_cert("localhost", HOST, "::1")
