"""Work off many items in forked processes: pure computing, which threads of Python only do in turns.

A fork has everything that was imported and costs a few milliseconds; its result comes back through a pipe. It opens no
connection, prints nothing and never returns to its caller's code. Where none can be made, there is none.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)

WORTH_A_FORK = 10
"""Items for which a process of their own pays: half a millisecond each at least, against a few for the process."""

_MOST = 8
"""Processes at most: each takes some 20 MB, and by then what cannot be shared out takes longer than what can."""

_PLACES = 1000
"""Numbers that a queue holds: they fit into the smallest pipe that there is, of a page."""

_NUMBER = struct.Struct("<L")


def can_fork() -> bool:
    """Tell whether this process has one thread only: a lock that another one held would never be freed in a fork."""
    return threading.active_count() == 1


def count_helpers(items: int, processors: int) -> int:
    """Say how many forks are worth it beside this process: none where there is too little to do for two."""
    return max(1, min(processors, _MOST, items // WORTH_A_FORK)) - 1


class Team(Generic[Item, Result]):
    """Forked processes that work off `items`, together with whoever calls `work_off`; they begin when this is made.

    `close` has to be called in the end; whoever calls it again does no harm.
    """

    def __init__(self, items: Sequence[Item], work: Callable[[Item], Result], helpers: int) -> None:
        self.items = items
        self.forks: list[Fork[dict[int, Result]]] = []
        self._is_closed = False
        self._queue: _Queue | None = None
        # Where no more files or processes are to be had, whoever calls `work_off` does more, or all of it.
        with suppress(OSError):
            if helpers:
                self._queue = _Queue(len(items))
            while len(self.forks) < helpers:
                self.forks.append(Fork(lambda: self.work_off(work)))

    def work_off(self, work: Callable[[Item], Result]) -> dict[int, Result]:
        """Take items that nobody else has taken, until there are none; return the results by place."""
        numbers = self._queue.take() if self._queue else range(len(self.items))
        return {number: work(self.items[number]) for number in numbers}

    def close(self) -> None:
        """End what is still going on."""
        if not self._is_closed:
            self._is_closed = True
            for fork in self.forks:
                fork.stop()
            if self._queue:
                self._queue.close()


class Fork(Generic[Result_co]):
    """A forked process that computes `work`, begun when this object is made; `stop` has to be called in the end.

    What comes through `pipe`, to its end, is for `conclude`.
    """

    def __init__(self, work: Callable[[], Result_co]) -> None:
        self.pipe, write_end = os.pipe()
        try:
            self._pid = os.fork()
        except OSError:
            os.close(self.pipe)
            os.close(write_end)
            raise
        if self._pid == 0:  # pragma: no cover -- measuring begins anew in the function, which the tests do see
            # Without it the process sees, and ends, when there is nobody any more who would read.
            os.close(self.pipe)
            _compute_and_leave(work, write_end)
        os.close(write_end)
        os.set_blocking(self.pipe, False)
        self._has_ended = False

    def conclude(self, data: bytes | bytearray) -> Result_co | None:
        """Give the result that came through the pipe; None where the process did not get so far."""
        # Its end of the pipe is closed: it is as good as gone.
        _, status = os.waitpid(self._pid, 0)
        self._has_ended = True
        if status:
            return None
        result: Result_co = pickle.loads(data)  # noqa: S301 -- from a process that is this very program
        return result

    def stop(self) -> None:
        """End the process, should it still be there, and leave nothing of it."""
        os.close(self.pipe)
        if not self._has_ended:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


class _Queue:
    """The numbers below `count`, each for one of the processes that ask: a pipe that was filled beforehand."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._step = -(-count // _PLACES)
        read_end, write_end = os.pipe()
        # Unlike its number, a file that was closed is never mistaken for another one, whoever still asks.
        self._source = os.fdopen(read_end, "rb", buffering=0)
        os.write(write_end, b"".join(_NUMBER.pack(number) for number in range(0, count, self._step or 1)))
        os.close(write_end)

    def take(self) -> Iterator[int]:
        """Take numbers until there are none left."""
        while taken := self._source.read(_NUMBER.size):
            (first,) = _NUMBER.unpack(taken)
            yield from range(first, min(first + self._step, self._count))

    def close(self) -> None:
        self._source.close()


def _compute_and_leave(work: Callable[[], object], write_end: int) -> NoReturn:
    """Be the forked process."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM):
            # Whoever ends the program ends this process too, by `stop`.
            signal.signal(number, signal.SIG_IGN)
        # It is off while the program starts; what there is stays, and is shared as long as nobody writes to it.
        gc.freeze()
        gc.enable()
        with os.fdopen(write_end, "wb") as pipe:
            pickle.dump(work(), pipe, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        # Nothing of the program around comes to its end here: no output is flushed twice, no handler runs.
        os._exit(status)
