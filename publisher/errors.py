"""What ends a run, and how severe it is.

::

    PublisherError              the run cannot go on; caught once, in `main`
    ├── SettingsError           inputs or environment cannot work together (exit 2)
    ├── NothingToPublish        no distribution where we were told to look (exit 2)
    ├── IdTokenUnavailable      this job cannot get an ID token at all (exit 2)
    ├── ExchangeError           the exchange began and did not end in an upload token
    │   ├── AudienceRefused     the index does not say for whom the ID token must be
    │   ├── IdTokenRefused      GitHub did not issue an ID token
    │   ├── MintRefused         the index said no, with its reasons and our claims
    │   └── ExchangeUnanswered  a step got no usable answer in all its attempts
    ├── SigningError            a distribution has no attestation and must not go without
    │   └── AttestingImpossible nothing can be attested here although `attestations: required` (exit 2)
    ├── NotListed               everything was uploaded, but the index does not list it in time
    └── Cancelled               SIGINT or SIGTERM came before or after the uploads

Errors carry data. `str()` is one line for the debug log; the text that people read is made of that
data in `report/messages.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.network.reply import Answer
    from publisher.network.url import Url


class PublisherError(Exception):
    """End the run with an explanation; `exit_status` is the process's."""

    exit_status: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input (`name` as users write it) or a runner variable."""

    name: str
    message: str


class SettingsError(PublisherError):
    """Carry everything that is wrong with the inputs at once; no value is echoed unless it is harmless."""

    exit_status = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.name}: {problem.message}" for problem in problems))
        self.problems = problems


class NothingToPublish(PublisherError):
    """Say where distributions were looked for (`patterns`), which of these are `missing`, and what was `ignored`."""

    exit_status = 2

    def __init__(self, patterns: tuple[str, ...], missing: tuple[str, ...], ignored: tuple[str, ...]) -> None:
        super().__init__(f"no distribution in {', '.join(patterns)}")
        self.patterns = patterns
        self.missing = missing
        self.ignored = ignored


class Situation(StrEnum):
    """Why a job has no way to an ID token: each has a remedy of its own."""

    NOT_IN_ACTIONS = "not-in-actions"
    PERMISSION_MISSING = "permission-missing"
    FORK_PULL_REQUEST = "fork-pull-request"
    PULL_REQUEST_TARGET = "pull-request-target"
    INCOMPLETE_VARIABLES = "incomplete-variables"


class IdTokenUnavailable(PublisherError):
    """Name the situation and the runner variables that are `missing`; no request was made."""

    exit_status = 2

    def __init__(self, situation: Situation, missing: tuple[str, ...]) -> None:
        super().__init__(f"no ID token can be requested ({situation}); missing: {', '.join(missing) or 'nothing'}")
        self.situation = situation
        self.missing = missing


class ExchangeError(PublisherError):
    """Keep which `url` gave which `answer` after how many `attempts`."""

    def __init__(self, url: Url, answer: Answer, attempts: int = 1) -> None:
        super().__init__(f"{type(self).__name__} after {attempts} attempt(s) at {url}: {answer.summary}")
        self.url = url
        self.answer = answer
        self.attempts = attempts


class AudienceRefused(ExchangeError):
    """The index has no Trusted Publishing, or it is switched off (403, 404, a page that is not its answer)."""


class IdTokenRefused(ExchangeError):
    """GitHub's token service refused the request token or gave no ID token."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One entry of the index's `errors` array: a stable `code` and a sentence."""

    code: str
    description: str


class MintRefused(ExchangeError):
    """Carry the index's `reasons` and the unverified `claims` of the ID token that it refused."""

    def __init__(
        self, url: Url, answer: Answer, attempts: int, *, reasons: tuple[Reason, ...], claims: Mapping[str, object]
    ) -> None:
        super().__init__(url, answer, attempts)
        self.reasons = reasons
        self.claims = claims


class ExchangeUnanswered(ExchangeError):
    """A transport error or a 5xx in every attempt: an outage, not a configuration mistake."""


class SigningError(PublisherError):
    """Say why what the `filenames` need could not be signed; nothing was uploaded. `reason` may quote a far side.

    No names: nothing at all can be signed.
    """

    def __init__(self, reason: str, filenames: tuple[str, ...]) -> None:
        super().__init__(f"no attestation for {', '.join(filenames) or 'anything'}: {reason}")
        self.reason = reason
        self.filenames = filenames


class AttestingImpossible(SigningError):
    """Say why `attestations: required` cannot be met, whatever the services answer."""

    exit_status = 2


class NotListed(PublisherError):
    """Name the files that the Simple API at `url` does not list with the right digest after `seconds`, and why."""

    def __init__(self, url: Url, seconds: int, missing: Mapping[str, str]) -> None:
        super().__init__(f"not listed at {url} after {seconds} s: {', '.join(missing)}")
        self.url = url
        self.seconds = seconds
        self.missing = missing


class Cancelled(PublisherError):
    """A signal ended the run outside of the uploads; `stage` says what was under way."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"cancelled while {stage}")
        self.stage = stage
