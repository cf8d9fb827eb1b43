"""Decide whether to attest: from the inputs, from the index, and from the claims of the job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.attestations.model import AttestationMode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Target:
    """An index as far as attesting depends on it; `is_known`: PyPI or TestPyPI, `is_trusted`: by Trusted Publishing."""

    name: str
    is_known: bool
    is_trusted: bool


@dataclass(frozen=True, slots=True)
class Attest:
    """Attestations are sent along."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Publish without attestations; `reason` is a clause to follow "not attested:"."""

    reason: str


@dataclass(frozen=True, slots=True)
class Impossible:
    """`required` cannot be met, so nothing may be published; `reason` is a clause."""

    reason: str


Decision = Attest | Leave | Impossible


def decide(mode: AttestationMode, target: Target, *, dry_run: bool) -> Decision:
    """Decide before any request whether the uploads to one index carry attestations."""
    if mode is AttestationMode.FALSE:
        return Leave("`attestations` is `false`")
    if dry_run:
        return Leave("a dry run signs nothing")
    if target.is_known and not target.is_trusted:
        return _refuse(
            mode, f"{target.name} takes attestations only with Trusted Publishing, not with a password or token"
        )
    if target.is_known or mode is AttestationMode.REQUIRED:
        return Attest()
    if not target.is_trusted:
        return Leave("attestations go with Trusted Publishing, and a password is used")
    return Leave(f"{target.name} is not known to take attestations (`attestations: required` sends them all the same)")


def judge_claims(mode: AttestationMode, targets: Iterable[Target], claims: Mapping[str, object]) -> Decision:
    """Decide from the ID token's unverified claims whether the targets would refuse what this job signs.

    In a reusable workflow, PyPI finds the Trusted Publisher by the workflow that is called, but compares its file with
    the one that the certificate names as build configuration, and that is the caller's.
    """
    caller, called = _workflow_file(claims, "workflow_ref"), _workflow_file(claims, "job_workflow_ref")
    judging = [target.name for target in targets if target.is_known]
    if not judging or caller is None or called is None or caller == called:
        return Attest()
    return _refuse(
        mode,
        f"this job runs in the reusable workflow `{called}`, but what it signs names its caller `{caller}`, and "
        f"{' and '.join(judging)} would refuse that",
    )


def _refuse(mode: AttestationMode, reason: str) -> Decision:
    return Impossible(reason) if mode is AttestationMode.REQUIRED else Leave(reason)


def _workflow_file(claims: Mapping[str, object], name: str) -> str | None:
    """Return `owner/repository/.github/workflows/file.yml` of a claim, None where there is none."""
    value = claims.get(name)
    return value.partition("@")[0] if isinstance(value, str) and value else None
