from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.network.proxies import NO_PROXIES, Proxies, build_proxy_authorization, parse_proxy
from publisher.network.url import Url, UrlError

PASSWORD = "canary-4711"
PROXY = Url.parse("http://proxy.example:3128/")
PROXIES = Proxies({"https": PROXY})


@pytest.mark.parametrize("text", ["proxy.example:3128\n", "http://proxy.example:3128", " http://proxy.example:3128/"])
def test_parse_proxy__with_or_without_its_scheme(text: str) -> None:
    assert parse_proxy(text) == PROXY


@pytest.mark.parametrize(
    "text",
    [
        f"http://user:{PASSWORD}@proxy.example:none",
        f"http://user:{PASSWORD}@proxy.example:99999",
        f"http://user:{PASSWORD}#x@proxy.example",
        f"http://user:{PASSWORD}/x@proxy.example",
        f"http://4711/{PASSWORD}@proxy.example",
        f"http://user:{PASSWORD}@[::1",
        f"http://user:{PASSWORD}\t@proxy.example",
        f"socks5://user:{PASSWORD}@proxy.example",
        "gopher://proxy.example",
        "http://",
    ],
)
def test_parse_proxy__what_is_none_is_not_quoted(text: str) -> None:
    with pytest.raises(UrlError) as caught:
        parse_proxy(text)
    assert PASSWORD not in str(caught.value)
    assert "SOCKS" in str(caught.value) or "`http://host:3128`" in str(caught.value)


def test_choose__by_scheme() -> None:
    assert PROXIES.choose("https", "index.example", 443) == PROXY
    assert PROXIES.choose("http", "index.example", 80) is None
    assert NO_PROXIES.choose("https", "index.example", 443) is None


@pytest.mark.parametrize(
    ("exempt", "is_straight"),
    [
        ("index.example", True),
        ("example", True),
        (".example", True),
        ("*.example", True),
        ("other.example, INDEX.example", True),
        ("*", True),
        ("index.example:443", True),
        (".example:443", True),
        ("https://index.example", True),
        ("index.example:444", False),
        ("dex.example", False),
        ("10.0.0.0/8", False),
        ("other.example", False),
        (",", False),
        ("", False),
    ],
)
def test_choose__hosts_that_are_excepted(exempt: str, is_straight: bool) -> None:
    assert (Proxies({"https": PROXY}, exempt).choose("https", "index.example", 443) is None) is is_straight


@pytest.mark.parametrize(
    ("exempt", "host", "is_straight"),
    [
        ("::1", "::1", True),
        ("[::1]", "::1", True),
        ("[::1]:443", "::1", True),
        ("0:0:0:0:0:0:0:1", "::1", True),
        ("::2", "::1", False),
        ("fd00::/8", "fd00::1", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "::1", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("2.3", "10.1.2.3", False),
    ],
)
def test_choose__addresses_and_networks(exempt: str, host: str, is_straight: bool) -> None:
    assert (Proxies({"https": PROXY}, exempt).choose("https", host, 443) is None) is is_straight


@given(st.text(alphabet="a1.:*[]/-@%é \t#,", max_size=40))
def test_choose__whatever_stands_there(exempt: str) -> None:
    assert Proxies({"https": PROXY}, exempt).choose("https", "index.example", 443) in {None, PROXY}


def test_authorization__from_the_user_info() -> None:
    assert build_proxy_authorization(PROXY) == {}
    with_user = parse_proxy("http://us%40er:pass@proxy.example")
    assert build_proxy_authorization(with_user) == {"Proxy-Authorization": "Basic dXNAZXI6cGFzcw=="}
