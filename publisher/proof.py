"""Which distributions go up with which attestations: found beside them, or signed now."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from publisher.attestations.decide import Attest
from publisher.attestations.existing import Existing, judge_existing
from publisher.attestations.model import AttestationMode, build_field
from publisher.attestations.reader import read_attestation_files, read_trust_config

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from publisher.destination import Destination
    from publisher.distributions.model import Distribution, Found
    from publisher.settings.model import Settings
    from publisher.world import World


@dataclass(frozen=True, slots=True)
class Proof:
    """The value of the upload form's field `attestations` by file name, and what is worth saying about it."""

    fields: Mapping[str, str] = field(default_factory=dict)
    unsigned: str | None = None

    def fields_for(self, destination: Destination) -> Mapping[str, str]:
        """Return what goes to one index: nothing, where attestations are not taken."""
        return self.fields if isinstance(destination.attesting, Attest) else {}

    def describe(self, destination: Destination) -> str:
        """Say whether what goes to one index is attested, and why not."""
        if not isinstance(destination.attesting, Attest):
            return f"not attested: {destination.attesting.reason}"
        return "attested" if self.unsigned is None else f"not attested: {self.unsigned}"


def judge_found(settings: Settings, found: Found, workspace: Path, distributions: Sequence[Distribution]) -> Existing:
    """Judge the attestations that lie beside the distributions; with `attestations: false` they are not looked at."""
    if settings.attestations is AttestationMode.FALSE or not found.attestations:
        return Existing({}, ())
    files = read_attestation_files(found.attestations, workspace)
    return judge_existing(files, distributions, is_strict=settings.verify_metadata)


def find_trust_config(settings: Settings, workspace: Path) -> str | None:
    """Return the text of the client trust configuration, None for the public Sigstore instance.

    Raises `SettingsError` where the input names a file that cannot be read.
    """
    path = settings.sigstore_trust_config
    return None if path is None else read_trust_config(workspace / path)


async def gather_proof(
    settings: Settings,
    world: World,
    pending: Mapping[Destination, Sequence[Distribution]],
    existing: Existing,
    trust_config: str | None,
) -> Proof:
    """Sign what has no publish attestation yet, once for all destinations.

    `pending` are the distributions that each destination does not have: a file that an index has never gains an
    attestation. Raises `SigningError` where one fails and the mode does not say to go on.
    """
    attesting = {each: files for each, files in pending.items() if isinstance(each.attesting, Attest) and files}
    if not attesting:
        return Proof()
    github = next(each.github for each in attesting if each.github is not None)
    wanted = {each.filename: each for files in attesting.values() for each in files}
    # Only now, and only here: signing brings a second of imports.
    from publisher.attestations import library  # noqa: PLC0415
    from publisher.attestations.signing import Attestor  # noqa: PLC0415

    load_private = partial(library.load_private_trust, trust_config or "")
    attestor = Attestor(
        settings.attestations,
        tuple(each.target for each in attesting),
        github.request_id_token,
        world.retrying,
        settings.max_parallel,
        library.load_public_trust if trust_config is None else load_private,
    )
    attested = await attestor.attest_all(tuple(wanted.values()), existing.attestations)
    fields = {name: build_field(attestations) for name, attestations in attested.attestations.items()}
    return Proof({name: text for name, text in fields.items() if text is not None}, attested.unsigned)
