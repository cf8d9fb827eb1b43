"""Do a share of pure computing in a forked process: what threads of Python only do in turns.

A fork has everything that was imported and costs a few milliseconds; its result comes back through a pipe. It opens no
connection, prints nothing and never returns to its caller's code.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

WORTH_A_FORK = 50
"""Items for which a process of their own pays: half a millisecond each at least, against some 10 ms for the process."""

_PIECE = 1 << 16


def can_fork() -> bool:
    """Tell whether this process has one thread only: a lock that another one held would never be freed in a fork."""
    return threading.active_count() == 1


def share_out(items: Sequence[T], processors: int) -> list[Sequence[T]]:
    """Part items into shares for so many processors; one share where there is too little to do for two."""
    count = max(1, min(processors, len(items) // WORTH_A_FORK))
    return [items[number::count] for number in range(count)]


class Fork(Generic[T]):
    """A forked process that computes `work`, begun when this object is made; `stop` has to be called in the end."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._pipe, write_end = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:  # pragma: no cover -- measuring begins anew in the function, which the tests do see
            _compute_and_leave(work, write_end)
        os.close(write_end)
        os.set_blocking(self._pipe, False)
        self._has_ended = False

    async def result(self) -> T:
        """Return what the process computed; where it did not get to its end, do the work here after all."""
        data = await self._read()
        _, status = os.waitpid(self._pid, 0)  # noqa: ASYNC222 -- its end of the pipe is closed: it is as good as gone
        self._has_ended = True
        if status:
            return await asyncio.to_thread(self._work)
        result: T = pickle.loads(data)  # noqa: S301 -- from a process that is this very program
        return result

    async def _read(self) -> bytes:
        """Return what comes through the pipe until its other end is closed."""
        loop = asyncio.get_running_loop()
        data, ended = bytearray(), loop.create_future()

        def take() -> None:
            with suppress(BlockingIOError):
                while piece := os.read(self._pipe, _PIECE):
                    data.extend(piece)
                ended.set_result(None)
                loop.remove_reader(self._pipe)

        loop.add_reader(self._pipe, take)
        try:
            await ended
        finally:
            loop.remove_reader(self._pipe)
        return bytes(data)

    def stop(self) -> None:
        """End the process, should it still be there, and leave nothing of it."""
        os.close(self._pipe)
        if not self._has_ended:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


def _compute_and_leave(work: Callable[[], object], write_end: int) -> NoReturn:
    """Be the forked process."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Whoever ends the program ends this process too, by `stop`.
        signal.signal(number, signal.SIG_IGN)
    status = 1
    try:
        with os.fdopen(write_end, "wb") as pipe:
            pickle.dump(work(), pipe, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        # Nothing of the program around comes to its end here: no output is flushed twice, no handler runs.
        os._exit(status)
