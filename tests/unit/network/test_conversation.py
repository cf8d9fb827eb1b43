from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from publisher.network.conversation import Conversation, MalformedAnswer
from publisher.network.wire import Wire
from tests.values import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    import h11

REQUEST = httpx.Request("POST", "http://index.example/", content=b"body")


@contextmanager
def talk(*said: bytes) -> Iterator[tuple[Conversation, socket.socket]]:
    """Begin a conversation with a far side that has said its part already."""
    here, there = socket.socketpair()
    here.setblocking(False)
    with here, there:
        for each in said:
            there.sendall(each)
        yield Conversation(Wire(here)), there


def ask(*said: bytes) -> h11.Response:
    with talk(*said) as (conversation, there):
        there.shutdown(socket.SHUT_WR)
        return run(conversation.ask(REQUEST, b"/"))


def test_ask__closed_before_anything_was_sent() -> None:
    with pytest.raises(httpx.ReadError, match="without an answer"):
        ask()


def test_ask__informational_answers_come_before_the_answer() -> None:
    assert ask(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 103 Hints\r\nLink: " + b"x" * 70_000 + b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x" + b"x" * 70_000 + b"\r\n\r\n",
    ],
)
def test_ask__no_http(said: bytes) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        ask(said)
    assert said.startswith(caught.value.heard)
    assert caught.value.heard


def test_read_body__a_length_that_is_none() -> None:
    async def work() -> bytes:
        with talk(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n") as (conversation, _):
            await conversation.ask(REQUEST, b"/")
            return b"".join([piece async for piece in conversation.read_body()])

    with pytest.raises(httpx.RemoteProtocolError):
        run(work())


@pytest.mark.parametrize("is_read", [True, False])
def test_start_over__only_where_the_answer_was_read(is_read: bool) -> None:
    async def work() -> bool:
        with talk() as (conversation, there):
            asking = asyncio.create_task(conversation.ask(REQUEST, b"/"))
            await asyncio.sleep(0)
            there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
            await asking
            if is_read:
                assert [piece async for piece in conversation.read_body()] == [b"OK"]
            return conversation.start_over()

    assert run(work()) is is_read
