"""What became of one distribution."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The index took it in this run."""

    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Existing:
    """The index has the very same content already; nothing had to be done."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The index has other content under this name, and `skip-existing` said to go on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The index said no. `status` is None where no request was needed to know; `reason` is the index's own text."""

    status: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No usable answer in all attempts, or cancelled while under way: `may_be_uploaded` says the index may have it."""

    reason: str
    attempts: int
    may_be_uploaded: bool = False


@dataclass(frozen=True, slots=True)
class NotTried:
    """Nothing was sent; `reason` says what came first."""

    reason: str


@dataclass(frozen=True, slots=True)
class WouldUpload:
    """A dry run got this far."""


Outcome = Uploaded | Existing | Skipped | Refused | Failed | NotTried | WouldUpload

CANCELLED = "the run was cancelled"
"""Why nothing was sent of a distribution whose turn came after the signal."""

PUBLISHED = (Uploaded, Existing, Skipped)
"""The outcomes after which nothing is left to do for a distribution."""
