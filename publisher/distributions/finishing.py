"""Wait for a team of processes and for threads of this one: apart, because a team can begin before asyncio is there."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from publisher.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from publisher.distributions.forks import Fork, Team

Item = TypeVar("Item")
Result = TypeVar("Result")
T = TypeVar("T")

_PIECE = 1 << 16


async def finish(
    team: Team[Item, Result],
    others: Sequence[Item],
    work: Callable[[Item, Callable[[], None]], Result],
    stopped: Callable[[], bool],
    processors: int,
) -> tuple[list[Result], list[Result]]:
    """Help the team and work off `others`, each in a thread; return the results for the team's items and for these.

    `work` is handed what it has to call between its steps. `stopped` is asked then; once it says yes, `Cancelled` is
    raised.
    """
    abandoned = threading.Event()

    def pause() -> None:
        if abandoned.is_set() or stopped():
            raise Cancelled("reading and checking the distributions")

    def do(item: Item) -> Result:
        return work(item, pause)

    loop, pool = asyncio.get_running_loop(), ThreadPoolExecutor(processors)
    own = loop.run_in_executor(pool, team.work_off, do)
    aside = [loop.run_in_executor(pool, do, item) for item in others]
    waiting = [asyncio.ensure_future(wait_for(fork)) for fork in team.forks]
    try:
        shares, rest = await asyncio.gather(asyncio.gather(own, *waiting), asyncio.gather(*aside))
        done = {number: result for share in shares if share for number, result in share.items()}
        for number, item in enumerate(team.items):
            if number not in done:  # what a process had taken that did not get to its end is done here after all
                done[number] = await loop.run_in_executor(pool, do, item)
    except BaseException:
        # A thread that nobody wants any more ends at its next pause, for which nobody waits: it may be seconds away.
        abandoned.set()
        pool.shutdown(wait=False, cancel_futures=True)
        await _drop((own, *aside, *waiting))
        raise
    pool.shutdown()
    return [done[number] for number in range(len(team.items))], rest


async def _drop(futures: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel futures, and see to it that none of them looks at a pipe any more, which may be closed from now on."""
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)


async def wait_for(fork: Fork[T]) -> T | None:
    """Return what a forked process computed; None where it did not get to its end."""
    loop, data, is_readable = asyncio.get_running_loop(), bytearray(), asyncio.Event()
    loop.add_reader(fork.pipe, is_readable.set)
    try:
        while True:
            await is_readable.wait()
            is_readable.clear()
            with suppress(BlockingIOError):
                while piece := os.read(fork.pipe, _PIECE):
                    data.extend(piece)
                break
    finally:
        loop.remove_reader(fork.pipe)
    return fork.conclude(data)
