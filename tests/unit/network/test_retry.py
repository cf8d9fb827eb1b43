from __future__ import annotations

import os
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.network.reply import Answer, Cause, NoReply, Reply
from publisher.network.retry import (
    Retrying,
    RetryPolicy,
    compute_wait,
    is_outage,
    is_worth_retrying,
    parse_retry_after,
)
from tests.values import NOW, Journal, run

if TYPE_CHECKING:
    from collections.abc import Iterator


def asks(value: str, status: int = 503) -> Reply:
    return Reply(status, headers={"retry-after": value})


@pytest.fixture
def in_new_york() -> Iterator[None]:
    """Live where the clock on the wall is not UTC."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "America/New_York"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
        ("Fri, 15 Jan 2027 10:01:00 +0200", 60.0),
    ],
)
def test_parse_retry_after__seconds_or_a_date(value: str, expected: float) -> None:
    assert parse_retry_after(asks(value), NOW) == expected


@pytest.mark.usefixtures("in_new_york")
@pytest.mark.parametrize("value", ["Fri Jan 15 08:01:00 2027", "Fri, 15 Jan 2027 08:01:00 -0000"])
def test_parse_retry_after__a_date_without_a_zone_is_utc(value: str) -> None:
    assert parse_retry_after(asks(value), NOW) == 60


@pytest.mark.parametrize(
    "value", ["", "soon", "-1", "1.5", "٣", "Fri, 99 Jan 2027 08:00:00 GMT", "Mon, 01 Jan 99999 00:00:00 GMT"]
)
def test_parse_retry_after__unreadable(value: str) -> None:
    assert parse_retry_after(asks(value), NOW) is None


def test_parse_retry_after__absent() -> None:
    assert parse_retry_after(Reply(503), NOW) is None


@given(st.text() | st.integers(0).map(str) | st.floats().map(str))
def test_parse_retry_after__any_text(value: str) -> None:
    seconds = parse_retry_after(asks(value), NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
def test_is_worth_retrying__what_passes(status: int) -> None:
    assert is_worth_retrying(Reply(status), NOW)
    assert is_outage(Reply(status))


@pytest.mark.parametrize("status", [200, 202, 301, 308, 400, 401, 403, 404, 409, 413, 422])
def test_is_worth_retrying__what_stays(status: int) -> None:
    assert not is_worth_retrying(Reply(status), NOW)
    assert not is_outage(Reply(status))


@pytest.mark.parametrize("status", [501, 507, 599])
def test_is_outage__any_5xx_though_not_retried(status: int) -> None:
    assert is_outage(Reply(status))
    assert not is_worth_retrying(Reply(status), NOW)


def test_is_worth_retrying__429_with_a_wait_only() -> None:
    assert is_worth_retrying(asks("3", 429), NOW)
    assert not is_worth_retrying(Reply(429), NOW)
    assert is_outage(Reply(429))


@pytest.mark.parametrize("trouble", list(Cause))
def test_is_worth_retrying__troubles(trouble: Cause) -> None:
    final = trouble in {Cause.CERTIFICATE, Cause.FILE_CHANGED}
    assert is_worth_retrying(NoReply(trouble), NOW) is not final


@given(st.integers(1, 100))
def test_compute_wait__full_jitter_up_to_the_cap(attempt: int) -> None:
    wait = compute_wait(RetryPolicy(100, base=0.5, cap=30), Reply(503), attempt, NOW)
    assert 0 <= wait <= min(30, 0.5 * 2 ** (attempt - 1))


def test_compute_wait__spreads() -> None:
    policy = RetryPolicy(5, base=1, cap=30)
    waits = {compute_wait(policy, NoReply(Cause.RESET), 4, NOW) for _ in range(50)}
    assert len(waits) > 40
    assert max(waits) > 1


@pytest.mark.parametrize(("named", "expected"), [("7", 7), ("119", 119), ("121", 120), ("99999999999", 120)])
def test_compute_wait__what_the_index_names_counts(named: str, expected: float) -> None:
    assert compute_wait(RetryPolicy(5), asks(named), 1, NOW) == expected


class Far:
    """A far side with its answers prepared."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    async def once(self) -> Answer:
        return self.answers.pop(0)


def try_with(retrying: Retrying, far: Far) -> tuple[Answer, int]:
    tried = run(retrying.run("Audience", far.once, lambda answer: answer))
    return tried.value, tried.attempts


def test_run__final_at_once() -> None:
    journal = Journal()
    assert try_with(journal.retrying(), Far(Reply(200))) == (Reply(200), 1)
    assert not journal.lines


def test_run__until_it_fares_better() -> None:
    journal = Journal()
    far = Far(NoReply(Cause.RESET), asks("5"), Reply(422))
    assert try_with(journal.retrying(5), far) == (Reply(422), 3)
    assert [line.partition("  ")[0] for line in journal.lines] == [
        "warning: Audience: the connection broke",
        "warning: Audience: 503 Service Unavailable",
    ]
    assert 'next_attempt="2 of 5"' in journal.lines[0]
    assert 'wait="0.0 s"' in journal.lines[0]


def test_run__until_the_attempts_are_used_up() -> None:
    journal = Journal()
    far = Far(Reply(500), Reply(502), Reply(503), Reply(200))
    assert try_with(journal.retrying(3), far) == (Reply(503), 3)
    assert len(journal.lines) == 2


def test_run__one_attempt_means_one() -> None:
    assert try_with(Journal().retrying(1), Far(Reply(500), Reply(200))) == (Reply(500), 1)


def test_run__may_be_used_again() -> None:
    retrying = Journal().retrying(2)
    assert try_with(retrying, Far(Reply(500), Reply(500)))[1] == 2
    assert try_with(retrying, Far(Reply(500), Reply(200))) == (Reply(200), 2)


def test_run__the_wait_follows_the_latest_answer() -> None:
    journal = Journal()
    retrying = Retrying(RetryPolicy(3, base=0, retry_after_cap=0.001), lambda: NOW, journal.log)
    assert try_with(retrying, Far(Reply(503), asks("9"), Reply(200)))[1] == 3
    assert len(journal.lines) == 2
