"""The order of uploads, and which of them run at the same time."""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest

from packaging.utils import NormalizedName
from packaging.version import Version

from publisher.cancellation import Stop
from publisher.distributions.filename import find_version
from publisher.distributions.model import Distribution, Kind
from publisher.index.outcome import CANCELLED, PUBLISHED, NotTried, Outcome
from publisher.index.simple_api import Listing, Unknown

Release = tuple[NormalizedName, Version]
Wave = Sequence[Distribution]
Upload = Callable[[Distribution], Outcome]
PER_RELEASE = 2  # uploads at once into one release; with three, PyPI's database deadlocks (docs/decisions/0006)


def plan_waves(
    distributions: Iterable[Distribution],
    suspects: Collection[str],
    listings: Mapping[NormalizedName, Listing | Unknown],
) -> tuple[Wave, ...]:
    """Order uploads so that a refusal leaves as little as possible half published.

    Each wave starts only after everything before it is published: the files in `suspects` (names with a warning) one at
    a time, the first file of each new project one at a time, the first file of each new release, wheels, sdists.
    """
    projects = {project for project, listing in listings.items() if isinstance(listing, Listing) and not listing.is_new}
    releases = list_releases(listings)
    alone: list[Wave] = []
    firsts: list[Distribution] = []
    rest: dict[Kind, list[Distribution]] = {Kind.WHEEL: [], Kind.SDIST: []}
    # Small before large: a file uploaded alone should not take long.
    pending = sorted(distributions, key=lambda each: (each.kind is Kind.SDIST, each.size, each.filename))
    for each in sorted(pending, key=lambda each: each.filename not in suspects):
        if each.filename in suspects or each.project not in projects:
            alone.append((each,))
        elif each.release not in releases:
            firsts.append(each)
        else:
            rest[each.kind].append(each)
        projects.add(each.project)
        releases.add(each.release)
    return (*alone, *(_interleave(group) for group in (firsts, *rest.values()) if group))


def run_waves(waves: Iterable[Wave], upload: Upload, abandon: Upload, parallel: int, stop: Stop) -> dict[str, Outcome]:
    """Return the outcome of every distribution by file name; no wave starts after one that is not published.

    Once the stop is requested, nothing new starts, and `abandon` is called for uploads that miss the grace period.
    """
    outcomes: dict[str, Outcome] = {}
    obstacle: str | None = None
    executor = ThreadPoolExecutor(parallel)
    for wave in waves:
        if obstacle is not None:
            outcomes |= {each.filename: NotTried(obstacle) for each in wave}
            continue
        futures = [executor.submit(upload, each) for each in wave]
        stop.wait(futures)
        for each, future in zip(wave, futures, strict=True):
            outcome = outcomes[each.filename] = future.result() if future.done() else abandon(each)
            if obstacle is None and not isinstance(outcome, PUBLISHED):
                obstacle = f"`{each.filename}` was not published"
        if stop.is_requested:
            obstacle = CANCELLED
    executor.shutdown(wait=False)
    return outcomes


@dataclass(slots=True)
class Slots:
    """Decide which attempts may run at the same time: at most `limit`, and two for one release."""

    limit: int
    _running: Counter[Release] = field(default_factory=Counter)
    _wanted_alone: int = 0
    _is_alone: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def hold(self, release: Release, *, alone: bool) -> Iterator[None]:
        """Wait for a slot and hold it; `alone` waits until nothing else runs and keeps it that way."""
        with self._changed:
            self._wanted_alone += alone
            self._changed.wait_for(lambda: self._has_room(release, alone=alone))
            self._wanted_alone -= alone
            self._is_alone = alone
            self._running[release] += 1
        try:
            yield
        finally:
            with self._changed:
                self._is_alone = False
                self._running[release] -= 1
                self._changed.notify_all()

    def halve(self) -> None:
        """Allow half as many from now on, but at least one."""
        with self._changed:
            self.limit = max(1, self.limit // 2)

    def _has_room(self, release: Release, *, alone: bool) -> bool:
        if alone:
            return not self._running.total()
        is_open = not self._is_alone and not self._wanted_alone
        return is_open and self._running.total() < self.limit and self._running[release] < PER_RELEASE


def _interleave(distributions: Iterable[Distribution]) -> Wave:
    """Alternate between releases, the largest files first, so that a wave takes the least time."""
    by_release: dict[Release, list[Distribution]] = {}
    for each in sorted(distributions, key=lambda each: (-each.size, each.filename)):
        by_release.setdefault(each.release, []).append(each)
    return [each for turn in zip_longest(*by_release.values()) for each in turn if each]


def list_releases(listings: Mapping[NormalizedName, Listing | Unknown]) -> set[Release]:
    """Return the releases of which the index has a file."""
    return {
        (project, version)
        for project, listing in listings.items()
        for filename in (listing.files if isinstance(listing, Listing) else ())
        if (version := find_version(filename))
    }
