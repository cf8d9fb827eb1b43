from __future__ import annotations

import pytest
import requests
from requests import exceptions
from tuf.api.exceptions import DownloadError, DownloadHTTPError

from publisher.attestations.failures import DETAIL_LIMIT, RATE_LIMIT_WAIT, describe_answer, explain_failure
from publisher.network.reply import Answer, Cause, NoReply, Reply
from publisher.network.retry import is_worth_retrying


def http_error(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    response._content = body
    response.headers.update(headers or {})
    return requests.HTTPError(response=response)


def explain_chained(cause: Exception) -> Answer | str:
    try:
        try:
            raise cause
        except type(cause):
            raise ValueError("wrapped")  # noqa: B904 -- as the libraries do
    except ValueError as error:
        return explain_failure(error)


def test_explain_failure__an_http_error_is_its_reply_however_deep_it_is_wrapped() -> None:
    answer = explain_chained(http_error(502, b"<html>", {"Retry-After": "3"}))
    assert answer == Reply(502, "", {"retry-after": "3"}, b"<html>")


def test_explain_failure__too_many_requests_are_worth_waiting_for() -> None:
    answer = explain_failure(http_error(429))
    assert isinstance(answer, Reply)
    assert answer.headers == {"retry-after": str(RATE_LIMIT_WAIT)}
    assert is_worth_retrying(answer, 0.0)


def test_explain_failure__a_wait_that_is_named_counts() -> None:
    answer = explain_failure(http_error(429, headers={"Retry-After": "60"}))
    assert isinstance(answer, Reply)
    assert answer.headers == {"retry-after": "60"}


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (exceptions.ProxyError("x"), Cause.PROXY),
        (exceptions.SSLError("x"), Cause.CERTIFICATE),
        (exceptions.ConnectTimeout("x"), Cause.TIMEOUT_CONNECT),
        (exceptions.ReadTimeout("x"), Cause.TIMEOUT_ANSWER),
        (exceptions.ConnectionError("x"), Cause.CONNECT),
        (exceptions.ChunkedEncodingError("x"), Cause.RESET),
        (exceptions.JSONDecodeError("x", "{", 0), Cause.UNUSABLE),
        (DownloadError("x"), Cause.RESET),
        (TimeoutError("x"), Cause.TIMEOUT_ANSWER),
        (KeyError("logIndex"), Cause.UNUSABLE),
    ],
)
def test_explain_failure__every_kind_of_trouble_has_its_name(error: Exception, trouble: Cause) -> None:
    answer = explain_failure(error)
    assert isinstance(answer, NoReply)
    assert answer.cause is trouble


def test_explain_failure__the_trust_root_has_statuses_too() -> None:
    assert explain_chained(DownloadHTTPError("x", 503)) == Reply(503)


def test_explain_failure__a_failure_on_this_machine_is_no_answer() -> None:
    assert explain_chained(PermissionError(13, "Permission denied")) == "PermissionError: Permission denied"
    assert explain_failure(OSError("odd")) == "OSError: no reason given"


def test_explain_failure__an_exception_that_is_its_own_cause_ends() -> None:
    error = ValueError("round")
    error.__cause__ = error
    assert isinstance(explain_failure(error), NoReply)


def test_explain_failure__a_text_is_cut_and_on_one_line() -> None:
    answer = explain_failure(ValueError("a\nb" + "c" * 10_000))
    assert isinstance(answer, NoReply)
    assert answer.detail.startswith("ValueError: a bc")
    assert len(answer.detail) <= DETAIL_LIMIT + len("ValueError: ")
    assert explain_failure(ValueError()) == NoReply(Cause.UNUSABLE, "ValueError")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Reply(400, body=b'{"code": 3, "message": "no such identity"}'), "400 Bad Request: no such identity"),
        (Reply(400, body=b'{"message": 7}'), "400 Bad Request"),
        (Reply(502, body=b"<html>"), "502 Bad Gateway"),
        (NoReply(Cause.RESET), "the connection broke"),
    ],
)
def test_describe_answer__quotes_the_far_side(answer: Answer, said: str) -> None:
    assert describe_answer(answer) == said


def test_describe_answer__a_long_message_is_cut() -> None:
    assert len(describe_answer(Reply(400, body=b'{"message": "' + b"x" * 10_000 + b'"}'))) < DETAIL_LIMIT + 50
