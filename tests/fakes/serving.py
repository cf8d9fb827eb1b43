"""Serve ASGI applications on loopback, optionally with TLS."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import trustme
import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"
HOST_NAME = "index.example"  # in the certificate too, for requests that reach loopback through a proxy


@cache
def certificate_authority() -> trustme.CA:
    """Return the certificate authority of this process."""
    return trustme.CA()


@dataclass(frozen=True, slots=True)
class Served:
    """The address of an application, and its event loop."""

    port: int
    scheme: str
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        """Return the root URL without a trailing slash."""
        return f"{self.scheme}://{HOST}:{self.port}"


class _Server(uvicorn.Server):
    """A server that starts and stops without polling."""

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
        # A hanging request must not delay the shutdown.
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
def serve(
    app: ASGIApp, *, tls: bool = False, host: str = HOST, context: ssl.SSLContext | None = None
) -> Iterator[Served]:
    """Serve `app` on a free port in a thread of its own; `context` replaces the TLS configuration."""
    config = uvicorn.Config(
        app,
        host=host,
        port=0,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        timeout_keep_alive=60,
        ssl_context_factory=(lambda _, __: context or server_context()) if tls else None,
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


def join_abandoned_calls() -> None:
    """Wait for calls that a run left alone; they end once their server is gone."""
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(30)


@contextmanager
def closed_port() -> Iterator[int]:
    """Yield a port that refuses every connection."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port: int = taken.getsockname()[1]
        yield port


@contextmanager
def trusted_certificates() -> Iterator[Path]:
    """Yield a file for `SSL_CERT_FILE` that makes the certificates of `serve(..., tls=True)` trusted."""
    with certificate_authority().cert_pem.tempfile() as path:
        yield Path(path)


def server_context() -> ssl.SSLContext:
    """Return the TLS configuration of servers on loopback."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _certificate().configure_cert(context)
    return context


@cache
def _certificate() -> trustme.LeafCert:
    return certificate_authority().issue_cert("localhost", HOST, "::1", HOST_NAME)
