import traceback
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.network.url import Url, UrlError

CANARY = "canary-4711"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://index.example", "https://index.example/"),
        ("HTTPS://Index.Example/Legacy/", "https://index.example/Legacy/"),
        ("https://index.example:443/x", "https://index.example/x"),
        ("http://index.example:80/x", "http://index.example/x"),
        ("http://index.example:443/x", "http://index.example:443/x"),
        ("https://index.example:8443/x?a=b#c", "https://index.example:8443/x?a=b#c"),
        ("https://[::1]:8443/x", "https://[::1]:8443/x"),
        (f"https://user:{CANARY}@index.example/x", "https://index.example/x"),
    ],
)
def test_parse__canonical_text_without_user_info(text: str, expected: str) -> None:
    assert str(Url.parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "must start with `https://`"),
        ("index.example/legacy/", "must start with `https://`"),
        ("ftp://index.example/", "must start with `https://`"),
        ("file:///etc/passwd", "must start with `https://`"),
        ("https:///legacy/", "no host name"),
        ("https://index.example:eighty/", "not a valid URL"),
        ("https://index.example:65536/", "not a valid URL"),
        ("https://index.example:0/", "not a valid URL"),
        ("https://[::1/", "not a valid URL"),
        ("https://[1::2::3]/", "not a valid URL"),
        ("https://[::1%25lo]/", "not a valid URL"),
        ("https://a..b/", "not a valid URL"),
        ("https://index.exa%6dple/", "not a valid URL"),
        ("https://xn--a/", "not a valid URL"),
        ("https://index.example/a b", "white space or control"),
        ("https://index.example/\r\nHost: other", "white space or control"),
        ("https://index.example/\x00", "white space or control"),
        ("https://index.example/\ud800", "white space or control"),
        (f"https://{'a' * 64}.example/", "not a valid URL"),
        ("https://index.\u00e9xample/", "not a valid URL"),
        ("https://index.example/" + "a" * 70_000, "not a valid URL"),
    ],
)
def test_parse__anything_else_says_why(text: str, why: str) -> None:
    with pytest.raises(UrlError, match=why):
        Url.parse(text)


@pytest.mark.parametrize(
    ("user_info", "user", "password"),
    [(f"us%40er:p%2F{CANARY}", "us@er", f"p/{CANARY}"), (CANARY, CANARY, "")],
)
def test_parse__user_info_is_decoded_and_secret(user_info: str, user: str, password: str) -> None:
    url = Url.parse(f"https://{user_info}@index.example/")
    assert url.user_info is not None
    assert (url.user_info.user, url.user_info.password.get_secret_value()) == (user, password)
    assert CANARY not in f"{url}{url!r}{url.user_info!r}"


@pytest.mark.parametrize("text", [f"https://user:{CANARY}#x@index.example/", f"https://user:{CANARY}/x@index.example/"])
def test_parse__a_mistake_shows_no_secret(text: str) -> None:
    with pytest.raises(UrlError) as caught:
        Url.parse(text)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, True) for host in ("localhost", "localhost.", "index.localhost", "127.0.0.1", "127.8.9.1", "[::1]")),
        *((host, False) for host in ("index.example", "localhost.example", "10.0.0.1", "[2001:db8::1]", "mylocalhost")),
    ],
)
def test_is_loopback__this_machine(host: str, expected: bool) -> None:
    assert Url.parse(f"http://{host}:8080/").is_loopback is expected


def test_at__keeps_the_origin_alone() -> None:
    url = Url.parse(f"https://user:{CANARY}@index.example:8443/a?b=c#d").at("/x", "y=z")
    assert str(url) == "https://index.example:8443/x?y=z"
    assert url.user_info is None


def test_origin__scheme_host_and_port() -> None:
    same = [Url.parse(text).origin for text in ("https://index.example/a", "https://INDEX.example:443/b?c")]
    assert same[0] == same[1]
    others = ("http://index.example/a", "https://index.example:444/a", "https://other.example/a")
    assert same[0] not in {Url.parse(text).origin for text in others}


@given(
    st.text(max_size=40)
    | st.from_regex(r"\Ahttps?://([a-z:@]{0,6})?[a-z0-9.\[\]:-]{1,12}(:[0-9]{1,6})?(/[ -~]{0,9})?\Z")
)
def test_parse__any_text_is_refused_or_stands_for_itself(text: str) -> None:
    with suppress(UrlError):
        url = Url.parse(text)
        again = Url.parse(str(url))
        assert (again.origin, again.path, again.query) == (url.origin, url.path, url.query)
        assert again.user_info is None
