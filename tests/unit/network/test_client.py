import ssl
from itertools import product
from pathlib import Path

import certifi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from publisher.network.client import Proxy, UnusableProxy, build_ssl_context, choose_proxies, is_exempt
from publisher.network.url import Url
from tests.fakes.serving import trusted_certificates

PASSWORD = "canary-4711"
INDEX = Url.parse("https://index.example/legacy/")
PLAIN = Url.parse("http://index.example:8080/legacy/")
PROXY = "http://proxy.example:3128"


def choose(*urls: Url, no_proxy: str = "", **values: str) -> dict[str, Proxy]:
    return choose_proxies(urls, {name.upper(): SecretStr(value) for name, value in values.items()}, no_proxy)


def test_choose_proxies__by_scheme_and_all_proxy_for_the_rest() -> None:
    other, third = "http://other.example:3128", "http://third.example"
    assert choose(INDEX, PLAIN, https_proxy=PROXY, http_proxy=other, all_proxy=third) == {
        "https://index.example:443": Proxy(Url.parse(PROXY), "HTTPS_PROXY"),
        "http://index.example:8080": Proxy(Url.parse(other), "HTTP_PROXY"),
    }
    assert [str(proxy) for proxy in choose(INDEX, PLAIN, https_proxy=PROXY, all_proxy=third).values()] == [
        "proxy.example:3128 from HTTPS_PROXY",
        "third.example:80 from ALL_PROXY",
    ]
    assert choose(INDEX, http_proxy=PROXY) == choose(INDEX) == {}


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "index.localhost", "127.8.9.1:8080"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_choose_proxies__never_for_loopback(scheme: str, host: str) -> None:
    loopback = Url.parse(f"{scheme}://{host}/legacy/")
    assert not choose(loopback, http_proxy=PROXY, https_proxy=PROXY, all_proxy=PROXY)
    assert not choose(loopback, http_proxy="socks5://proxy.example", https_proxy="socks5://proxy.example")


def test_choose_proxies__an_unusable_one_that_is_not_needed() -> None:
    socks = "socks5://proxy.example:1080"
    assert list(choose(INDEX, https_proxy=PROXY, all_proxy=socks)) == ["https://index.example:443"]
    assert choose(INDEX, all_proxy=socks, no_proxy="example") == {}


@pytest.mark.parametrize("value", ["proxy.example:3128\n", "http://proxy.example:3128", " http://proxy.example:3128/"])
def test_choose_proxies__with_or_without_its_scheme(value: str) -> None:
    assert list(choose(INDEX, https_proxy=value).values()) == [Proxy(Url.parse(PROXY), "HTTPS_PROXY")]


@pytest.mark.parametrize(
    "value",
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
@pytest.mark.parametrize("name", ["https_proxy", "all_proxy"])
def test_choose_proxies__an_unusable_one_is_named_but_not_quoted(name: str, value: str) -> None:
    with pytest.raises(UnusableProxy) as caught:
        choose(INDEX, **{name: value})
    assert caught.value.variable == name.upper()
    assert PASSWORD not in str(caught.value)
    assert "SOCKS" in caught.value.what or "`http://host:3128`" in caught.value.what


@pytest.mark.parametrize(
    ("expected", "hosts", "entries"),
    [
        (
            True,
            ("index.example", "index.example."),
            (
                *("index.example", "example", ".example", "*.example", "other.example, INDEX.example", "*"),
                *("index.example:443", ".example:443", "https://index.example/", "index.example."),
            ),
        ),
        (
            False,
            ("index.example", "index.example."),
            ("index.example:444", "dex.example", "10.0.0.0/8", "other.example", ",", ".", "*.", ""),
        ),
        (
            True,
            ("[fd00::1]",),
            ("fd00::1", "[fd00::1]", "fd00:0:0:0:0:0:0:1", "fd00::/8"),
        ),
        (False, ("[fd00::1]",), ("fd00::2", "10.0.0.0/8")),
        (True, ("10.1.2.3",), ("10.0.0.0/8", "10.1.2.3")),
        (False, ("10.1.2.3",), ("11.0.0.0/8", "10.1.2.4")),
    ],
)
def test_is_exempt__host_names_addresses_and_networks(
    expected: bool, hosts: tuple[str, ...], entries: tuple[str, ...]
) -> None:
    for host, no_proxy in product(hosts, entries):
        assert is_exempt(Url.parse(f"https://{host}/"), no_proxy) is expected, (host, no_proxy)


@given(st.text(alphabet="a1.:*[]/-@%é \t#,", max_size=40))
def test_is_exempt__any_text(no_proxy: str) -> None:
    assert is_exempt(INDEX, no_proxy) in {True, False}


def test_build_ssl_context__certifi_by_default() -> None:
    context = build_ssl_context(None, None)
    expected = ssl.create_default_context(cafile=certifi.where())
    assert context.cert_store_stats() == expected.cert_store_stats()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.verify_flags == expected.verify_flags


def test_build_ssl_context__a_file_instead_is_not_held_to_rfc_5280() -> None:
    with trusted_certificates() as path:
        context = build_ssl_context(path, None)
    assert context.cert_store_stats()["x509_ca"] == 1
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT


def test_build_ssl_context__a_directory_instead(tmp_path: Path) -> None:
    # Certificates in a directory are loaded when they are needed.
    assert build_ssl_context(None, tmp_path).cert_store_stats()["x509_ca"] == 0


def test_build_ssl_context__unusable(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    for path in (broken, tmp_path / "missing.pem"):
        with pytest.raises(OSError, match=r".+"):
            build_ssl_context(path, None)
