"""The story of a run, in the order in which it happens."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.access import choose_access
from publisher.cancellation import unless_stopped
from publisher.distributions.model import Distribution, Unreadable
from publisher.distributions.reader import find_distributions, read_distributions
from publisher.errors import NothingToPublish, NotListed
from publisher.index.listing import Lister
from publisher.index.outcome import PUBLISHED, NotTried, Skipped, WouldUpload
from publisher.index.session import Manner, Session, read_listings, settle_by_listing
from publisher.index.simple_api import Unknown
from publisher.index.waiting import Waiting
from publisher.preflight import check
from publisher.preflight.plan import Plan
from publisher.report.lines import render_digests, render_intent, render_outcome, render_size
from publisher.report.model import Report, Row

if TYPE_CHECKING:
    from publisher.access import Access
    from publisher.index.endpoints import Index
    from publisher.index.outcome import Outcome
    from publisher.index.session import Listings, Upload
    from publisher.settings import Settings
    from publisher.world import World

NOT_BEGUN = NotTried("the run ended before it was this file's turn")


class Run:
    """One run of the action. `report` always holds what is known so far, also when `tell` raises."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._settings = settings
        self._world = world
        self.report = Report(index=settings.index, dry_run=settings.dry_run)

    async def tell(self) -> None:
        """Publish, or find out what would be published; raise `PublisherError` where the run cannot go on."""
        settings = self._settings
        index, test_index = settings.index, settings.test_index
        access = test_access = None
        if not settings.dry_run:
            access = choose_access(settings, self._world, index, settings.password)
            if test_index:
                test_access = choose_access(settings, self._world, test_index, settings.test_password)

        await self._read()
        self._check()
        if self._is_over():
            return
        listings = await self._compare(index)
        if access is None or self._is_over():
            return
        if test_index and test_access:
            self.report = replace(self.report, rehearsal=await self._rehearse(test_index, test_access))
            if self._is_over():
                return
        self.report = await self._publish(index, self.report, access, listings, skip_existing=settings.skip_existing)
        await self._wait(index)

    def _is_over(self) -> bool:
        return self.report.has_errors

    async def _read(self) -> None:
        """Find the distributions and read each of them once."""
        found = find_distributions(self._world.workspace, self._settings.packages_dir)
        ignored = tuple(path.name for path in found.ignored)
        if found.missing or not found.candidates:
            raise NothingToPublish(self._settings.packages_dir, found.missing, ignored)
        files = await unless_stopped(
            self._world.stop,
            "reading the distributions",
            read_distributions(
                found.candidates,
                workspace=self._world.workspace,
                threads=os.cpu_count() or 1,
                stopped=self._world.stop.is_set,
            ),
        )
        distributions = [file for file in files if isinstance(file, Distribution)]
        self.report = replace(
            self.report,
            rows=tuple(Row(each, NOT_BEGUN) for each in distributions),
            unreadable=tuple(file for file in files if isinstance(file, Unreadable)),
            ignored=ignored,
        )
        if ignored:
            self._world.log.info("Ignored because they are no distributions", files=", ".join(ignored))
        if self._settings.print_hash or self._settings.verbose:
            with self._world.runner.group("Digests of the distributions"):
                for each in distributions:
                    for line in render_digests(each):
                        self._world.runner.write_line(line)

    def _check(self) -> None:
        """Apply every rule to everything, without any request."""
        settings = self._settings
        plan = Plan(
            self.report.distributions,
            self.report.unreadable,
            settings.profile,
            settings.verify_metadata,
            settings.expected_version,
            settings.expected_projects,
        )
        self.report = replace(self.report, findings=check(plan))

    async def _compare(self, index: Index) -> Listings:
        """Find out what the index has, and settle what needs no upload or can have none."""
        listings = await unless_stopped(
            self._world.stop,
            "comparing with the index", read_listings(self._lister(index), self.report.distributions)
        )
        for project, listing in listings.items():
            if isinstance(listing, Unknown) and index.simple_url is not None:
                self._world.log.warning(f"What {index.name} has of {project} is not known: {listing.reason}")
        settled = settle_by_listing(
            self.report.distributions, listings, skip_existing=self._settings.skip_existing
        )
        rest = WouldUpload() if self._settings.dry_run else NOT_BEGUN
        self.report = self.report.with_outcomes({each.filename: rest for each in self.report.distributions} | settled)
        for row in self.report.rows:
            if row.outcome is not NOT_BEGUN:
                self._world.log.info(render_outcome(row.distribution, row.outcome))
        return listings

    async def _rehearse(self, index: Index, access: Access) -> Report:
        """Publish everything to the test index; what it has with other content cannot be replaced and counts."""
        world = self._world
        world.log.info(f"Rehearsing on {index.name}; {self._settings.index.name} is untouched until all is accepted")
        draft = Report(index=index, rows=tuple(Row(each, NOT_BEGUN) for each in self.report.distributions))
        listings = await unless_stopped(
            self._world.stop,
            "comparing with the test index", read_listings(self._lister(index), draft.distributions)
        )
        report = await self._publish(index, draft, access, listings, skip_existing=True)
        for row in report.rows:
            if isinstance(row.outcome, Skipped):
                world.log.warning(f"{row.distribution.filename} was not rehearsed: {row.outcome.reason}")
        return report

    async def _publish(
        self, index: Index, report: Report, access: Access, listings: Listings, *, skip_existing: bool
    ) -> Report:
        """Publish what the index does not have; return the report with every outcome."""
        world, settings = self._world, self._settings
        world.log.info(render_intent(len(report.rows), index, access.method, "not attested"))
        session = Session(
            index,
            access.credentials,
            self._lister(index),
            world.client,
            world.retrying,
            Manner(settings.timeout, settings.max_parallel, skip_existing),
            world.stop,
            self._tell_of,
        )
        outcomes = await session.publish(report.distributions, listings, self.report.doubtful, {})
        return replace(report.with_outcomes(outcomes), cancelled=world.stop.is_set())

    def _tell_of(self, upload: Upload) -> Upload:
        log, clock = self._world.log, asyncio.get_running_loop().time

        async def told(distribution: Distribution) -> Outcome:
            log.info(f"Uploading {distribution.filename}", size=render_size(distribution.size))
            began = clock()
            outcome = await upload(distribution)
            say = log.info if isinstance(outcome, PUBLISHED) else log.error
            say(render_outcome(distribution, outcome, clock() - began))
            return outcome

        return told

    async def _wait(self, index: Index) -> None:
        """Wait until everything is listed, if that was asked for."""
        lister, seconds = self._lister(index), self._settings.wait_for_index
        if lister is None or not seconds or not self.report.is_success:
            return
        awaited = [row.distribution for row in self.report.rows if not isinstance(row.outcome, Skipped)]
        waiting = Waiting(lister, self._world.log, self._world.retrying.policy.base)
        missing = await unless_stopped(
            self._world.stop,
            "waiting for the index", waiting.wait_until_listed(awaited, seconds)
        )
        if missing:
            raise NotListed(lister.simple_url, seconds, missing)

    def _lister(self, index: Index) -> Lister | None:
        world = self._world
        return Lister(index.simple_url, world.client, world.retrying, world.runner.mask) if index.simple_url else None
