from __future__ import annotations

import ssl

import pytest

from publisher.network.channel import PIECE, Encrypted
from publisher.network.trust import build_ssl_context
from tests.fakes.serving import HOST, server_context, trusted_certificates


class Pipe:
    """The other side of TLS in memory; takes at most `room` bytes before it has to be drained."""

    def __init__(self, room: int = 1 << 30) -> None:
        self.room = room
        self.to_server, self.to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.server = server_context().wrap_bio(self.to_server, self.to_client, server_side=True)
        self.is_closed = False

    @property
    def has_unsent(self) -> bool:
        return False

    def send(self, data: memoryview) -> int:
        if not self.room:
            raise BlockingIOError
        taken = min(self.room, len(data))
        self.room -= taken
        return self.to_server.write(data[:taken])

    def flush(self) -> None:
        pass

    def receive(self, size: int) -> bytes:
        if self.to_client.pending:
            return self.to_client.read(size)
        if self.is_closed:
            return b""
        raise BlockingIOError


def connected(pipe: Pipe) -> Encrypted:
    """Shake hands from both sides."""
    with trusted_certificates() as path:
        context = build_ssl_context(path, None)
    # Some builds of Python take an end without goodbye for an end by themselves.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    channel = Encrypted(pipe, context, HOST)
    with pytest.raises(BlockingIOError):
        channel.shake_hands()
    with pytest.raises(ssl.SSLWantReadError):
        pipe.server.do_handshake()
    channel.shake_hands()
    pipe.server.do_handshake()
    return channel


def is_waiting(channel: Encrypted) -> bool:
    """Ask anew: what was true a line above need not be so any more."""
    return channel.has_unsent


def test_send__what_was_taken_leaves_when_there_is_room() -> None:
    pipe = Pipe()
    channel = connected(pipe)
    data = bytes(range(256)) * (PIECE // 128)
    pipe.room = 1000
    assert channel.send(memoryview(data)) == PIECE
    assert is_waiting(channel)
    with pytest.raises(BlockingIOError):
        channel.send(memoryview(data)[PIECE:])
    pipe.room = 1 << 30
    assert channel.send(memoryview(data)[PIECE:]) == PIECE
    assert not is_waiting(channel)
    received = b""
    while len(received) < len(data):
        received += pipe.server.read(1 << 20)
    assert received == data


def test_receive__waits_for_a_whole_record() -> None:
    pipe = Pipe()
    channel = connected(pipe)
    with pytest.raises(BlockingIOError):
        channel.receive(100)
    pipe.server.write(b"hello")
    assert channel.receive(100) == b"hello"


@pytest.mark.parametrize("with_goodbye", [True, False])
def test_receive__an_end_is_an_end(with_goodbye: bool) -> None:
    pipe = Pipe()
    channel = connected(pipe)
    if with_goodbye:
        with pytest.raises(ssl.SSLWantReadError):
            pipe.server.unwrap()
    pipe.is_closed = True
    assert channel.receive(100) == b""


def test_receive__what_is_no_tls() -> None:
    pipe = Pipe()
    channel = connected(pipe)
    pipe.to_client.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(ssl.SSLError):
        channel.receive(100)


def test_shake_hands__the_other_side_is_gone() -> None:
    pipe = Pipe()
    pipe.is_closed = True
    channel = Encrypted(pipe, build_ssl_context(None, None), HOST)
    with pytest.raises(ssl.SSLError):
        channel.shake_hands()
