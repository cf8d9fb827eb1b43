"""Wait until the index lists what was uploaded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.index.simple_api import Comparison, Listing, Unknown, compare
from publisher.network.retry import growing_pauses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from structlog.typing import FilteringBoundLogger

    from publisher.distributions.model import Distribution
    from publisher.index.listing import Lister

LONGEST_PAUSE = 15.0
"""Seconds between two looks at most; PyPI's cache is purged within seconds, a private index may take minutes."""

NOT_LISTED = "not listed"
NO_ANSWER = "no answer came in time"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Look again and again with growing pauses: 1, 2, 4 seconds, times `pace`."""

    lister: Lister
    log: FilteringBoundLogger
    pace: float = 1.0

    async def wait_until_listed(self, distributions: Sequence[Distribution], seconds: float) -> dict[str, str]:
        """Return those that are not listed with our digest after `seconds`, by name, and why; empty: all are there."""
        missing = {each.filename: NO_ANSWER for each in distributions}
        pauses = growing_pauses(self.pace, LONGEST_PAUSE * self.pace)
        try:
            async with asyncio.timeout(seconds):
                while missing := await self._find_missing([each for each in distributions if each.filename in missing]):
                    pause = next(pauses)
                    self._tell(len(distributions), missing, pause)
                    await asyncio.sleep(pause)
        except TimeoutError:
            return missing
        self.log.info(f"The index lists all {len(distributions)} with the right digests")
        return {}

    async def _find_missing(self, distributions: Sequence[Distribution]) -> dict[str, str]:
        listings = await self.lister.read_listings({each.project for each in distributions})
        reasons = {each.filename: _explain(each, listings[each.project]) for each in distributions}
        return {filename: reason for filename, reason in reasons.items() if reason is not None}

    def _tell(self, total: int, missing: Mapping[str, str], pause: float) -> None:
        odd = sorted(set(missing.values()) - {NOT_LISTED})
        details = {"next_look": f"{pause:g} s"} | ({"because": "; ".join(odd)} if odd else {})
        self.log.info(f"Waiting for the index: {total - len(missing)} of {total} listed", **details)


def _explain(distribution: Distribution, listing: Listing | Unknown) -> str | None:
    """Say why a distribution does not count as listed; None where it does."""
    match compare(distribution, listing):
        case Comparison.IDENTICAL:
            return None
        case Comparison.ABSENT:
            return NOT_LISTED
        case Comparison.DIFFERENT:
            return "listed with another digest"
        case _:
            return listing.reason if isinstance(listing, Unknown) else "listed without a digest that could be compared"
