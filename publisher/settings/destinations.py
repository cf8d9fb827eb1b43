"""Where distributions go and how they are signed, planned from inputs and environment before any request."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from publisher.attestations.files import read_trust_config
from publisher.attestations.sign import AttestationMode, SigningOptions
from publisher.errors import Problem, SettingsError
from publisher.identity.authentication import TOKEN_USER, Authentication, Password, TrustedPublishing
from publisher.identity.exchange import Exchange, GitHub
from publisher.index.endpoints import Index
from publisher.index.listing import Lister, build_lister
from publisher.network.client import Connection
from publisher.settings.environment import Environment, find_request_url
from publisher.settings.inputs import Settings


@dataclass(frozen=True, slots=True)
class Destination:
    """One index of a run. `method` completes "Publishing to ...".

    `authentication` is None in a dry run, `lister` if the Simple API is not known, `github` if nothing needs ID tokens.
    `unattested` is a clause about why uploads carry no attestations, None if they do.
    """

    index: Index
    authentication: Authentication | None
    method: str
    lister: Lister | None
    unattested: str | None
    github: GitHub | None
    skip_existing: bool


def plan_destinations(
    settings: Settings, environment: Environment, connection: Connection
) -> tuple[Destination, Destination | None]:
    """Return the index to publish to, and the one to rehearse on, if any.

    Raises `IdTokenUnavailable` if this job has neither ID tokens nor a password, and `SettingsError` if attestations
    are required for an index that accepts none.
    """
    planner = _Planner(settings, environment, connection)
    real = planner.plan(settings.index, settings.password, skip_existing=settings.skip_existing)
    if settings.test_index is None:
        return real, None
    # A file that the test index has with other content counts as rehearsed: it cannot be replaced.
    return real, planner.plan(settings.test_index, settings.test_password, skip_existing=True)


def plan_signing(
    settings: Settings, connection: Connection, workspace: Path, destinations: Iterable[Destination | None]
) -> SigningOptions | None:
    """Return how to sign, once for all indexes; None if none of them gets attestations.

    Raises `SettingsError` if the client trust configuration cannot be used.
    """
    attesting = [each for each in destinations if each is not None and each.unattested is None]
    github = next((each.github for each in attesting if each.github is not None), None)
    if github is None:
        return None
    path = settings.sigstore_trust_config
    trust = None if path is None else read_trust_config(workspace / path)
    return SigningOptions(
        settings.attestations,
        github.request_id_token,
        connection.retrying,
        settings.max_parallel,
        None if trust is None else lambda: trust,
    )


def explain_unattested(settings: Settings, index: Index, *, is_trusted: bool) -> str | None:
    """Return a clause about why uploads to an index, by Trusted Publishing or not, carry no attestations."""
    if settings.attestations is AttestationMode.FALSE:
        return "`attestations` is `false`"
    if settings.dry_run:
        return "a dry run signs nothing"
    if index.known and not is_trusted:
        return f"{index.name} accepts attestations only with Trusted Publishing, not with a password"
    if index.known or settings.attestations is AttestationMode.REQUIRED:
        return None
    if not is_trusted:
        return "attestations require Trusted Publishing, and this run uses a password"
    return f"{index.name} may not accept attestations (`attestations: required` uploads them anyway)"


@dataclass(frozen=True, slots=True)
class _Planner:
    settings: Settings
    environment: Environment
    connection: Connection

    def plan(self, index: Index, password: SecretStr | None, *, skip_existing: bool) -> Destination:
        settings, connection = self.settings, self.connection
        authentication: Authentication | None = None
        github, lister, method = None, None, ""
        if not settings.dry_run and password is not None:
            # PyPI and TestPyPI accept no other user; the input may be meant for the other index of the run.
            user = TOKEN_USER if index.known else settings.user
            authentication = Password(user, password, connection.mask)
            method = f"as user `{user}` with a password" if user else "with a password and no user name"
        elif not settings.dry_run:
            instead = "password" if index == settings.index else "test-password"
            github = GitHub(*find_request_url(self.environment, instead), connection)
            method = "by Trusted Publishing"
            authentication = TrustedPublishing(Exchange(index.upload_url, github, connection))
        unattested = explain_unattested(settings, index, is_trusted=github is not None)
        if unattested and settings.attestations is AttestationMode.REQUIRED and not settings.dry_run:
            remedy = "Set `attestations: true` to attest only where it is possible."
            raise SettingsError((Problem("attestations", f"is `required`, but {unattested}", remedy),))
        if unattested is None and github is None:
            github = GitHub(*find_request_url(self.environment, "attestations"), connection)
        if index.simple_url is not None:
            lister = build_lister(index.simple_url, connection, settings.max_parallel)
        return Destination(index, authentication, method, lister, unattested, github, skip_existing)
