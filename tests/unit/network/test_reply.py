from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.network.reply import (
    MAX_REDIRECTS,
    Answer,
    Cause,
    DeadEnd,
    NoReply,
    Reply,
    explain_dead_end,
    follow_redirects,
    parse_redirect,
)
from publisher.network.url import Url


def test_text__undecodable_bytes_are_replaced() -> None:
    assert Reply(200, body=b"gr\xc3\xbcn \xff").text == "grün \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(400, "Invalid value for filetype."), "400 Invalid value for filetype."),
        (Reply(503), "503"),
        (NoReply(Cause.RESET), "the connection broke"),
        (NoReply(Cause.TIMEOUT_SEND, "300 s"), "sending made no progress for too long (300 s)"),
    ],
)
def test_summary__in_the_far_sides_own_words(reply: Answer, expected: str) -> None:
    assert reply.summary == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("", True),
        ("Bad Request", True),
        ("Unprocessable Entity", True),
        ("Unprocessable Content", True),
        ("Bad name", False),
    ],
)
def test_has_standard_reason__whatever_the_version_of_python(reason: str, expected: bool) -> None:
    assert Reply(422, reason).has_standard_reason is expected


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe\xfd", b"[" * 200_000, b"1" * 10_000, b'{"a": "\xff"}'])
def test_json__none_if_it_is_not_json(body: bytes) -> None:
    assert Reply(200, body=body).json() is None


HERE = Url.parse("https://user:secret@index.example/legacy?x=y")


def redirect(status: int, location: str | None) -> Reply:
    return Reply(status, headers={} if location is None else {"location": location})


def follow(status: int, location: str | None, method: str = "POST") -> Url | DeadEnd | None:
    return parse_redirect(redirect(status, location), HERE, method=method)


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(
    "location", ["/legacy/", "legacy/", "https://index.example/legacy/", "//INDEX.example:443/legacy/"]
)
def test_parse_redirect__same_origin_keeps_a_post(status: int, location: str) -> None:
    target = follow(status, location)
    assert isinstance(target, Url)
    assert (str(target), target.user_info) == ("https://index.example/legacy/", None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_parse_redirect__same_origin_for_a_get(status: int) -> None:
    assert str(follow(status, "/simple/sample/?a=b#c", "GET")) == "https://index.example/simple/sample/?a=b"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304])
def test_parse_redirect__a_post_is_not_turned_into_a_get(status: int) -> None:
    end = follow(status, "/legacy/")
    assert isinstance(end, DeadEnd)
    assert "drops the body of the request" in end.reason


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        *("http://index.example/legacy/", "https://index.example:8443/legacy/", "https://evil.example/legacy/"),
        *("//evil.example/", "https://index.example@evil.example/", "https://index.example.evil.example/"),
    ],
)
def test_parse_redirect__another_origin_is_a_dead_end(method: str, status: int, location: str) -> None:
    end = follow(status, location, method)
    assert isinstance(end, DeadEnd)
    assert "another origin" in end.reason


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        *((location, "it redirects without a `Location`") for location in (None, "")),
        *(
            (location, "it redirects to something that is not a URL")
            for location in ("https://[::1/", "ftp://index.example/", "/a b", "javascript:alert(1)")
        ),
    ],
)
def test_parse_redirect__nowhere_to_go(location: str | None, reason: str) -> None:
    assert follow(308, location) == DeadEnd(redirect(308, location), reason)


@given(st.integers(300, 399), st.text(), st.sampled_from(["GET", "POST"]))
def test_parse_redirect__never_leaves_the_origin(status: int, location: str, method: str) -> None:
    target = follow(status, location, method)
    assert isinstance(target, DeadEnd) or (target is not None and target.origin == HERE.origin)


def test_follow_redirects__to_the_answer_at_their_end() -> None:
    answers: dict[str, Answer] = {"/legacy": redirect(308, "/legacy/"), "/legacy/": Reply(200)}
    assert follow_redirects(HERE, "POST", lambda url: answers[url.path]) == Reply(200)
    assert follow_redirects(HERE, "POST", lambda _: NoReply(Cause.RESET)) == NoReply(Cause.RESET)


def test_follow_redirects__in_a_circle() -> None:
    circle, asked = redirect(308, "/legacy"), []

    def ask(url: Url) -> Answer:
        asked.append(url)
        return circle

    assert follow_redirects(HERE, "POST", ask) == circle
    assert len(asked) == MAX_REDIRECTS + 1
    assert explain_dead_end(circle, HERE, "POST") == DeadEnd(circle, "it redirects too many times")


def test_explain_dead_end__of_the_last_reply() -> None:
    away = redirect(307, "https://evil.example/")
    assert explain_dead_end(away, HERE, "POST") == parse_redirect(away, HERE, method="POST")
    for status in (200, 201, 204, 400, 404, 500):
        assert explain_dead_end(redirect(status, "/legacy/"), HERE, "POST") is None
