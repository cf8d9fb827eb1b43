from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from publisher.network.threads import Threads

HANG = """
import asyncio, threading
from publisher.network.threads import Threads

async def main():
    with Threads() as threads:
        try:
            await threads.run(threading.Event().wait, 0.01)
        except TimeoutError:
            print("given up")

asyncio.run(main())
"""


def test_run__returns_what_the_call_returns() -> None:
    async def run() -> int:
        with Threads() as threads:
            return await threads.run(lambda: 7, 30)

    assert asyncio.run(run()) == 7


def test_run__raises_what_the_call_raises() -> None:
    async def run() -> None:
        with Threads() as threads:
            await threads.run(lambda: int("seven"), 30)

    with pytest.raises(ValueError, match="seven"):
        asyncio.run(run())


def test_run__uses_an_idle_thread_again_even_after_an_error() -> None:
    async def run() -> set[int]:
        with Threads() as threads:
            first = await threads.run(threading.get_ident, 30)
            with pytest.raises(ValueError, match="seven"):
                await threads.run(lambda: int("seven"), 30)
            return {first, await threads.run(threading.get_ident, 30)}

    assert len(asyncio.run(run())) == 1


def test_run__calls_at_once_have_threads_of_their_own() -> None:
    together = threading.Barrier(3)

    async def run() -> None:
        with Threads() as threads:
            await asyncio.gather(*(threads.run(together.wait, 30) for _ in range(3)))

    asyncio.run(run())
    assert not together.broken


def test_run__a_thread_that_hangs_is_not_used_again() -> None:
    released = threading.Event()

    async def run() -> bool:
        with Threads() as threads:
            with pytest.raises(TimeoutError):
                await threads.run(released.wait, 0.01)
            return await threads.run(lambda: True, 30)

    try:
        assert asyncio.run(run())
    finally:
        released.set()


def test_run__what_comes_after_the_timeout_is_dropped() -> None:
    released = threading.Event()
    late: list[threading.Thread] = []

    def work() -> None:
        late.append(threading.current_thread())
        released.wait()

    async def run() -> list[object]:
        complaints: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        with Threads() as threads:
            with pytest.raises(TimeoutError):
                await threads.run(work, 0.2)
            released.set()
            late[0].join(30)
            # Its result has reached the loop by now, and is looked at in this turn.
            await asyncio.sleep(0)
        return complaints

    assert asyncio.run(run()) == []


def test_run__a_thread_that_hangs_does_not_keep_the_program_alive() -> None:
    done = subprocess.run([sys.executable, "-c", HANG], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "given up\n"


def test_exit__dismisses_idle_threads() -> None:
    async def run() -> threading.Thread:
        with Threads() as threads:
            return await threads.run(threading.current_thread, 30)

    thread = asyncio.run(run())
    thread.join(30)
    assert not thread.is_alive()
