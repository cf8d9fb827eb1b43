"""A server that says exactly what a test tells it, byte for byte, from threads with blocking sockets."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from publisher.network.url import Url
from tests.fakes.serving import HOST, server_context

Handle = Callable[["Peer"], None]

_PIECE = 1 << 16


class Peer:
    """The server's end of one connection. Raises `ConnectionError` if the client is gone."""

    def __init__(self, connection: socket.socket, ending: threading.Event) -> None:
        self._connection = connection
        self._ending = ending
        self._ahead = b""

    def head(self) -> str:
        """Return the next request without its body."""
        while b"\r\n\r\n" not in self._ahead:
            self._ahead += self._receive()
        head, _, self._ahead = self._ahead.partition(b"\r\n\r\n")
        return f"{head.decode('latin-1')}\r\n\r\n"

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        taken = bytearray(self._ahead[:count])
        self._ahead = self._ahead[count:]
        while len(taken) < count:
            taken += self._receive(count - len(taken))
        return bytes(taken)

    def request(self) -> tuple[str, bytes]:
        """Return the next request, head and body."""
        head = self.head()
        for line in head.split("\r\n"):
            name, _, value = line.partition(": ")
            if name.lower() == "content-length":
                return head, self.take(int(value))
        return head, b""

    def _receive(self, count: int = _PIECE) -> bytes:
        data = self._connection.recv(min(count, _PIECE))
        if not data:
            raise ConnectionError("the client closed")
        return data

    def say(self, data: bytes) -> None:
        """Send bytes."""
        self._connection.sendall(data)

    def hang(self) -> None:
        """Do nothing until the server ends."""
        self._ending.wait()

    def close(self) -> None:
        """End the connection in good order."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def reset(self) -> None:
        """Break the connection."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()


@contextmanager
def listening(handle: Handle, *, tls: bool | ssl.SSLContext = False) -> Iterator[Url]:
    """Serve every connection with `handle` until the block ends; a mistake in `handle` comes out there."""
    context = server_context() if tls is True else tls or None
    mistakes: list[Exception] = []
    threads: list[threading.Thread] = []
    connections: list[socket.socket] = []
    ending = threading.Event()

    def serve(connection: socket.socket) -> None:
        try:
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
                connections.append(connection)
            handle(Peer(connection, ending))
        except OSError:
            pass  # the client went away
        except Exception as error:  # noqa: BLE001 -- it is for the test
            mistakes.append(error)
        finally:
            connection.close()

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                thread = threading.Thread(target=serve, args=(connection,), daemon=True)
                threads.append(thread)
                thread.start()

    with socket.create_server((HOST, 0)) as listener:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield Url.parse(f"{'https' if context else 'http'}://{HOST}:{listener.getsockname()[1]}/")
        finally:
            ending.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(30)
            for connection in connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(30)
    for mistake in mistakes:
        raise mistake


def answer(status: int, body: bytes = b"", *headers: str, reason: str = "Because") -> bytes:
    """Write an HTTP answer with its length."""
    lines = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
