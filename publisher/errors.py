"""What ends a run, and with which exit status.

::

    PublisherError              the run cannot go on; caught once, in `main`
    ├── SettingsError           inputs or environment cannot be used (exit 2)
    ├── NothingToPublish        `packages-dir` selects no distribution (exit 2)
    ├── NestedDistributions     distributions in a subdirectory would be left behind (exit 2)
    ├── IdTokenUnavailable      the environment of this job does not allow ID tokens (exit 2)
    ├── ExchangeError           the exchange did not end in an upload token
    │   ├── AudienceRefused     the index does not name an audience
    │   ├── IdTokenRefused      GitHub did not issue an ID token
    │   ├── MintRefused         the index did not mint an upload token
    │   └── ExchangeUnanswered  a step had no usable answer in any attempt
    ├── SigningError            a distribution could not be signed
    ├── AttestingImpossible     `attestations: required`, but the index would refuse what this job signs
    ├── NotListed               everything was uploaded, but the index did not list it in time
    └── Cancelled               SIGINT or SIGTERM arrived before or after the uploads

Errors carry data; `report/messages` turns it into text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from publisher.network.reply import Answer
from publisher.network.url import Url


class PublisherError(Exception):
    """End the run with an explanation."""

    exit_status: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input (`name` as the user wrote it) or a runner variable; `what` is a predicate."""

    name: str
    what: str
    remedy: str = ""


@dataclass(eq=False)
class SettingsError(PublisherError):
    """Everything that is wrong with the inputs or the environment; values that may be secret are not quoted."""

    exit_status = 2

    problems: tuple[Problem, ...]


@dataclass(eq=False)
class NothingToPublish(PublisherError):
    """The lines of `packages-dir`, those of them that match nothing, and the names of files that were ignored."""

    exit_status = 2

    patterns: tuple[str, ...]
    missing: tuple[str, ...]
    ignored: tuple[str, ...]


@dataclass(eq=False)
class NestedDistributions(PublisherError):
    """A directory, the distributions nested in it, and the pattern that selects both, relative to the workspace."""

    exit_status = 2

    directory: str
    nested: tuple[str, ...]
    pattern: str


class Situation(StrEnum):
    """Why a job cannot request ID tokens; each has a remedy of its own."""

    NOT_IN_ACTIONS = "not-in-actions"
    PERMISSION_MISSING = "permission-missing"
    FORK_PULL_REQUEST = "fork-pull-request"
    PULL_REQUEST_TARGET = "pull-request-target"
    INCOMPLETE_VARIABLES = "incomplete-variables"


@dataclass(eq=False)
class IdTokenUnavailable(PublisherError):
    """Why no ID token was requested, the runner variables that are missing, and the input that could do without."""

    exit_status = 2

    situation: Situation
    missing: tuple[str, ...]
    instead: str


@dataclass(eq=False)
class ExchangeError(PublisherError):
    """The last answer of a step of the exchange."""

    url: Url
    answer: Answer
    attempts: int

    def __str__(self) -> str:
        # Not the body of the answer, which may repeat a token.
        return f"{self.url}: {self.answer.summary}"


class AudienceRefused(ExchangeError):
    """The index does not support Trusted Publishing, or has disabled it."""


class IdTokenRefused(ExchangeError):
    """GitHub rejected the request token, or its answer has no ID token."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One entry of the index's `errors`: a stable code and a sentence."""

    code: str
    description: str


@dataclass(eq=False)
class MintRefused(ExchangeError):
    """The index's reasons, and the unverified claims of the ID token that it refused.

    The run adds by name whether the index has each project already (`projects`), and by upload URL whether the other
    index of the run accepts the same job (`elsewhere`).
    """

    reasons: tuple[Reason, ...]
    claims: Mapping[str, object]
    projects: Mapping[str, bool] = field(default_factory=dict)
    elsewhere: Mapping[Url, bool] = field(default_factory=dict)


class ExchangeUnanswered(ExchangeError):
    """A transport error or a 5xx in every attempt: an outage, not a configuration mistake."""


@dataclass(eq=False)
class SigningError(PublisherError):
    """The action that failed (`what`), and its cause; text is a clause about this machine. Nothing was uploaded."""

    what: str
    cause: Answer | str
    filenames: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.what}: {self.cause if isinstance(self.cause, str) else self.cause.summary}"


@dataclass(eq=False)
class AttestingImpossible(PublisherError):
    """Why the claims of this job rule out `attestations: required`, as a clause."""

    reason: str


@dataclass(eq=False)
class NotListed(PublisherError):
    """The root of the Simple API, and why it does not list each file with the right digest after `seconds`."""

    url: Url
    seconds: float
    missing: Mapping[str, str]


@dataclass(eq=False)
class Cancelled(PublisherError):
    """What was under way when the run was cancelled outside of the uploads."""

    stage: str
