"""Wait until the index lists what was uploaded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.index.simple_api import Comparison, Unknown, compare
from publisher.network.retry import growing_pauses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structlog.typing import FilteringBoundLogger

    from publisher.distributions.model import Distribution
    from publisher.index.listing import Lister

LONGEST_PAUSE = 15.0
"""Seconds between two looks at most; PyPI's cache is purged within seconds, a private index may take minutes."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Look again and again with growing pauses: 1, 2, 4 seconds, times `pace`."""

    lister: Lister
    log: FilteringBoundLogger
    pace: float = 1.0

    async def wait_until_listed(self, distributions: Sequence[Distribution], seconds: float) -> tuple[str, ...]:
        """Return the names of those that are not listed with our digest after `seconds`; empty: all are there."""
        missing = list(distributions)
        pauses = growing_pauses(self.pace, LONGEST_PAUSE * self.pace)
        try:
            async with asyncio.timeout(seconds):
                while missing := await self._not_listed(missing):
                    pause = next(pauses)
                    self.log.info(
                        f"Waiting for the index: {len(distributions) - len(missing)} of {len(distributions)} listed",
                        next_look=f"{pause:g} s",
                    )
                    await asyncio.sleep(pause)
        except TimeoutError:
            return tuple(each.filename for each in missing)
        self.log.info(f"The index lists all {len(distributions)} with the right digests")
        return ()

    async def _not_listed(self, distributions: Sequence[Distribution]) -> list[Distribution]:
        listings = await self.lister.read_listings({each.project for each in distributions})
        for project, listing in listings.items():
            if isinstance(listing, Unknown):
                self.log.warning(f"What is listed of {project} is not known: {listing.reason}")
        return [each for each in distributions if compare(each, listings[each.project]) is not Comparison.IDENTICAL]
