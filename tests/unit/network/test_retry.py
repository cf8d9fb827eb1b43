import itertools
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.network.reply import Answer, Cause, NoReply, Reply
from publisher.network.retry import (
    Retrying,
    RetryPolicy,
    compute_wait,
    find_wait,
    is_outage,
    is_worth_retrying,
    parse_retry_after,
    poll,
)
from tests.values import NOW, Journal


def asks(value: str, status: int = 503) -> Reply:
    return Reply(status, headers={"retry-after": value})


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


@pytest.mark.parametrize(
    "value", ["", "soon", "-1", "1.5", "٣", "Fri, 99 Jan 2027 08:00:00 GMT", "Mon, 01 Jan 99999 00:00:00 GMT"]
)
def test_parse_retry_after__unreadable(value: str) -> None:
    assert parse_retry_after(asks(value), NOW) is None


@given(st.text() | st.integers(0).map(str) | st.floats().map(str))
def test_parse_retry_after__any_text(value: str) -> None:
    seconds = parse_retry_after(asks(value), NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ratelimit": '"project.create.user";r=0;t=55569'}, 55569),
        ({"ratelimit": "limit=100, remaining=0, reset=50"}, 50),
        ({"ratelimit": '"a";r=0;t=9', "retry-after": "7"}, 7),
        ({"ratelimit": '"t=x";r=0'}, None),
        ({"ratelimit-reset": "3600"}, 3600),
        ({"x-ratelimit-reset": f"{NOW + 90:.0f}"}, 90),
        ({"x-ratelimit-reset": f"{NOW - 90:.0f}"}, 0),
        ({"x-ratelimit-reset": "Fri, 15 Jan 2027 10:01:00 +0200"}, None),
        ({}, None),
    ],
)
def test_find_wait__whatever_header_names_it(headers: dict[str, str], expected: float | None) -> None:
    assert find_wait(Reply(429, headers=headers), NOW) == expected


@pytest.mark.parametrize(
    ("reply", "outage", "retried"),
    [
        *((Reply(status), True, True) for status in (408, 425, 499, 500, 502, 503, 504, 520, 527)),
        *((Reply(status), False, False) for status in (200, 202, 301, 308, 400, 401, 403, 404, 409, 413, 422)),
        *((Reply(status), False, False) for status in (501, 505, 507)),
        *((Reply(status), True, False) for status in (506, 519, 528, 599, 429)),
        (asks("3", 429), True, True),
        (asks("121", 429), True, False),
        (asks("121"), True, True),
        (Reply(429, headers={"ratelimit": '"a";r=0;t=9'}), True, True),
    ],
)
def test_is_worth_retrying__what_passes(reply: Reply, outage: bool, retried: bool) -> None:
    assert (is_outage(reply), is_worth_retrying(reply, NOW)) == (outage, retried)


@pytest.mark.parametrize("trouble", list(Cause))
def test_is_worth_retrying__troubles(trouble: Cause) -> None:
    passing = {Cause.DNS, Cause.CONNECT, Cause.TLS, Cause.PROXY, Cause.RESET, Cause.MALFORMED, Cause.UNUSABLE}
    passing |= {Cause.TIMEOUT_CONNECT, Cause.TIMEOUT_SEND, Cause.TIMEOUT_ANSWER}
    assert is_worth_retrying(NoReply(trouble), NOW) is (trouble in passing)


@given(st.integers(1, 100))
def test_compute_wait__full_jitter_up_to_the_cap(attempt: int) -> None:
    wait = compute_wait(RetryPolicy(100, base=0.5, cap=30), Reply(503), attempt, NOW)
    assert 0 <= wait <= min(30, 0.5 * 2 ** (attempt - 1))


@pytest.mark.parametrize(("named", "expected"), [("7", 7), ("119", 119), ("121", 120), ("99999999999", 120)])
def test_compute_wait__what_the_index_names_counts(named: str, expected: float) -> None:
    assert compute_wait(RetryPolicy(5), asks(named), 1, NOW) == expected


def try_with(retrying: Retrying, *answers: Answer) -> tuple[Answer, int]:
    prepared = iter(answers)
    tried = retrying.run("Audience", lambda: next(prepared), lambda answer: answer)
    return tried.value, tried.attempts


def test_run__until_it_fares_better() -> None:
    journal = Journal()
    answers = (NoReply(Cause.RESET, "timed out"), Reply(503, "Service Unavailable"), Reply(422), Reply(200))
    assert try_with(journal.retrying(5), *answers) == (Reply(422), 3)
    assert journal.lines == [
        "warning: Audience: the connection broke (timed out); attempt 2 of 5 in 0.0 s",
        "warning: Audience: 503 Service Unavailable; attempt 3 of 5 in 0.0 s",
    ]


@pytest.mark.parametrize("attempts", [1, 3])
def test_run__until_the_attempts_are_used_up(attempts: int) -> None:
    journal = Journal()
    answers = [*(Reply(500 + number) for number in range(2, 2 + attempts)), Reply(200)]
    assert try_with(journal.retrying(attempts), *answers) == (Reply(501 + attempts), attempts)
    assert len(journal.lines) == attempts - 1


def test_run__the_wait_follows_the_latest_answer() -> None:
    journal = Journal()
    retrying = Retrying(RetryPolicy(3, base=0, retry_after_cap=0.001), lambda: NOW, journal.log)
    assert try_with(retrying, Reply(503), asks("9"), Reply(200))[1] == 3
    assert len(journal.lines) == 2


def test_poll__until_it_is_done_with_growing_pauses() -> None:
    answers = iter([False, False, False, True])
    pauses: list[float] = []
    poll(lambda: next(answers), pauses.append, 0.001, 0.002, 60)
    assert pauses == [0.001, 0.002, 0.002]


def test_poll__no_longer_than_allowed() -> None:
    calls = itertools.count()
    poll(lambda: next(calls) < 0, lambda _: None, 0, 0, 0)
    assert next(calls) == 1
