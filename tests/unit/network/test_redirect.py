from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.network.redirect import DeadEnd, parse_redirect
from publisher.network.reply import Reply
from publisher.network.url import Url

HERE = Url.parse("https://user:secret@index.example/legacy?x=y")


def follow(status: int, location: str | None, method: str = "POST") -> Url | DeadEnd | None:
    return parse_redirect(
        Reply(status, headers={} if location is None else {"location": location}), HERE, method=method
    )


@pytest.mark.parametrize("status", [200, 201, 204, 400, 404, 500])
def test_parse_redirect__other_answers_are_none(status: int) -> None:
    assert follow(status, "/legacy/") is None


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
    assert "loses the request's body" in end.reason


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


@pytest.mark.parametrize("location", [None, ""])
def test_parse_redirect__nowhere_to_go(location: str | None) -> None:
    assert follow(308, location) == DeadEnd("it redirects without saying where to")


@pytest.mark.parametrize("location", ["https://[::1/", "ftp://index.example/", "/a b", "javascript:alert(1)"])
def test_parse_redirect__not_a_url(location: str) -> None:
    assert follow(308, location) == DeadEnd("it redirects to something that is not a URL")


@given(st.integers(300, 399), st.text(), st.sampled_from(["GET", "POST"]))
def test_parse_redirect__never_leaves_the_origin(status: int, location: str, method: str) -> None:
    target = follow(status, location, method)
    assert isinstance(target, DeadEnd) or (target is not None and target.origin == HERE.origin)
