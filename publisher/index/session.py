"""One index during one run: what it has, and everything that is published to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.cancellation import unless_stopped
from publisher.index.outcome import Existing, Outcome, Refused, Skipped
from publisher.index.publishing import Publishing
from publisher.index.simple_api import Comparison, Listing, Unknown, compare
from publisher.index.upload import OTHER_CONTENT, Uploader
from publisher.index.waves import plan_waves

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from packaging.utils import NormalizedName

    from publisher.distributions.model import Distribution
    from publisher.identity.credentials import Credentials
    from publisher.index.endpoints import Index
    from publisher.index.listing import Lister
    from publisher.network.client import Client
    from publisher.network.retry import Retrying

    Listings = Mapping[NormalizedName, Listing | Unknown]
    Upload = Callable[[Distribution], Awaitable[Outcome]]

NO_CHECK_URL = "its Simple API is not known (input `check-url`)"


@dataclass(frozen=True, slots=True)
class Manner:
    """How to publish: `timeout` in seconds without progress, so many uploads at once, what to do with other content."""

    timeout: float
    parallel: int
    skip_existing: bool


@dataclass(frozen=True, slots=True)
class Session:
    """Compare with an index and publish to it.

    `lister` is None where the Simple API is unknown. `watch` wraps every upload, so that somebody can tell of it.
    """

    index: Index
    credentials: Credentials
    lister: Lister | None
    client: Client
    retrying: Retrying
    manner: Manner
    stop: asyncio.Event
    watch: Callable[[Upload], Upload]

    async def publish(
        self,
        distributions: Sequence[Distribution],
        listings: Listings,
        doubtful: Collection[str],
        attestations: Mapping[str, str],
    ) -> dict[str, Outcome]:
        """Return the outcome of every distribution by file name; `doubtful` names go first, one at a time.

        Raises `ExchangeError` where there is no upload token to begin with. What was minted is burned in any case.
        """
        outcomes = settle_by_listing(distributions, listings, skip_existing=self.manner.skip_existing)
        pending = [each for each in distributions if each.filename not in outcomes]
        if not pending:
            return outcomes
        uploader = Uploader(
            self.index.upload_url,
            self.client,
            self.retrying,
            self.credentials,
            self.lister,
            self.manner.timeout,
            self.manner.skip_existing,
            attestations,
        )
        publishing = Publishing(uploader, self.watch, self.manner.parallel, self.stop)
        try:
            await unless_stopped(self.stop, "getting an upload token", self.credentials.fresh())
            return outcomes | await publishing.run_waves(plan_waves(pending, doubtful, listings))
        finally:
            await self.credentials.burn()


async def read_listings(lister: Lister | None, distributions: Sequence[Distribution]) -> Listings:
    """Return what is known of each project that has a distribution here."""
    projects = {each.project for each in distributions}
    if lister is None:
        return dict.fromkeys(projects, Unknown(NO_CHECK_URL))
    return await lister.read_listings(projects)


def settle_by_listing(
    distributions: Sequence[Distribution], listings: Listings, *, skip_existing: bool
) -> dict[str, Outcome]:
    """Return the outcome of those distributions for which the listing leaves nothing to do."""
    outcomes: dict[str, Outcome] = {}
    for each in distributions:
        comparison = compare(each, listings[each.project])
        if comparison is Comparison.IDENTICAL:
            outcomes[each.filename] = Existing()
        elif comparison is Comparison.DIFFERENT:
            outcomes[each.filename] = Skipped(OTHER_CONTENT) if skip_existing else Refused(None, OTHER_CONTENT)
    return outcomes
