"""The index of every benchmark: accepts uploads as fast as a machine can, and fails overlapping ones as PyPI does.

It parses no more than the length of a request and the release it is for, so that the client is measured, not the index.
"""

import multiprocessing
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import NamedTuple

DEADLOCK_TIMEOUT = 1.0  # seconds until the real index resolves a deadlock by failing an upload
MOST_OF_ONE_RELEASE = 2  # how many uploads into one release the real index handles at once
_LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*(\d+)")
_FIELD = re.compile(rb'name="(name|version)"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)\r\n')
_BUFFER = 1 << 20
_FORM_LIMIT = 1 << 16  # bytes of a body in which the text fields are expected


class Tally(NamedTuple):
    """What a sink has handled: uploads accepted, uploads failed, and seconds during which bodies arrived."""

    accepted: int
    failed: int
    seconds: float


class Sink:
    """A running sink."""

    def __init__(self, root: str, port: Connection) -> None:
        self.upload_url = f"{root}/legacy/"
        self.simple_url = f"{root}/simple/"
        self._port = port

    def take(self) -> Tally:
        """Return what the sink has handled since the last call, and have it forget everything."""
        self._port.send(None)
        tally: Tally = self._port.recv()
        return tally


@contextmanager
def running_sink(
    latency: float = 0, *, has_projects: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[Sink]:
    """Run a sink in a process of its own that waits `latency` seconds before each answer.

    `has_projects`: every project exists, without files. Otherwise each one is created by its first file.
    """
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    service = _Service(latency, has_projects=has_projects)
    process = context.Process(target=_run, args=(there, service, tls), daemon=True)
    process.start()
    try:
        yield Sink(f"{'https' if tls else 'http'}://127.0.0.1:{here.recv()}", here)
    finally:
        process.kill()
        process.join()


@dataclass(eq=False, slots=True)
class _Upload:
    began: float
    earlier: "list[_Upload]"  # uploads in progress when this one began
    overlaps: bool
    release: tuple[bytes, bytes] = (b"", b"")


class _Service:
    def __init__(self, latency: float, *, has_projects: bool) -> None:
        self._latency = latency
        self._has_projects = has_projects
        self._lock = threading.Lock()
        self._in_progress: list[_Upload] = []
        self._tally = Tally(0, 0, 0)
        self._projects: set[bytes] = set()
        self._releases: dict[tuple[bytes, bytes], float] = {}

    def take(self) -> Tally:
        """Return the tally and start over."""
        with self._lock:
            tally, self._tally = self._tally, Tally(0, 0, 0)
            self._projects.clear()
            self._releases.clear()
        return tally

    def serve(self, connection: socket.socket) -> None:
        """Answer the requests of one connection until the client closes it."""
        buffer = memoryview(bytearray(_BUFFER))
        with connection:
            while head := _receive_head(connection, buffer):
                if head.startswith(b"POST"):
                    answer = self._upload(connection, head, buffer)
                else:
                    time.sleep(self._latency)
                    answer = _listing() if self._has_projects else _answer("404 Not Found")
                if not answer:
                    return
                connection.sendall(answer)

    def _upload(self, connection: socket.socket, head: bytes, buffer: memoryview) -> bytes:
        upload = self._begin()
        try:
            length = _LENGTH.search(head)
            form = head.partition(b"\r\n\r\n")[2]
            left = (int(length[1]) if length else 0) - len(form)
            upload.release = _parse_release(form)
            while left > 0:
                if not (count := connection.recv_into(buffer)):
                    return b""
                left -= count
                if len(form) < _FORM_LIMIT:
                    form += bytes(buffer[:count])
                    upload.release = _parse_release(form)
            seconds = time.perf_counter() - upload.began
            time.sleep(self._latency)
            is_stored = self._store(upload)
            with self._lock:
                accepted, failed, total = self._tally
                self._tally = Tally(accepted + is_stored, failed + (not is_stored), total + seconds)
            if is_stored:
                return _answer("200 OK")
            time.sleep(DEADLOCK_TIMEOUT)
            return _answer("500 Internal Server Error")
        finally:
            with self._lock:
                self._in_progress.remove(upload)

    def _begin(self) -> _Upload:
        with self._lock:
            for other in self._in_progress:
                other.overlaps = True
            upload = _Upload(time.perf_counter(), [*self._in_progress], overlaps=bool(self._in_progress))
            self._in_progress.append(upload)
        return upload

    def _store(self, upload: _Upload) -> bool:
        """Store a file unless the real index would fail the upload; see `tests/fakes/uploads.py`."""
        with self._lock:
            project = upload.release[0]
            if not self._has_projects and project not in self._projects and upload.overlaps:
                return False
            if self._releases.get(upload.release, 0) > upload.began:
                return False
            if sum(other.release == upload.release for other in upload.earlier) >= MOST_OF_ONE_RELEASE:
                return False
            self._projects.add(project)
            self._releases.setdefault(upload.release, time.perf_counter())
        return True


def _run(port: Connection, service: _Service, tls: ssl.SSLContext | None) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port.send(listener.getsockname()[1])
    threading.Thread(target=_report, args=(port, service), daemon=True).start()
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            connection = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=service.serve, args=(connection,), daemon=True).start()


def _report(port: Connection, service: _Service) -> None:
    while True:
        port.recv()
        port.send(service.take())


def _parse_release(form: bytes) -> tuple[bytes, bytes]:
    fields = dict(_FIELD.findall(form[:_FORM_LIMIT]))
    return fields.get(b"name", b""), fields.get(b"version", b"")


def _receive_head(connection: socket.socket, buffer: memoryview) -> bytes:
    """Return the head of the next request and what came with it, or nothing at the end of the connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (count := connection.recv_into(buffer)):
            return b""
        received += bytes(buffer[:count])
    return received


def _listing() -> bytes:
    content = b'{"meta": {"api-version": "1.4"}, "name": "sample", "files": []}'
    return _answer("200 OK", content, "application/vnd.pypi.simple.v1+json")


def _answer(status: str, body: bytes = b"OK\n", content_type: str = "text/plain") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
