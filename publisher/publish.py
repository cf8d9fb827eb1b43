"""The story of a run, in the order in which it happens."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.attestations.decide import Attest
from publisher.cancellation import unless_stopped
from publisher.destination import Destination, find_destinations
from publisher.distributions.model import Unreadable
from publisher.errors import NotListed
from publisher.index.classifiers import read_classifiers
from publisher.index.endpoints import KnownIndex
from publisher.index.outcome import PUBLISHED, NotTried, Skipped, WouldUpload
from publisher.index.session import Manner, Session, read_listings, settle_by_listing
from publisher.index.simple_api import Listing, Unknown
from publisher.index.waiting import Waiting
from publisher.intake import look_for_files, print_digests, read_all
from publisher.preflight import Judged, check, check_published
from publisher.preflight.plan import Plan
from publisher.proof import Proof, find_trust_config, gather_proof, judge_found
from publisher.report.lines import (
    render_dry_run,
    render_intent,
    render_outcome,
    render_rehearsal,
    render_size,
)
from publisher.report.model import Report, Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from publisher.attestations.existing import Existing
    from publisher.distributions.model import Distribution, Found
    from publisher.index.outcome import Outcome
    from publisher.index.session import Listings, Upload
    from publisher.preflight.finding import Finding
    from publisher.settings.model import Settings
    from publisher.world import World

NOT_BEGUN = NotTried("the run ended before it was this file's turn")
NOT_ALLOWED = NotTried("the errors that were found would end the run before anything is uploaded")


class Run:
    """One run of the action. `report` always holds what is known so far, also when `tell` raises."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._settings = settings
        self._world = world
        self.report = Report(index=settings.index, dry_run=settings.dry_run, rules_url=world.variables.rules_url)

    async def tell(self) -> None:
        """Publish, or find out what would be published; raise `PublisherError` where the run cannot go on."""
        real, rehearsal = find_destinations(self._settings, self._world)
        trust_config = find_trust_config(self._settings, self._world.workspace)
        found = look_for_files(self._settings, self._world)
        judged = await self._read(found)
        existing = judge_found(self._settings, found, self._world.workspace, self.report.distributions)
        if self._settings.dry_run:
            self._world.log.info(render_dry_run(len(found.candidates), self._settings.index))
        await self._check(judged, existing)
        if self._is_over() and not self._settings.dry_run:
            return
        listings = {real: await self._compare(real)}
        if self._settings.dry_run or self._is_over():
            return
        if rehearsal:
            listings[rehearsal] = await self._list(rehearsal)
        proof = await self._prove(listings, existing, trust_config)
        if rehearsal:
            await self._rehearse(rehearsal, listings[rehearsal], proof)
            if self._is_over():
                return
        self.report = await self._publish(self.report, real, listings[real], proof)
        await self._wait(real)

    def _is_over(self) -> bool:
        return self.report.has_errors

    async def _read(self, found: Found) -> Sequence[Judged]:
        """Read each of the distributions once, and apply the rules for each."""
        files = await read_all(found, self._settings, self._world)
        judged = [file for file in files if isinstance(file, Judged)]
        self.report = replace(
            self.report,
            rows=tuple(Row(each.distribution, NOT_BEGUN) for each in judged),
            unreadable=tuple(file for file in files if isinstance(file, Unreadable)),
            ignored=tuple(path.name for path in found.ignored),
        )
        print_digests(self.report.distributions, self._settings, self._world.runner)
        return judged

    async def _check(self, judged: Sequence[Judged], existing: Existing) -> None:
        """Apply the other rules; ask the index for nothing but classifiers that this build does not know."""
        plan = self._plan()
        findings = check(plan, judged)
        if self._settings.index.known is KnownIndex.PYPI:
            settling = self._settle_classifiers(plan, findings)
            findings = await unless_stopped(self._world.stop, "looking up classifiers", settling)
        self.report = replace(self.report, findings=(*findings, *existing.findings))

    def _plan(self) -> Plan:
        settings = self._settings
        return Plan(
            self.report.distributions,
            self.report.unreadable,
            settings.profile,
            settings.verify_metadata,
            settings.expected_version,
            settings.expected_projects,
            self._world.workspace,
            tagged_version=self._world.variables.tagged_version,
        )

    async def _settle_classifiers(self, plan: Plan, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        from publisher.preflight.rules.classifiers import settle_classifiers, unknown_classifiers  # noqa: PLC0415

        url = self._settings.index.classifiers_url
        if url is None or not unknown_classifiers(plan):
            return findings
        current = await read_classifiers(url, self._world.client, self._world.retrying)
        return findings if current is None else settle_classifiers(plan, findings, current)

    async def _list(self, destination: Destination) -> Listings:
        """Ask an index what it has."""
        index = destination.index
        reading = read_listings(destination.lister, self.report.distributions)
        listings = await unless_stopped(self._world.stop, f"comparing with {index.name}", reading)
        for project, listing in listings.items():
            if isinstance(listing, Unknown) and destination.lister is not None:
                unknown = f"What {index.name} has of {project} is not known: {listing.reason}"
                self._world.log.warning(unknown)
                self.report = replace(self.report, notices=(*self.report.notices, f"{unknown}."))
        return listings

    async def _compare(self, destination: Destination) -> Listings:
        """Find out what the index has, and settle what needs no upload or can have none."""
        listings = await self._list(destination)
        known = {project: listing.files for project, listing in listings.items() if isinstance(listing, Listing)}
        findings = check_published(replace(self._plan(), published=known))
        settled = settle_by_listing(self.report.distributions, listings, skip_existing=destination.skip_existing)
        outcomes = dict.fromkeys((each.filename for each in self.report.distributions), NOT_BEGUN) | settled
        self.report = replace(self.report.with_outcomes(outcomes), findings=(*self.report.findings, *findings))
        if self._settings.dry_run:
            rest = NOT_ALLOWED if self._is_over() else WouldUpload()
            outcomes = dict.fromkeys(outcomes, rest) | settled
            self.report = self.report.with_outcomes(outcomes)
        for row in self.report.rows:
            if not isinstance(row.outcome, NotTried):  # the report tells of these, all together
                self._world.log.info(render_outcome(row.distribution, row.outcome))
        return listings

    async def _prove(
        self, listings: Mapping[Destination, Listings], existing: Existing, trust_config: str | None
    ) -> Proof:
        """Attest what will be uploaded, before any upload token exists."""
        pending = {
            destination: self._pending(known, skip_existing=destination.skip_existing)
            for destination, known in listings.items()
        }
        proving = gather_proof(self._settings, self._world, pending, existing, trust_config)
        return await unless_stopped(self._world.stop, "signing", proving)

    def _pending(self, listings: Listings, *, skip_existing: bool) -> list[Distribution]:
        settled = settle_by_listing(self.report.distributions, listings, skip_existing=skip_existing)
        return [each for each in self.report.distributions if each.filename not in settled]

    async def _rehearse(self, destination: Destination, listings: Listings, proof: Proof) -> None:
        """Publish everything to the test index; what it has with other content counts, with a warning."""
        log = self._world.log
        log.info(render_rehearsal(destination.index, self._settings.index))
        rows = tuple(Row(each, NOT_BEGUN) for each in self.report.distributions)
        draft = Report(index=destination.index, rows=rows, is_rehearsal=True)
        report = await self._publish(draft, destination, listings, proof)
        for row in report.rows:
            if isinstance(row.outcome, Skipped):
                log.warning(f"{row.distribution.filename} was not rehearsed: {row.outcome.reason}")
        self.report = replace(self.report, rehearsal=report, cancelled=report.cancelled)

    async def _publish(self, report: Report, destination: Destination, listings: Listings, proof: Proof) -> Report:
        """Publish what the index does not have; return the report with every outcome."""
        world, settings = self._world, self._settings
        pending = self._pending(listings, skip_existing=destination.skip_existing)
        if isinstance(destination.attesting, Attest) and len(pending) < len(report.rows):
            world.log.info(
                f"What {destination.index.name} has already gains no attestation: it takes them with the upload"
            )
        access = destination.access
        if access is None or not pending:
            outcomes = settle_by_listing(report.distributions, listings, skip_existing=destination.skip_existing)
            return report.with_outcomes(outcomes)
        intent = render_intent(len(pending), destination.index, access.method, proof.describe(destination))
        world.log.info(intent)
        fields = proof.fields_for(destination)
        session = Session(
            destination.index,
            access.credentials,
            destination.lister,
            world.client,
            world.retrying,
            Manner(settings.timeout, settings.max_parallel, destination.skip_existing),
            world.stop,
            self._tell_of,
        )
        outcomes = await session.publish(report.distributions, listings, self.report.doubtful, fields)
        return replace(
            report.with_outcomes(outcomes, attested=fields.keys()),
            cancelled=world.stop.is_set() and not all(isinstance(outcome, PUBLISHED) for outcome in outcomes.values()),
            notices=(*report.notices, f"{proof.describe(destination).capitalize()}."),
        )

    def _tell_of(self, upload: Upload) -> Upload:
        log, clock = self._world.log, asyncio.get_running_loop().time

        async def told(distribution: Distribution) -> Outcome:
            log.info(f"Uploading {distribution.filename}", size=render_size(distribution.size))
            began = clock()
            outcome = await upload(distribution)
            if isinstance(outcome, NotTried):
                return outcome  # the report tells of these, all together
            say = log.info if isinstance(outcome, PUBLISHED) else log.error
            say(render_outcome(distribution, outcome, clock() - began))
            return outcome

        return told

    async def _wait(self, destination: Destination) -> None:
        """Wait until everything is listed, if that was asked for."""
        lister, seconds = destination.lister, self._settings.wait_for_index
        if lister is None or not seconds or not self.report.is_success:
            return
        awaited = [row.distribution for row in self.report.rows if not isinstance(row.outcome, Skipped)]
        patience = Waiting(lister, self._world.log, pace=self._world.retrying.policy.base)
        waiting = patience.wait_until_listed(awaited, seconds)
        missing = await unless_stopped(self._world.stop, "waiting for the index", waiting)
        if missing:
            raise NotListed(lister.simple_url, seconds, missing)
