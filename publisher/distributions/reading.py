"""Read all candidates, on all processors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from publisher.distributions.forks import Team, can_fork, count_helpers
from publisher.distributions.reader import SMALL, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from publisher.distributions.model import Distribution, Unreadable

T = TypeVar("T")


class Reading(Generic[T]):
    """The reading of `candidates`, each with a `Reader`; where there are many, forks begin when this is made.

    `close` has to be called in the end; whoever calls it again does no harm.
    """

    def __init__(
        self,
        candidates: Sequence[Path],
        workspace: Path,
        judge: Callable[[Distribution, Callable[[], None]], T],
        processors: int,
    ) -> None:
        self.candidates = candidates
        self._processors = processors
        self._reader = Reader(workspace, judge)
        small, self._large = _sort_by_size(candidates)
        # Before there are threads: a process is forked while it has only one.
        helpers = count_helpers(len(small), processors) if can_fork() else 0
        self._team = Team(small, self._reader.read, helpers)

    async def finish(self, stopped: Callable[[], bool]) -> tuple[T | Unreadable, ...]:
        """Do what is left to do; what is returned is in the order of `candidates`.

        `stopped` is asked from threads every few milliseconds; once it says yes, `Cancelled` is raised.
        """
        from publisher.distributions.finishing import finish  # noqa: PLC0415 -- no fork has to wait for asyncio

        small, large = await finish(self._team, self._large, self._reader.read, stopped, self._processors)
        files = dict(zip((*self._team.items, *self._large), (*small, *large), strict=True))
        return tuple(files[path] for path in self.candidates)

    def close(self) -> None:
        """End what is still going on."""
        self._team.close()


def count_processors(granted: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Count the processors that this process may use; `granted` tells how much of their time its container is given."""
    processors = len(os.sched_getaffinity(0))
    try:
        quota, period = map(int, granted.read_text("ascii").split())
    except (OSError, ValueError):  # it is given all of it, or by means that cannot be seen from within
        return processors
    return max(1, min(processors, round(quota / period)))


def _sort_by_size(candidates: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Part the small files from the large ones, each of which is worth a thread.

    Threads hash side by side, but everything else they do in turns, and taking turns over many small files costs more
    time than their hashing.
    """
    small: list[Path] = []
    large: list[Path] = []
    for path in candidates:
        try:
            size = path.stat().st_size
        except OSError:
            size = 0
        (small if size < SMALL else large).append(path)
    return small, large
