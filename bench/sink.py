"""The far side of every measurement: takes uploads as fast as a machine can, after a latency, and counts them.

It looks at no more than the length of a request, so that what is measured is the tool and not the index. One thread per
connection; a process of its own.
"""

from __future__ import annotations

import multiprocessing
import re
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.sharedctypes import Synchronized

_LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*(\d+)")
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nOK\n"
_ROOM = 1 << 20


@dataclass(frozen=True, slots=True)
class Tally:
    """What a sink has taken, shared between its process and the one that measures."""

    uploads: Synchronized[int]
    seconds: Synchronized[float]

    def note(self, seconds: float) -> None:
        """Count an upload whose body took so long to come."""
        with self.uploads.get_lock():
            self.uploads.value += 1
            self.seconds.value += seconds

    def take(self) -> tuple[int, float]:
        """Return how many uploads there were since the last call, and how long their bodies took together."""
        with self.uploads.get_lock():
            taken = self.uploads.value, self.seconds.value
            self.uploads.value, self.seconds.value = 0, 0.0
        return taken


class Sink:
    """A sink under way: `url` to upload to, and how many uploads it has taken."""

    def __init__(self, url: str, tally: Tally) -> None:
        self.url = url
        self._tally = tally

    def take_count(self) -> int:
        """Return the uploads since the last call."""
        return self._tally.take()[0]

    def take_seconds(self) -> float:
        """Return how long the bodies of the uploads since the last call took, from their first byte to their last."""
        return self._tally.take()[1]


@contextmanager
def running_sink(latency: float, tls: ssl.SSLContext | None = None) -> Iterator[Sink]:
    """Run a sink that waits `latency` seconds before each answer."""
    context = multiprocessing.get_context("fork")
    tally = Tally(context.Value("i", 0), context.Value("d", 0.0))
    here, there = context.Pipe()
    process = context.Process(target=_run, args=(there, tally, latency, tls), daemon=True)
    process.start()
    try:
        yield Sink(f"{'https' if tls else 'http'}://127.0.0.1:{here.recv()}/legacy/", tally)
    finally:
        process.kill()
        process.join()


def _run(port: Connection, tally: Tally, latency: float, tls: ssl.SSLContext | None) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port.send(listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            connection = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=_serve, args=(connection, tally, latency), daemon=True).start()


def _serve(connection: socket.socket, tally: Tally, latency: float) -> None:
    room = memoryview(bytearray(_ROOM))
    pending = b""
    with connection:
        while True:
            while b"\r\n\r\n" not in pending:
                count = connection.recv_into(room)
                if not count:
                    return
                pending += bytes(room[:count])
            began = time.perf_counter()
            head, _, rest = pending.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            left = int(length[1]) - len(rest) if length else 0
            while left > 0:
                count = connection.recv_into(room)
                if not count:
                    return
                left -= count
            pending = b""
            if head.startswith(b"POST"):
                tally.note(time.perf_counter() - began)
            time.sleep(latency)
            connection.sendall(_ANSWER)
