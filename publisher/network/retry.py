"""When to try again and how long to wait. The policies are values; backoff runs the loop."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar

import backoff
import structlog
from structlog.typing import FilteringBoundLogger

from publisher.network.reply import Answer, Cause, NoReply, Reply

T = TypeVar("T")

# Statuses of a passing outage; 499 and 520 to 527 are those of nginx and Cloudflare.
RETRIED_STATUSES = frozenset({408, 425, 499, 500, 502, 503, 504, *range(520, 528)})
TOO_MANY_REQUESTS = 429
FINAL_CAUSES = {Cause.CERTIFICATE, Cause.CERTIFICATE_DATE, Cause.CERTIFICATE_HOST, Cause.CLIENT_CERTIFICATE}
FINAL_CAUSES |= {Cause.PROXY_REFUSED, Cause.REDIRECT, Cause.FILE_CHANGED}
LONGEST_WAIT = 120.0  # seconds that a run waits because a server names a time
NOT_OUTAGES = frozenset({501, 505, 507})  # server errors that are about the request, or last until someone acts
# `"policy";r=0;t=60`; in older drafts `limit=9, reset=60`, or a header of its own, which some servers fill with a date.
_RATE_LIMITS = ("ratelimit", "ratelimit-reset", "x-ratelimit-reset")
_RESET = re.compile(r"(?:^|\b(?:t|reset)=)(\d{1,12})\b")
_A_DATE = 1e9  # as Unix time; no server makes anybody wait for so many seconds


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often one request is tried, and how many seconds to wait ("full jitter")."""

    max_attempts: int
    base: float = 1.0  # after attempt n, wait between 0 and `base * 2**(n-1)`
    cap: float = 30.0
    retry_after_cap: float = LONGEST_WAIT  # of a wait that the server names, which takes precedence


@dataclass(frozen=True, slots=True)
class Tried(Generic[T]):
    """The last value and the number of attempts."""

    value: T
    attempts: int


def parse_retry_after(reply: Reply, now: float) -> float | None:
    """Return the seconds in `Retry-After` (RFC 9110, section 10.2.3), None if it is missing or invalid."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def find_wait(reply: Reply, now: float) -> float | None:
    """Return the seconds until another try makes sense, by `Retry-After` or `RateLimit` (an IETF draft)."""
    named = parse_retry_after(reply, now)
    resets = (match[1] for name in _RATE_LIMITS if (match := _RESET.search(reply.headers.get(name, ""))))
    if named is not None or (reset := next(resets, None)) is None:
        return named
    return max(0.0, float(reset) - now) if float(reset) > _A_DATE else float(reset)


def is_worth_retrying(answer: Answer, now: float) -> bool:
    """Return whether the same request may succeed later."""
    if isinstance(answer, NoReply):
        return answer.cause not in FINAL_CAUSES
    if answer.status == TOO_MANY_REQUESTS:
        wait = find_wait(answer, now)
        return wait is not None and wait <= LONGEST_WAIT
    return answer.status in RETRIED_STATUSES


def is_outage(reply: Reply) -> bool:
    """Return whether a reply is about the state of the server rather than about the request."""
    is_server_error = reply.is_server_error and reply.status not in NOT_OUTAGES
    return is_server_error or reply.status in RETRIED_STATUSES or reply.status == TOO_MANY_REQUESTS


def compute_wait(policy: RetryPolicy, answer: Answer, attempt: int, now: float) -> float:
    """Return the seconds to wait after attempt number `attempt` ended with `answer`."""
    if isinstance(answer, Reply) and (named := find_wait(answer, now)) is not None:
        return min(named, policy.retry_after_cap)
    ceiling: float = min(policy.cap, policy.base * 2 ** (attempt - 1))
    return random.uniform(0, ceiling)  # noqa: S311 -- spreads load, protects no secret


@dataclass(frozen=True, slots=True)
class Retrying:
    """A policy with the clock (Unix time) and the log it needs."""

    policy: RetryPolicy
    now: Callable[[], float]
    log: FilteringBoundLogger

    def run(self, what: str, once: Callable[[], T], answer_of: Callable[[T], Answer]) -> Tried[T]:
        """Call `once`, which must be safe to repeat, until its answer is final or no attempt is left."""
        attempts = 0

        def attempt() -> T:
            nonlocal attempts
            attempts += 1
            with structlog.contextvars.bound_contextvars(attempt=attempts):
                return once()

        def log_wait(details: Mapping[str, Any]) -> None:
            following = f"attempt {attempts + 1} of {self.policy.max_attempts} in {details['wait']:.1f} s"
            self.log.warning(f"{what}: {answer_of(details['value']).summary}; {following}")

        loop = backoff.on_predicate(
            backoff.runtime,
            lambda value: is_worth_retrying(answer_of(value), self.now()),
            value=lambda value: compute_wait(self.policy, answer_of(value), attempts, self.now()),
            max_tries=self.policy.max_attempts,
            jitter=None,
            logger=None,
            on_backoff=log_wait,
        )
        return Tried(loop(attempt)(), attempts)


def poll(
    is_done: Callable[[], bool], on_pause: Callable[[float], None], first: float, longest: float, seconds: float
) -> None:
    """Call `is_done` until it returns true or `seconds` have passed; the pauses double from `first` to `longest`."""
    backoff.on_predicate(
        backoff.expo,
        factor=first,
        max_value=longest,
        max_time=seconds,
        jitter=None,
        logger=None,
        on_backoff=lambda details: on_pause(details["wait"]),
    )(is_done)()
