"""Run blocking calls with a deadline, in threads that nobody has to wait for.

sigstore asks its services without any timeout, name services may be silent for half a minute, and a thread that hangs
in a call cannot be ended. asyncio's own threads are waited for when the program ends, which a cancelled run has no time
for; these are not.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

T = TypeVar("T")


class Threads:
    """As many threads as there are calls under way. One is used again, so that connections it keeps are too."""

    def __init__(self) -> None:
        self._idle: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._idle:
            worker.dismiss()
        self._idle.clear()

    async def run(self, call: Callable[[], T], seconds: float) -> T:
        """Return or raise what the call does; raise `TimeoutError` after so many seconds and leave its thread alone."""
        worker = self._idle.pop() if self._idle else _Worker()
        work = _Work(call)
        worker.take(work)
        try:
            async with asyncio.timeout(seconds):
                return await work.future
        finally:
            if work.is_over:
                self._idle.append(worker)
            else:
                worker.dismiss()


class _Work(Generic[T]):
    """A call on its way into a thread, and its result on the way back."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[T] = self._loop.create_future()

    @property
    def is_over(self) -> bool:
        return self.future.done() and not self.future.cancelled()

    def perform(self) -> None:
        settle: Callable[[], None]
        try:
            settle = partial(self.future.set_result, self._call())
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is for the one who waits
            settle = partial(self.future.set_exception, error)
        # The loop is closed where the run ended meanwhile: nobody waits then.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._give, settle)

    def _give(self, settle: Callable[[], None]) -> None:
        if not self.future.done():
            settle()


class _Worker:
    """A thread that performs one piece of work after the other, until it is dismissed."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        threading.Thread(target=self._work, name="left-alone", daemon=True).start()

    def take(self, work: _Work[T]) -> None:
        self._queue.put(work.perform)

    def dismiss(self) -> None:
        self._queue.put(None)

    def _work(self) -> None:
        while perform := self._queue.get():
            perform()
