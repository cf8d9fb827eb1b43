from __future__ import annotations

import pytest

from publisher.network.reply import Cause, NoReply, Reply


@pytest.mark.parametrize(
    ("status", "expected"), [(200, True), (202, True), (299, True), (199, False), (300, False), (500, False)]
)
def test_is_success__2xx(status: int, expected: bool) -> None:
    assert Reply(status).is_success is expected


def test_text__undecodable_bytes_are_replaced() -> None:
    assert Reply(200, body=b"gr\xc3\xbcn \xff").text == "grün \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(400, "Invalid value for filetype."), "400 Invalid value for filetype."),
        (Reply(503), "503 Service Unavailable"),
        (Reply(599), "599"),
    ],
)
def test_phrase__own_words_then_the_standard_ones(reply: Reply, expected: str) -> None:
    assert reply.phrase == reply.summary == expected


@pytest.mark.parametrize(("reason", "expected"), [("", True), ("Bad Request", True), ("Bad name", False)])
def test_has_standard_reason__nothing_beyond_the_status(reason: str, expected: bool) -> None:
    assert Reply(400, reason).has_standard_reason is expected


def test_json__parsed() -> None:
    assert Reply(200, body=b'{"audience": "index"}').json() == {"audience": "index"}


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe\xfd", b"[" * 200_000, b"1" * 10_000, b'{"a": "\xff"}'])
def test_json__none_where_it_is_not_json(body: bytes) -> None:
    assert Reply(200, body=body).json() is None


def test_no_answer__summary() -> None:
    assert NoReply(Cause.RESET).summary == "the connection broke"
    assert NoReply(Cause.TIMEOUT_SEND, "300 s").summary == "no byte could be sent for too long (300 s)"
