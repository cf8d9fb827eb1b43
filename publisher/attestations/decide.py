"""Decide whether to attest, from the inputs, the index and the claims of the job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class AttestationMode(StrEnum):
    """Whether distributions are signed, and whether a failure stops the run."""

    TRUE = "true"
    REQUIRED = "required"
    BEST_EFFORT = "best-effort"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class Target:
    """The index as far as attesting depends on it: whether it is PyPI or TestPyPI, and used by Trusted Publishing."""

    name: str
    is_known: bool
    is_trusted: bool


def explain_unattested(mode: AttestationMode, target: Target, *, dry_run: bool) -> str | None:
    """Return a clause about why uploads to an index carry no attestations, judging by the settings; None if they do."""
    if mode is AttestationMode.FALSE:
        return "`attestations` is `false`"
    if dry_run:
        return "a dry run signs nothing"
    if target.is_known and not target.is_trusted:
        return f"{target.name} accepts attestations only with Trusted Publishing, not with a password"
    if target.is_known or mode is AttestationMode.REQUIRED:
        return None
    if not target.is_trusted:
        return "attestations require Trusted Publishing, and this run uses a password"
    return f"{target.name} may not accept attestations (`attestations: required` uploads them anyway)"


def explain_refused_claims(targets: Iterable[Target], claims: Mapping[str, object]) -> str | None:
    """Return a clause about why the targets would refuse what this job signs, by the ID token's unverified claims.

    PyPI looks up the Trusted Publisher of a reusable workflow by the called file, but the signing certificate names the
    caller.
    """
    # `owner/repository/.github/workflows/file.yml@ref`
    caller = str(claims.get("workflow_ref") or "").partition("@")[0]
    called = str(claims.get("job_workflow_ref") or "").partition("@")[0]
    refusing = [target.name for target in targets if target.is_known]
    if not refusing or not caller or not called or caller == called:
        return None
    names = " and ".join(refusing)
    return (
        f"this job runs in the reusable workflow `{called}`, and {names} would refuse an attestation that names its "
        f"caller `{caller}`"
    )
