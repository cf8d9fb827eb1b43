"""Bytes in and out of a socket without ever blocking, plain or encrypted."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket

PIECE = 1 << 18
"""Bytes that are encrypted at once: enough to spare system calls, little enough to stay in the processor's cache."""


class Channel(Protocol):
    """Something to send to and receive from; each method raises `BlockingIOError` where it would have to wait."""

    @property
    def has_unsent(self) -> bool:
        """Whether bytes that were taken have not left yet."""

    def send(self, data: memoryview) -> int:
        """Take some of the bytes; return how many."""

    def flush(self) -> None:
        """Let everything leave that was taken."""

    def receive(self, size: int) -> bytes:
        """Return at most `size` bytes, none at the end of the stream."""


class Plain:
    """A socket that does not block."""

    has_unsent = False

    def __init__(self, connected: socket.socket) -> None:
        self.send = connected.send
        self.receive = connected.recv

    def flush(self) -> None:
        """Do nothing: the kernel has it."""


class Encrypted:
    """TLS over another channel.

    OpenSSL works on memory here, not on the socket: a piece of many records then leaves with one system call, which
    makes this faster than letting OpenSSL write (see docs/decisions/0003). Raises `ssl.SSLError` where the far side
    does not speak TLS as it should.
    """

    def __init__(self, below: Channel, context: ssl.SSLContext, hostname: str | None) -> None:
        self._below = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._unsent = memoryview(b"")

    @property
    def has_unsent(self) -> bool:
        """Whether encrypted bytes are waiting."""
        return bool(self._unsent) or self._below.has_unsent

    def shake_hands(self) -> None:
        """Take the handshake to its end, or as far as the far side has spoken."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.flush()
                self._feed()
            else:
                self.flush()
                return

    def send(self, data: memoryview) -> int:
        """Encrypt a piece, once the piece before it has left."""
        self.flush()
        taken = self._tls.write(data[:PIECE])
        with suppress(BlockingIOError):
            self.flush()
        return taken

    def flush(self) -> None:
        """Send what is encrypted."""
        if not self._unsent:
            self._unsent = memoryview(self._outgoing.read())
        while self._unsent:
            self._unsent = self._unsent[self._below.send(self._unsent) :]
        self._below.flush()

    def receive(self, size: int) -> bytes:
        """Decrypt what has come; an end without goodbye is an end, for HTTP has lengths of its own."""
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                self._feed()
            except ssl.SSLError:
                if self._incoming.eof:
                    return b""
                raise

    def _feed(self) -> None:
        data = self._below.receive(PIECE)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
