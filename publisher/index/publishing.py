"""Run the waves: bounded parallelism, nothing new after bad news, and an orderly end when the run is cancelled."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from publisher.index.outcome import CANCELLED, PUBLISHED, NotTried, Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from publisher.distributions.model import Distribution
    from publisher.index.waves import Wave

    Upload = Callable[[Distribution], Awaitable[Outcome]]

GRACE = 3.0
"""Seconds that an upload which is under way gets when the run is cancelled."""


class Uploading(Protocol):
    """Whatever sends a distribution."""

    async def upload(self, distribution: Distribution) -> Outcome:
        """Return what became of it."""

    def give_up(self, distribution: Distribution) -> Outcome:
        """Return what is known of an upload that was cut off."""


@dataclass(frozen=True, slots=True)
class Publishing:
    """Send waves of distributions, at most `parallel` at once; `stop` is set when the run is cancelled.

    `watch` wraps every upload, so that somebody can tell of it.
    """

    uploader: Uploading
    watch: Callable[[Upload], Upload]
    parallel: int
    stop: asyncio.Event
    grace: float = GRACE

    async def run_waves(self, waves: Iterable[Wave]) -> dict[str, Outcome]:
        """Return the outcome of every distribution by file name.

        A file that is refused or fails does not stop the others of its wave; the waves after it are not started.
        """
        outcomes: dict[str, Outcome] = {}
        obstacle: str | None = None
        for wave in waves:
            if obstacle is None:
                outcomes |= await self._run_wave(wave)
                obstacle = self._find_obstacle(wave, outcomes)
            else:
                outcomes |= {each.filename: NotTried(obstacle) for each in wave.distributions}
        return outcomes

    def _find_obstacle(self, wave: Wave, outcomes: dict[str, Outcome]) -> str | None:
        if self.stop.is_set():
            return CANCELLED
        bad = [each.filename for each in wave.distributions if not isinstance(outcomes[each.filename], PUBLISHED)]
        return f"`{bad[0]}` was not published" if bad else None

    async def _run_wave(self, wave: Wave) -> dict[str, Outcome]:
        room = asyncio.Semaphore(self.parallel)
        deadlines: set[asyncio.Timeout] = set()

        async def upload_within(distribution: Distribution) -> Outcome:
            deadline = asyncio.timeout(None)
            deadlines.add(deadline)
            try:
                async with deadline:
                    return await self.uploader.upload(distribution)
            except TimeoutError:
                return self.uploader.give_up(distribution)
            finally:
                deadlines.discard(deadline)

        watched = self.watch(upload_within)

        async def take_turn(distribution: Distribution) -> Outcome:
            async with room:
                return NotTried(CANCELLED) if self.stop.is_set() else await watched(distribution)

        async def hurry() -> None:
            await self.stop.wait()
            end = asyncio.get_running_loop().time() + self.grace
            for deadline in deadlines:
                deadline.reschedule(end)

        hurrying = asyncio.create_task(hurry())
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {each.filename: group.create_task(take_turn(each)) for each in wave.distributions}
        finally:
            hurrying.cancel()
        return {filename: task.result() for filename, task in tasks.items()}
