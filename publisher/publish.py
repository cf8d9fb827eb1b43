"""The story of a run, in the order in which it happens."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from publisher.attestations.files import Attestations, collect_attestations, read_attestation_files
from publisher.attestations.sign import (
    AttestationMode,
    Attested,
    SigningOptions,
    attest,
    build_fields,
    describe_attesting,
)
from publisher.cancellation import Stop
from publisher.distributions.find import check_found, find_distributions
from publisher.distributions.model import Found
from publisher.distributions.read import read_distributions
from publisher.identity.authentication import Authentication, authenticate
from publisher.index.listing import NO_CHECK_URL, Listings, read_classifiers, settle_by_listing, wait_until_listed
from publisher.index.outcome import PUBLISHED, NotTried, Skipped, Uploaded, WouldUpload
from publisher.index.progress import Progress
from publisher.index.simple_api import Listing, Unknown
from publisher.index.upload import Uploader
from publisher.index.waves import Slots, list_releases, plan_waves, run_waves
from publisher.network.client import Connection
from publisher.preflight import check, check_published
from publisher.preflight.model import Finding, Plan
from publisher.preflight.rules.classifiers import settle_classifiers, unknown_classifiers
from publisher.report import headline, write_messages
from publisher.report.log import Console
from publisher.report.messages import explain_unsigned
from publisher.report.messages.message import join_names
from publisher.report.messages.transport import explain_listings
from publisher.report.model import Report, Row
from publisher.settings.destinations import Destination, plan_destinations, plan_signing
from publisher.settings.environment import Environment
from publisher.settings.inputs import Settings

NOT_ALLOWED = NotTried("the errors that were found stop the run before any upload")


@dataclass(frozen=True, slots=True)
class Services:
    """The outside world of a run, built in `main`."""

    connection: Connection
    log: FilteringBoundLogger
    console: Console
    stop: Stop
    workspace: Path


@dataclass(frozen=True, slots=True)
class Stage:
    """Publishing to one index: the rehearsal, or the release itself."""

    destination: Destination
    authentication: Authentication
    report: Report
    listings: Listings

    @property
    def projects(self) -> dict[str, bool]:
        """Return by name whether the index has a project already, as far as is known."""
        return {name: isinstance(each, Unknown) or not each.is_new for name, each in self.listings.items()}


def publish(settings: Settings, environment: Environment, services: Services, report: Report) -> None:
    """Publish, or find out what would be published. `report` holds what is known, also when this raises.

    Raises `PublisherError` if the run cannot go on.
    """
    stop, workspace = services.stop, services.workspace
    real, rehearsal = plan_destinations(settings, environment, services.connection)
    signing = plan_signing(settings, services.connection, workspace, (real, rehearsal))
    found = find_distributions(workspace, settings.packages_dir)
    check_found(found, workspace, settings.packages_dir)
    headline.log_intent(services.log, found, real, rehearsal)
    files = stop.run("reading the distributions", partial(read_distributions, found.candidates, workspace))
    report.add(files, found.ignored)
    if settings.print_hash or settings.verbose:
        headline.write_digests(report.distributions, services.console)
    plan = _build_plan(settings, environment, services, found, report)
    report.findings = stop.run("checking the distributions", partial(_check, plan, settings, services))
    write_messages(report, services.console)
    if report.has_errors and not settings.dry_run:
        return
    listings = _compare(real, services, report, will_wait=settings.wait_for_index > 0)
    published = {project: listing for project, listing in listings.items() if isinstance(listing, Listing)}
    plan = replace(plan, published=published, now=services.connection.retrying.now())
    report.findings = (*report.findings, *check_published(plan))
    write_messages(report, services.console)
    if settings.dry_run or report.has_errors:
        rest = NOT_ALLOWED if report.has_errors else WouldUpload()
        report.settle(dict.fromkeys((each.filename for each in report.pending), rest))
    for line in headline.render_settled(row for row in report.rows if not isinstance(row.outcome, NotTried)):
        services.log.info(line)
    if real.authentication is None or report.has_errors:
        return
    stages = [Stage(real, real.authentication, report, listings)]
    if rehearsal is not None and rehearsal.authentication is not None:
        draft = Report(index=rehearsal.index, rows=tuple(map(Row, report.distributions)), is_rehearsal=True)
        test_listings = _compare(rehearsal, services, draft)
        stages.insert(0, Stage(rehearsal, rehearsal.authentication, draft, test_listings))
    _rehearse_and_publish(stages, collect_attestations(plan.attestation_files), signing, settings, services)
    _wait_until_listed(real, settings, services, report)


def _rehearse_and_publish(
    stages: Sequence[Stage],
    existing: Attestations,
    signing: SigningOptions | None,
    settings: Settings,
    services: Services,
) -> None:
    """Authenticate, sign, then upload to one index after the other, until one does not accept everything.

    The real index is asked for a token first: a missing registration must not use up a version on the test index.
    Nothing is signed before both have answered: signatures stay in the public transparency log.
    """
    *_, real = stages
    in_use = [stage for stage in stages if stage.report.pending]
    try:
        authenticate([(stage.authentication, stage.projects) for stage in reversed(in_use)], services.stop)
        attested = services.stop.run("signing", partial(_sign, in_use, existing, signing))
        real.report.warnings = (*real.report.warnings, *explain_unsigned(attested))
        write_messages(real.report, services.console)
        for stage in stages:
            if stage is not real:
                real.report.rehearsal = stage.report
            if stage in in_use:
                _upload(stage, attested, settings, services, real.report.suspects)
                real.report.cancelled = stage.report.cancelled
            if real.report.has_errors:
                return
    finally:
        with ThreadPoolExecutor() as executor:
            for stage in in_use:
                executor.submit(stage.authentication.revoke)


def _upload(stage: Stage, attested: Attested, settings: Settings, services: Services, suspects: frozenset[str]) -> None:
    """Upload what the index does not have yet, and record every outcome."""
    destination, report, pending = stage.destination, stage.report, stage.report.pending
    fields = build_fields(destination.unattested, attested)
    attesting = describe_attesting(destination.unattested, attested, pending)
    waves = plan_waves(pending, suspects, stage.listings)
    order = headline.render_order(waves, suspects, list_releases(stage.listings), settings.max_parallel)
    services.log.info(headline.render_start(report, attesting, order))
    uploader = Uploader(
        upload_url=destination.index.upload_url,
        connection=services.connection,
        authentication=stage.authentication,
        lister=destination.lister,
        timeout=settings.timeout,
        slots=Slots(settings.max_parallel),
        stop=services.stop,
        on_start=partial(headline.log_start, services.log),
        on_end=partial(headline.log_end, services.log),
        skip_existing=destination.skip_existing,
        attestations=fields,
        progress=Progress({each.filename: each.size for each in pending}),
    )
    outcomes = run_waves(waves, uploader.upload, uploader.abandon, settings.max_parallel, services.stop)
    report.settle(outcomes, {name for name in fields if isinstance(outcomes.get(name), Uploaded)})
    report.unattested = destination.unattested or attested.unsigned
    is_complete = all(isinstance(outcome, PUBLISHED) for outcome in outcomes.values())
    report.cancelled = services.stop.is_requested and not is_complete


def _build_plan(settings: Settings, environment: Environment, services: Services, found: Found, report: Report) -> Plan:
    attestation_files = found.attestations if settings.attestations is not AttestationMode.FALSE else ()
    return Plan(
        distributions=report.distributions,
        unreadable=tuple(report.unreadable),
        profile=settings.profile,
        is_strict=settings.verify_metadata,
        expected_version=settings.expected_version,
        expected_projects=settings.expected_projects,
        workspace=services.workspace,
        tagged_version=environment.tagged_version,
        attestation_files=read_attestation_files(attestation_files, services.workspace, report.distributions),
    )


def _check(plan: Plan, settings: Settings, services: Services) -> tuple[Finding, ...]:
    """Apply the rules. PyPI's live list decides about classifiers that this build does not know."""
    findings = check(plan)
    url = settings.index.classifiers_url
    if url is None or not unknown_classifiers(findings):
        return findings
    current = read_classifiers(url, services.connection)
    return findings if current is None else settle_classifiers(findings, current, is_strict=plan.is_strict)


def _compare(destination: Destination, services: Services, report: Report, *, will_wait: bool = False) -> Listings:
    """Read what the index has, and settle what needs no upload or cannot have one."""
    projects = {each.project for each in report.distributions}
    listings: Listings = dict.fromkeys(projects, Unknown(NO_CHECK_URL))
    if destination.lister is not None:
        reading = partial(destination.lister.read_listings, projects)
        listings = services.stop.run(f"comparing with {destination.index.name}", reading)
        warnings = explain_listings(listings, destination.index, will_wait=will_wait)
        report.warnings = (*report.warnings, *warnings)
        new = sorted(each for each, listing in listings.items() if isinstance(listing, Listing) and listing.is_new)
        if new:
            services.log.info(f"{destination.lister.simple_url} has no page for {join_names(new, 20)}: new projects")
    settled = settle_by_listing(report.distributions, listings, skip_existing=destination.skip_existing)
    known = [listing for listing in listings.values() if isinstance(listing, Listing)]
    report.settle(settled, {name for each in known for name, file in each.files.items() if file.has_provenance})
    if destination.unattested is None and any(row.is_on_index and not row.attested for row in report.rows):
        services.log.info(f"Attestations cannot be added to files that {destination.index.name} already has")
    return listings


def _sign(stages: Sequence[Stage], existing: Attestations, signing: SigningOptions | None) -> Attested:
    """Sign, once for all indexes, what is still to be uploaded and has no publish attestation yet."""
    if signing is None:
        return Attested(existing)
    attesting = [stage for stage in stages if stage.destination.unattested is None]
    wanted = {each.filename: each for stage in attesting for each in stage.report.pending}
    return attest(tuple(wanted.values()), existing, signing, [stage.destination.index for stage in attesting])


def _wait_until_listed(destination: Destination, settings: Settings, services: Services, report: Report) -> None:
    lister, seconds = destination.lister, settings.wait_for_index
    if lister is None or not seconds or not report.is_success:
        return
    awaited = [row.distribution for row in report.rows if not isinstance(row.outcome, Skipped)]
    services.stop.run("waiting for the index", partial(wait_until_listed, lister, awaited, seconds))
    uploaded = {row.distribution.filename: row.outcome for row in report.rows if isinstance(row.outcome, Uploaded)}
    report.settle({filename: replace(outcome, doubt="") for filename, outcome in uploaded.items()})
