"""In which order distributions go up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import parse_sdist_filename, parse_wheel_filename

from publisher.distributions.model import Distribution, Kind
from publisher.index.simple_api import Listing, Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from packaging.utils import NormalizedName
    from packaging.version import Version


@dataclass(frozen=True, slots=True)
class Wave:
    """Distributions that may go up at the same time; the next wave starts only after all of these are published."""

    distributions: tuple[Distribution, ...]


def plan_waves(
    distributions: Iterable[Distribution],
    doubtful: Collection[str],
    listings: Mapping[NormalizedName, Listing | Unknown],
) -> tuple[Wave, ...]:
    """Order uploads so that a refusal leaves as little as possible half published.

    First the files in `doubtful` (names with a warning), one at a time. Then one file of every release of which the
    index has none: two at once would race for the creation of the release, and PyPI answers the loser with a 500. Then
    wheels, then sdists: an installer that looks in between finds no sdist to build from while wheels are missing.
    Within a wave the largest go first, which ends it soonest.
    """
    pending = sorted(distributions, key=_wheels_first)
    waves = [Wave((each,)) for each in pending if each.filename in doubtful]
    pending = [each for each in pending if each.filename not in doubtful]
    begun = {each.release for wave in waves for each in wave.distributions}
    begun |= {release for project, listing in listings.items() for release in _listed_releases(project, listing)}
    firsts: list[Distribution] = []
    rest: list[Distribution] = []
    for each in pending:
        (rest if each.release in begun else firsts).append(each)
        begun.add(each.release)
    wheels = [each for each in rest if each.kind is Kind.WHEEL]
    sdists = [each for each in rest if each.kind is Kind.SDIST]
    waves += [Wave(tuple(sorted(group, key=_largest_first))) for group in (firsts, wheels, sdists) if group]
    return tuple(waves)


def _wheels_first(distribution: Distribution) -> tuple[bool, int, str]:
    """Order wheels before sdists, and small before large: the one that goes alone should not take long."""
    return (distribution.kind is Kind.SDIST, distribution.size, distribution.filename)


def _largest_first(distribution: Distribution) -> tuple[bool, int, str]:
    return (distribution.kind is Kind.SDIST, -distribution.size, distribution.filename)


def _listed_releases(project: NormalizedName, listing: Listing | Unknown) -> set[tuple[NormalizedName, Version]]:
    if isinstance(listing, Unknown):
        return set()
    return {(project, version) for filename in listing.files if (version := _version_in(filename)) is not None}


def _version_in(filename: str) -> Version | None:
    """Return the version in a listed file name, None for one that names none in today's spelling."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[1]
        return parse_sdist_filename(filename)[1]
    except ValueError:
        return None
