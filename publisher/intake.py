"""What there is to publish: found, read, and judged file by file."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from publisher.cancellation import unless_stopped
from publisher.distributions.candidates import find_distributions
from publisher.distributions.reading import Reading, count_processors
from publisher.errors import NothingToPublish
from publisher.preflight import Judged, judge
from publisher.report.lines import render_digests, render_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publisher.distributions.model import Distribution, Found, Unreadable
    from publisher.report.runner import Runner
    from publisher.settings.model import Settings
    from publisher.world import World


def look_for_files(settings: Settings, world: World) -> Found:
    """Look where `packages-dir` says; raise `NothingToPublish` where a line of it matches nothing."""
    ahead = world.ahead
    if ahead is not None and (ahead.workspace, ahead.packages_dir) == (world.workspace, settings.packages_dir):
        found = ahead.found
    else:
        found = find_distributions(world.workspace, settings.packages_dir)
    ignored = tuple(path.name for path in found.ignored)
    if found.missing or not found.candidates:
        raise NothingToPublish(settings.packages_dir, found.missing, ignored)
    if ignored:
        world.log.info("Ignored because they are not distributions", files=render_names(ignored))
    return found


async def read_all(found: Found, settings: Settings, world: World) -> Sequence[Judged | Unreadable]:
    """Read each of the distributions once, and apply the rules for each, on all processors."""
    ahead = world.ahead
    reading = ahead.reading if ahead is not None and ahead.found is found else None
    if reading is None:
        if ahead is not None:
            ahead.close()  # what is read there, nobody wants
        reading = Reading(
            found.candidates, world.workspace, partial(judge, profile=settings.profile), count_processors()
        )
    with closing(reading):
        finishing = reading.finish(world.stop.is_set)
        return await unless_stopped(world.stop, "reading and checking the distributions", finishing)


def print_digests(distributions: Sequence[Distribution], settings: Settings, runner: Runner) -> None:
    """Print the digests of all, if that is wanted."""
    if distributions and (settings.print_hash or settings.verbose):
        with runner.group("Digests of the distributions"):
            for each in distributions:
                for line in render_digests(each):
                    runner.write_line(line)
