"""The values of attesting: what proves the origin of a file, and why there may be no proof."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class AttestationMode(StrEnum):
    """Whether distributions are signed, and what a failure means."""

    TRUE = "true"
    REQUIRED = "required"
    BEST_EFFORT = "best-effort"
    FALSE = "false"


class Predicate(StrEnum):
    """What an attestation claims: the two predicate types that indexes take, at most one of each per file."""

    PUBLISH = "https://docs.pypi.org/attestations/publish/v1"
    SLSA = "https://slsa.dev/provenance/v1"


@dataclass(frozen=True, slots=True)
class Attestation:
    """One PEP 740 attestation object as JSON.

    `log_index` is its place in the transparency log, `log_url` where people can look at that entry; None where unknown.
    """

    text: str
    predicate: Predicate
    log_index: int | None = None
    log_url: str | None = None


@dataclass(frozen=True, slots=True)
class SigningFailed:
    """Why there is no attestation; `reason` may quote a far side. `attempts` 0: it was not even tried."""

    reason: str
    attempts: int


def build_field(attestations: Iterable[Attestation]) -> str | None:
    """Build the upload form's `attestations`, None for no attestation: indexes refuse an empty array."""
    texts = ",".join(attestation.text for attestation in attestations)
    return f"[{texts}]" if texts else None
