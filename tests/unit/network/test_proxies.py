from __future__ import annotations

import pytest

from publisher.network.proxies import NO_PROXIES, Proxies, build_proxy_authorization, parse_proxy
from publisher.network.url import Url, UrlError

PROXY = Url.parse("http://proxy.example:3128/")
PROXIES = Proxies({"https": PROXY})


@pytest.mark.parametrize("text", ["proxy.example:3128\n", "http://proxy.example:3128", "http://proxy.example:3128/"])
def test_parse_proxy__with_or_without_its_scheme(text: str) -> None:
    assert parse_proxy(text) == PROXY


@pytest.mark.parametrize("text", ["socks5://proxy.example:1080", "http://", "a b"])
def test_parse_proxy__no_http_proxy(text: str) -> None:
    with pytest.raises(UrlError) as caught:
        parse_proxy(text)
    assert "SOCKS" in str(caught.value) or "http://host:3128" in str(caught.value)


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
        ("other.example, INDEX.example", True),
        ("*", True),
        ("index.example:443", True),
        ("index.example:444", False),
        ("dex.example", False),
        ("other.example", False),
        ("", False),
    ],
)
def test_choose__hosts_that_are_excepted(exempt: str, is_straight: bool) -> None:
    assert (Proxies({"https": PROXY}, exempt).choose("https", "index.example", 443) is None) is is_straight


@pytest.mark.parametrize(
    ("exempt", "is_straight"), [("::1", True), ("[::1]", True), ("[::1]:443", True), ("::2", False)]
)
def test_choose__an_ipv6_address(exempt: str, is_straight: bool) -> None:
    assert (Proxies({"https": PROXY}, exempt).choose("https", "::1", 443) is None) is is_straight


def test_authorization__from_the_user_info() -> None:
    assert build_proxy_authorization(PROXY) == {}
    with_user = parse_proxy("http://us%40er:pass@proxy.example")
    assert build_proxy_authorization(with_user) == {"Proxy-Authorization": "Basic dXNAZXI6cGFzcw=="}
