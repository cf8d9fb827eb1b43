"""When to try again and how long to wait: policies are values, judging is pure, backoff does the loop."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import backoff

from publisher.network.reply import Answer, Cause, NoReply, Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from structlog.typing import FilteringBoundLogger

T = TypeVar("T")

RETRIED_STATUSES = frozenset({408, 425, 500, 502, 503, 504})
TOO_MANY_REQUESTS = 429
FINAL_CAUSES = frozenset({Cause.CERTIFICATE, Cause.FILE_CHANGED})
"""Troubles that another attempt cannot mend."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently one request is tried. Waits are seconds.

    The wait before attempt n+1 is uniform between 0 and `base * 2**(n-1)`, at most `cap` ("full jitter"); what an index
    names in `Retry-After` is honored instead, up to `retry_after_cap`.
    """

    max_attempts: int
    base: float = 1.0
    cap: float = 30.0
    retry_after_cap: float = 120.0


@dataclass(frozen=True, slots=True)
class Tried(Generic[T]):
    """The last value and how many attempts it took."""

    value: T
    attempts: int


def parse_retry_after(reply: Reply, now: float) -> float | None:
    """Return the seconds the far side asks to wait (RFC 9110, 10.2.3), None where it names none that can be read."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:
            # The two older forms of an HTTP date name no zone and mean UTC (RFC 9110, section 5.6.7).
            date = date.replace(tzinfo=UTC)
        return max(0.0, date.timestamp() - now)
    except (ValueError, OverflowError):
        return None


def is_worth_retrying(answer: Answer, now: float) -> bool:
    """Judge whether the same request may fare better later."""
    if isinstance(answer, NoReply):
        return answer.cause not in FINAL_CAUSES
    if answer.status == TOO_MANY_REQUESTS:
        return parse_retry_after(answer, now) is not None
    return answer.status in RETRIED_STATUSES


def is_outage(reply: Reply) -> bool:
    """Judge whether a reply speaks of the far side's trouble rather than of our request."""
    return reply.status in RETRIED_STATUSES or reply.status == TOO_MANY_REQUESTS or reply.status // 100 == 5  # noqa: PLR2004


def compute_wait(policy: RetryPolicy, answer: Answer, attempt: int, now: float) -> float:
    """Return the seconds to wait after attempt number `attempt` ended with `answer`."""
    if isinstance(answer, Reply) and (named := parse_retry_after(answer, now)) is not None:
        return min(named, policy.retry_after_cap)
    ceiling: float = min(policy.cap, policy.base * 2 ** (attempt - 1))
    return random.uniform(0, ceiling)  # noqa: S311 -- spreading load, not guarding a secret


@dataclass(frozen=True, slots=True)
class Retrying:
    """A policy together with the clock and the log it needs; `now` is Unix time."""

    policy: RetryPolicy
    now: Callable[[], float]
    log: FilteringBoundLogger

    async def run(self, what: str, once: Callable[[], Awaitable[T]], answer_of: Callable[[T], Answer]) -> Tried[T]:
        """Call `once` until its answer is final or the attempts are used up; `what` names it in the log.

        `once` has to be safe to repeat: each caller says beside its call why that is so.
        """
        attempts = 0

        async def attempt() -> T:
            nonlocal attempts
            attempts += 1
            return await once()

        def waits() -> Generator[float, Any, None]:
            value = yield 0.0
            while True:
                answer = answer_of(value)
                seconds = compute_wait(self.policy, answer, attempts, self.now())
                self.log.warning(
                    f"{what}: {answer.summary}",
                    next_attempt=f"{attempts + 1} of {self.policy.max_attempts}",
                    wait=f"{seconds:.1f} s",
                )
                value = yield seconds

        loop = backoff.on_predicate(
            waits,
            lambda value: is_worth_retrying(answer_of(value), self.now()),
            max_tries=self.policy.max_attempts,
            jitter=None,
            logger=None,
        )
        value: T = await loop(attempt)()
        return Tried(value, attempts)


def growing_pauses(first: float, longest: float) -> Generator[float, None, None]:
    """Yield pauses between looks at something that takes its time: each twice the last, up to the `longest`."""
    pauses = backoff.expo(factor=first, max_value=longest)
    next(pauses)
    yield from pauses
