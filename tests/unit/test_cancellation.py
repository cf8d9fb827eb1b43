from __future__ import annotations

import asyncio

import pytest

from publisher.cancellation import unless_stopped
from publisher.errors import Cancelled
from tests.values import run


def test_unless_stopped__the_work_is_done() -> None:
    async def once() -> int:
        return await unless_stopped(asyncio.Event(), "working", asyncio.sleep(0, 7))

    assert run(once()) == 7


def test_unless_stopped__the_work_fails() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(unless_stopped(asyncio.Event(), "working", fail()))


@pytest.mark.parametrize("clean", [True, False])
def test_unless_stopped__dropped_with_what_it_says_on_the_way_out(clean: bool) -> None:
    ended = False

    async def hang(stop: asyncio.Event) -> None:
        nonlocal ended
        stop.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended = True
            if not clean:
                raise ZeroDivisionError

    async def once() -> None:
        stop = asyncio.Event()
        with pytest.raises(Cancelled) as caught:
            await unless_stopped(stop, "comparing", hang(stop))
        assert caught.value.stage == "comparing"
        assert ended

    run(once())


def test_unless_stopped__work_that_is_done_counts_even_then() -> None:
    async def once() -> int:
        stop = asyncio.Event()

        async def work() -> int:
            stop.set()
            return 7

        return await unless_stopped(stop, "working", work())

    assert run(once()) == 7


def test_unless_stopped__the_caller_is_cancelled() -> None:
    async def once() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await unless_stopped(asyncio.Event(), "working", asyncio.sleep(1000))

    run(once())
