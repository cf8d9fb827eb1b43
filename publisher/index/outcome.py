"""What became of one distribution, and how the last answer, the listing, and the index's words decide that."""

from dataclasses import dataclass, replace

from publisher.distributions.model import Digests
from publisher.errors import ExchangeError
from publisher.index.simple_api import Comparison
from publisher.index.verdict import CONFLICTS, NOT_YET, compare_digests, find_doubt, is_duplicate, is_error
from publisher.network.reason import extract_reason
from publisher.network.reply import Answer, Cause, NoReply, Reply
from publisher.network.retry import TOO_MANY_REQUESTS, find_wait, is_outage


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

    cause: Reply | NoReply | ExchangeError | None
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
ANSWER_LOST = "the answer to an earlier attempt was lost, and the content that it has could not be compared"


@dataclass(frozen=True, slots=True)
class Attempts:
    """The last answer to an upload, the number of attempts, and whether an earlier one may have stored the file."""

    answer: Answer
    count: int
    may_be_stored: bool


def build_outcome(attempts: Attempts, now: float, *, is_trusted: bool) -> Uploaded | Refused | Failed:
    """Build the outcome that the last answer alone suggests; a redirect is never the last answer."""
    answer = attempts.answer
    if isinstance(answer, NoReply):
        return Failed(answer, attempts.count, attempts.may_be_stored)
    if answer.is_success:
        return Uploaded(attempts.count, find_doubt(answer))
    seconds = find_wait(answer, now)
    if is_outage(answer) and answer.status != TOO_MANY_REQUESTS:
        return Failed(answer, attempts.count, attempts.may_be_stored, seconds)
    return Refused(answer.status, extract_reason(answer), None, seconds, is_trusted)


def is_certain(outcome: Uploaded | Refused | Failed, attempts: Attempts) -> bool:
    """Return whether the listing cannot change an outcome that was built from an answer."""
    if isinstance(outcome, Uploaded):
        return not outcome.doubt
    if isinstance(outcome, Refused):
        return outcome.status not in CONFLICTS and not attempts.may_be_stored
    return not outcome.may_be_uploaded


def settle_outcome(
    outcome: Uploaded | Refused | Failed, attempts: Attempts, found: Comparison, ours: Digests, *, skip_existing: bool
) -> Outcome:
    """Settle an outcome by the listing (`found`), else by the index's own words; both outweigh a status."""
    answer, may_be_stored = attempts.answer, attempts.may_be_stored
    refused = outcome if isinstance(outcome, Refused) else Refused(None, OTHER_CONTENT)
    duplicate = answer if isinstance(answer, Reply) and is_duplicate(answer) else None
    is_listed = found is Comparison.NO_DIGEST and isinstance(outcome, Refused) and outcome.status in CONFLICTS
    if duplicate and found in {Comparison.NO_DIGEST, Comparison.UNKNOWN}:
        found = compare_digests(duplicate, ours)
    elif is_listed:
        found = Comparison.UNKNOWN
    match found:
        case Comparison.IDENTICAL:
            return Uploaded(attempts.count) if may_be_stored or isinstance(outcome, Uploaded) else Existing()
        case Comparison.DIFFERENT:
            return Skipped(OTHER_CONTENT) if skip_existing else replace(refused, found=found)
        case Comparison.ABSENT if isinstance(answer, Reply) and answer.is_success and is_error(answer):
            return Refused(answer.status, extract_reason(answer))
        case Comparison.ABSENT if isinstance(outcome, Uploaded) and outcome.doubt != NOT_YET:
            page = NoReply(Cause.UNUSABLE, f"{outcome.doubt}, and the listing lacks the file", may_have_succeeded=True)
            return Failed(page, attempts.count, may_be_uploaded=True)
        case _ if duplicate is None and not is_listed:
            return outcome
        case Comparison.UNKNOWN if may_be_stored:
            # Nothing but an earlier attempt of ours explains the file.
            return Uploaded(attempts.count, ANSWER_LOST)
        case Comparison.UNKNOWN if skip_existing:
            return Skipped(refused.reason)
        case _:
            return replace(refused, found=found)
