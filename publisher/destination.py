"""Where distributions go in this run, judged from the inputs and the environment alone, before any request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.access import choose_access, find_github
from publisher.attestations.decide import Attest, Decision, Impossible, Target, decide
from publisher.errors import AttestingImpossible
from publisher.index.listing import Lister

if TYPE_CHECKING:
    from pydantic import SecretStr

    from publisher.access import Access
    from publisher.identity.github import GitHub
    from publisher.index.endpoints import Index
    from publisher.settings.model import Settings
    from publisher.world import World


@dataclass(frozen=True, slots=True)
class Destination:
    """One index of a run.

    `access` is None in a dry run, `lister` where its Simple API is unknown, `github` where nothing asks for ID tokens.
    """

    index: Index
    access: Access | None
    lister: Lister | None
    attesting: Decision
    github: GitHub | None
    skip_existing: bool

    @property
    def target(self) -> Target:
        """Return the index as attesting sees it."""
        return _target(self.index, self.access)


def find_destinations(settings: Settings, world: World) -> tuple[Destination, Destination | None]:
    """Return the index to publish to and the one to rehearse on, if any.

    Raises `IdTokenUnavailable` where this job cannot use Trusted Publishing and nothing else was given, and
    `AttestingImpossible` where attestations are required of an index that takes none.
    """
    real = _build(settings, world, settings.index, settings.password, skip_existing=settings.skip_existing)
    if settings.test_index is None:
        return real, None
    # What the test index has with other content counts as rehearsed: its files cannot be replaced.
    return real, _build(settings, world, settings.test_index, settings.test_password, skip_existing=True)


def _build(
    settings: Settings, world: World, index: Index, password: SecretStr | None, *, skip_existing: bool
) -> Destination:
    access = None if settings.dry_run else choose_access(settings, world, index, password)
    attesting = decide(settings.attestations, _target(index, access), dry_run=settings.dry_run)
    if isinstance(attesting, Impossible):
        raise AttestingImpossible(attesting.reason, ())
    github = access.github if access else None
    if isinstance(attesting, Attest) and github is None:
        github = find_github(world)
    lister = None
    if index.simple_url is not None:
        lister = Lister(index.simple_url, world.client, world.retrying, world.runner.mask)
    return Destination(index, access, lister, attesting, github, skip_existing)


def _target(index: Index, access: Access | None) -> Target:
    is_trusted = access is not None and access.github is not None
    return Target(index.name, is_known=index.known is not None, is_trusted=is_trusted)
