from __future__ import annotations

import asyncio

import httpcore
import pytest

from publisher.network.wire import Wire
from tests.values import run

ANSWER = b"HTTP/1.1 413 Too large\r\n\r\n"


class Stream(httpcore.AsyncNetworkStream):
    """A connection whose far side speaks when it is told to, and takes bytes only while it is not `full`."""

    def __init__(self, *, full: bool = False) -> None:
        self.full = full
        self.speaks = asyncio.Event()
        self.answers: list[bytes | Exception] = [ANSWER, b"more"]
        self.written: list[bytes] = []
        self.closed = False

    async def read(self, _max_bytes: int, _timeout: float | None = None) -> bytes:
        await self.speaks.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def write(self, buffer: bytes, _timeout: float | None = None) -> None:
        if self.full:
            await asyncio.Event().wait()
        self.written.append(buffer)

    async def aclose(self) -> None:
        self.closed = True


async def let_others_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_write__an_answer_ends_what_does_not_get_through() -> None:
    async def work() -> bytes:
        stream = Stream(full=True)
        wire = Wire(stream)
        writing = asyncio.create_task(wire.write(b"body"))
        await let_others_run()
        stream.speaks.set()
        with pytest.raises(httpcore.WriteError):
            await writing
        assert stream.written == []
        return await wire.read(100)

    assert run(work()) == ANSWER


def test_write__an_answer_ends_the_sending_before_the_next_piece() -> None:
    async def work() -> list[bytes]:
        stream = Stream()
        wire = Wire(stream)
        await wire.write(b"head")
        stream.speaks.set()
        await let_others_run()
        with pytest.raises(httpcore.WriteError):
            await wire.write(b"body")
        await wire.write(b"")  # the end of the body, which is nothing: no reason to give up
        assert await wire.read(100) == ANSWER
        assert await wire.read(100) == b"more"
        return stream.written

    assert run(work()) == [b"head"]


def test_close__whatever_the_listening_has_met() -> None:
    async def work() -> bool:
        stream = Stream()
        stream.answers = [httpcore.ReadError("broken")]
        wire = Wire(stream)
        await wire.write(b"head")
        stream.speaks.set()
        await let_others_run()
        await wire.aclose()
        return stream.closed

    assert run(work())


def test_close__while_listening() -> None:
    async def work() -> bool:
        stream = Stream()
        wire = Wire(stream)
        await wire.write(b"head")
        await wire.aclose()
        return stream.closed

    assert run(work())
