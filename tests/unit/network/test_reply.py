import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.network.reply import (
    MAX_REDIRECTS,
    Answer,
    Cause,
    NoReply,
    Reply,
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


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe\xfd", b"[" * 200_000, b"1" * 10_000, b'{"a": "\xff"}'])
def test_json__none_if_it_is_not_json(body: bytes) -> None:
    assert Reply(200, body=body).json() is None


HERE = Url.parse("https://user:secret@index.example/legacy?x=y")


def redirect(status: int, location: str | None) -> Reply:
    return Reply(status, headers={} if location is None else {"location": location})


def parse(status: int, location: str | None, method: str = "POST") -> str | None:
    """Return the target of a redirect, or why there is none to follow."""
    match parse_redirect(redirect(status, location), HERE, method):
        case Url(user_info=None) as target:
            return str(target)
        case NoReply(Cause.REDIRECT, detail, may_have_succeeded=False):
            return detail
        case _:
            return None


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(
    "location", ["/legacy/", "legacy/", "https://index.example/legacy/", "//INDEX.example:443/legacy/"]
)
def test_parse_redirect__same_origin_keeps_a_post(status: int, location: str) -> None:
    assert parse(status, location) == "https://index.example/legacy/"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_parse_redirect__same_origin_for_a_get(status: int) -> None:
    assert parse(status, "/simple/sample/?a=b#c", "GET") == "https://index.example/simple/sample/?a=b"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304])
def test_parse_redirect__a_post_is_not_turned_into_a_get(status: int) -> None:
    assert parse(status, "/legacy/") == "it leads to `https://index.example/legacy/` without the body of the request"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        *("http://index.example/legacy/", "https://index.example:8443/legacy/", "https://evil.example/legacy/"),
        *("//evil.example/", "https://index.example@evil.example/", "https://index.example.evil.example/"),
    ],
)
def test_parse_redirect__another_origin_is_never_followed(method: str, status: int, location: str) -> None:
    assert str(parse(status, location, method)).startswith("it leads to another origin, `http")


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        *((location, "it has no `Location`") for location in (None, "")),
        *(
            (location, "it leads to something that is not a URL")
            for location in ("https://[::1/", "ftp://index.example/", "/a b", "javascript:alert(1)")
        ),
    ],
)
def test_parse_redirect__nowhere_to_go(location: str | None, reason: str) -> None:
    assert parse(308, location) == reason


@given(st.integers(300, 399), st.text(), st.sampled_from(["GET", "POST"]))
def test_parse_redirect__never_leaves_the_origin(status: int, location: str, method: str) -> None:
    target = parse_redirect(redirect(status, location), HERE, method)
    assert isinstance(target, NoReply) or (target is not None and target.origin == HERE.origin)


@pytest.mark.parametrize("answer", [*map(Reply, (200, 201, 204, 400, 404, 500)), NoReply(Cause.RESET)])
def test_follow_redirects__to_the_answer_at_their_end(answer: Answer) -> None:
    answers = {"/legacy": redirect(308, "/legacy/"), "/legacy/": answer}
    assert follow_redirects(HERE, "POST", lambda url: answers[url.path]) == answer


def test_follow_redirects__away_or_in_a_circle() -> None:
    asked = []

    def ask(url: Url) -> Answer:
        asked.append(url)
        return redirect(308, "/legacy")

    assert follow_redirects(HERE, "POST", ask) == NoReply(Cause.REDIRECT, "too many in a row")
    assert len(asked) == MAX_REDIRECTS + 1
    away = redirect(307, "https://evil.example/")
    assert follow_redirects(HERE, "POST", lambda _: away) == parse_redirect(away, HERE, "POST")
