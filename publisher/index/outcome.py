"""What became of one distribution."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.errors import ExchangeError
from publisher.network.reply import DeadEnd, NoReply, Reply


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The index accepted it in this run."""

    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Existing:
    """The index already had identical content."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The index has other content under this name, and `skip-existing` is set."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The index refused it. `status` is None if the listing alone decided; `reason` is the index's own words."""

    status: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No attempt had a usable answer, the upload token could not be renewed, or cancelling cut it off (None)."""

    cause: Reply | NoReply | DeadEnd | ExchangeError | None
    attempts: int
    may_be_uploaded: bool = False  # the index may have the file


@dataclass(frozen=True, slots=True)
class NotTried:
    """The upload was not started; `reason` is a clause."""

    reason: str


@dataclass(frozen=True, slots=True)
class WouldUpload:
    """A dry run found no reason against uploading."""


Outcome = Uploaded | Existing | Skipped | Refused | Failed | NotTried | WouldUpload

CANCELLED = "the run was cancelled"
OTHER_CONTENT = "the index already has a file of this name with other content"
PUBLISHED = (Uploaded, Existing, Skipped)  # the outcomes after which the index has a file of this name
