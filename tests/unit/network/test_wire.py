from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from publisher.network.wire import Wire, _settle
from tests.values import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ANSWER = b"HTTP/1.1 413 Too large\r\n\r\n"
MORE_THAN_FITS = bytes(8 << 20)


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Wire, socket.socket]]:
    """Make a wire and the other end of it."""
    here, there = socket.socketpair()
    here.setblocking(False)
    with here, there:
        yield Wire(here), there


async def let_others_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_send__an_answer_ends_what_does_not_get_through() -> None:
    async def work() -> bytes:
        async with pair() as (wire, there):
            sending = asyncio.create_task(wire.send(MORE_THAN_FITS))
            await let_others_run()
            assert not sending.done()
            there.sendall(ANSWER)
            assert await sending is False
            return await wire.read()

    assert run(work()) == ANSWER


def test_send__an_answer_ends_the_sending_before_the_next_piece() -> None:
    async def work() -> bytes:
        async with pair() as (wire, there):
            assert await wire.send(b"head")
            there.sendall(ANSWER)
            assert not await wire.send(b"body")
            assert await wire.send(b"")  # the end of the body, which is nothing: no reason to give up
            assert await wire.read() == ANSWER
            there.sendall(b"more")
            assert await wire.read() == b"more"
            return there.recv(100)

    assert run(work()) == b"head"


def test_send__what_fits_is_sent_without_waiting() -> None:
    async def work() -> bytes:
        async with pair() as (wire, there):
            assert await wire.send(b"one")
            assert await wire.send(b"two")
            return there.recv(100)

    assert run(work()) == b"onetwo"


def test_send__informational_answers_do_not_end_it() -> None:
    async def work() -> bytes:
        async with pair() as (wire, there):
            await wire.send(b"head")
            there.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 10")
            assert await wire.send(b"body")
            there.sendall(b"3 Early Hints\r\n\r\n")
            assert await wire.send(b"more")
            there.sendall(ANSWER)
            return await wire.read()

    assert run(work()) == ANSWER


def test_send__the_other_end_is_closed__what_it_said_is_read() -> None:
    async def work() -> tuple[bytes, bytes]:
        async with pair() as (wire, there):
            await wire.send(b"head")
            there.recv(100)
            there.sendall(ANSWER)
            there.close()
            assert not await wire.send(MORE_THAN_FITS)
            return await wire.read(), await wire.read()

    assert run(work()) == (ANSWER, b"")


def test_send__nobody_takes_it_any_more__what_was_said_is_read() -> None:
    async def work() -> bytes:
        async with pair() as (wire, there):
            there.shutdown(socket.SHUT_RD)
            assert not await wire.send(b"head")
            there.sendall(ANSWER)
            return await wire.read()

    assert run(work()) == ANSWER


def test_read__the_connection_broke() -> None:
    async def work() -> None:
        async with pair() as (wire, there):
            await wire.send(b"head")
            there.close()  # with what it did not read
            assert not await wire.send(b"body")
            with pytest.raises(ConnectionError):
                await wire.read()

    run(work())


def test_read__what_looks_informational_in_a_body_is_kept() -> None:
    async def work() -> bytes:
        async with pair() as (wire, there):
            await wire.send(b"head")
            there.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            await wire.read()
            there.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            return await wire.read()

    assert run(work()) == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_settle__room_and_an_answer_at_once() -> None:
    async def work() -> bool:
        ready = asyncio.get_running_loop().create_future()
        for _ in range(2):
            _settle(ready)
        return ready.done()

    assert run(work())


@pytest.mark.parametrize("how", ["speaks", "closes", "breaks"])
def test_is_stale__once_something_came(how: str) -> None:
    async def work() -> bool:
        async with pair() as (wire, there):
            await wire.send(b"head")
            assert not wire.is_stale
            if how == "speaks":
                there.sendall(b"408 perhaps")
            elif how == "closes":
                there.recv(100)
            if how != "speaks":
                there.close()
            return wire.is_stale

    assert run(work())
