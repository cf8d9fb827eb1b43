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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.sharedctypes import Synchronized

_LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*(\d+)")
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nOK\n"
_ROOM = 1 << 20


class Sink:
    """A sink under way: `url` to upload to, and how many uploads it has taken."""

    def __init__(self, port: int, uploads: Synchronized[int]) -> None:
        self.url = f"http://127.0.0.1:{port}/legacy/"
        self._uploads = uploads

    def take_count(self) -> int:
        """Return the uploads since the last call."""
        with self._uploads.get_lock():
            count, self._uploads.value = self._uploads.value, 0
        return count


@contextmanager
def running_sink(latency: float) -> Iterator[Sink]:
    """Run a sink that waits `latency` seconds before each answer."""
    context = multiprocessing.get_context("fork")
    uploads = context.Value("i", 0)
    here, there = context.Pipe()
    process = context.Process(target=_run, args=(there, uploads, latency), daemon=True)
    process.start()
    try:
        yield Sink(here.recv(), uploads)
    finally:
        process.kill()
        process.join()


def _run(port: Connection, uploads: Synchronized[int], latency: float) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port.send(listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve, args=(connection, uploads, latency), daemon=True).start()


def _serve(connection: socket.socket, uploads: Synchronized[int], latency: float) -> None:
    room = memoryview(bytearray(_ROOM))
    pending = b""
    with connection:
        while True:
            while b"\r\n\r\n" not in pending:
                count = connection.recv_into(room)
                if not count:
                    return
                pending += bytes(room[:count])
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
                with uploads.get_lock():
                    uploads.value += 1
            time.sleep(latency)
            connection.sendall(_ANSWER)
