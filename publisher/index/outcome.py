"""What became of one distribution."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.errors import ExchangeError
from publisher.index.simple_api import Comparison
from publisher.network.reply import DeadEnd, NoReply, Reply


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The index accepted it in this run. `doubt`: why it may not have the file, a clause about the index."""

    attempts: int = 1
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Existing:
    """The index already had identical content."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The index has other content under this name, and `skip-existing` is set."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The index refused it. `status` is None if the listing alone decided; `reason` is the index's own words.

    `found`: how the file that the index reports to have compares to ours, None if it reports none. `seconds`: when the
    index allows another try. `is_trusted`: the token was one of Trusted Publishing.
    """

    status: int | None
    reason: str
    found: Comparison | None = None
    seconds: float | None = None
    is_trusted: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """No attempt had a usable answer, the upload token could not be renewed, or cancelling cut it off (None)."""

    cause: Reply | NoReply | DeadEnd | ExchangeError | None
    attempts: int
    may_be_uploaded: bool = False  # the index may have the file
    seconds: float | None = None  # until the index allows another try


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
