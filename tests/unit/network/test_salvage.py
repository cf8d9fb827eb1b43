from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from publisher.network.reply import Reply
from publisher.network.salvage import salvage

SEVERAL_LINES = (
    b"HTTP/1.1 400 Invalid attestations: 1 validation error\n  Input should be valid\r\n"
    b"Content-Type: application/json\r\nContent-Length: 12\r\n\r\n"
)


def test_salvage__line_feeds_in_the_reason() -> None:
    reply = salvage(SEVERAL_LINES + b'{"code": ""}')
    assert reply is not None
    assert (reply.status, reply.reason) == (400, "Invalid attestations: 1 validation error Input should be valid")
    assert reply.headers == {"content-type": "application/json", "content-length": "12"}
    assert reply.body == b'{"code": ""}'


def test_salvage__whole_lines_in_the_reason() -> None:
    reply = salvage(b"HTTP/1.0 400 one\r\ntwo three\r\nX:  y \t\r\n\r\n")
    assert reply == Reply(400, "one two three", {"x": "y"})


def test_salvage__a_head_that_does_not_end() -> None:
    assert salvage(b"HTTP/1.1 502 Bad\r\nServer: x") == Reply(502, "Bad", {"server": "x"})


def test_salvage__no_reason() -> None:
    assert salvage(b"HTTP/1.1 413") == Reply(413)


def test_salvage__nothing_in_there() -> None:
    for heard in (
        b"",
        b"SSH-2.0-x\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 2000 x\r\n",
        b"<html>HTTP/1.1 200 OK\r\n\r\n",
    ):
        assert salvage(heard) is None


def test_salvage__an_informational_answer_is_no_answer() -> None:
    assert salvage(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 a\nb\r\n\r\n") is None


@given(st.binary(max_size=200), st.sampled_from([b"", b"HTTP/1.1 400 ", SEVERAL_LINES]))
def test_salvage__any_bytes(heard: bytes, start: bytes) -> None:
    reply = salvage(start + heard)
    if start == SEVERAL_LINES:
        assert reply is not None
        assert reply.body == heard
    if reply is not None:
        assert "\n" not in reply.reason


def test_salvage__spaces_without_end_take_no_time() -> None:
    # A pattern that tries every way to divide these spaces would run for hours.
    padding = b" " * (1 << 16)
    reply = salvage(b"HTTP/1.1 400 x\r\na:" + padding + b"y" + padding + b"\nz\r\nb:" + padding + b"y\r\n\r\n")
    assert reply is not None
    assert reply.headers == {"b": "y"}
