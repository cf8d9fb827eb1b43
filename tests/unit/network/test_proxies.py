from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.network.proxies import judge_proxies
from publisher.network.trust import build_trustless_context

PASSWORD = "canary-4711"


@pytest.mark.parametrize(
    "text",
    ["http://proxy.example:3128", "https://proxy.example", "proxy.example:3128", "http://[::1]:3128", "10.0.0.1:1"],
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_proxy__usable(name: str, text: str) -> None:
    assert not judge_proxies({name: text}).unusable


@pytest.mark.parametrize(
    "text",
    [
        f"http://user:{PASSWORD}@proxy.example:none",
        f"http://user:{PASSWORD}@proxy.example:99999",
        f"http://user:{PASSWORD}#x@proxy.example",
        f"http://user:{PASSWORD}/x@proxy.example",
        f"http://user:{PASSWORD}@[::1",
        f" http://user:{PASSWORD}@proxy.example",
        f"http://user:{PASSWORD}\t@proxy.example",
        f"socks5://user:{PASSWORD}@proxy.example",
        "http://",
    ],
)
def test_proxy__unusable_is_named_without_its_value(text: str) -> None:
    proxies = judge_proxies({"HTTPS_PROXY": text, "http_proxy": "proxy.example"})
    assert proxies.unusable == ("HTTPS_PROXY",)
    assert PASSWORD not in repr(proxies)


def test_proxy__password_is_found() -> None:
    proxies = judge_proxies(
        {"HTTPS_PROXY": f"http://user:{PASSWORD}%21@proxy.example", "ALL_PROXY": "http://user@proxy.example"}
    )
    assert [each.get_secret_value() for each in proxies.passwords] == [f"{PASSWORD}!"]


@pytest.mark.parametrize(
    ("given_entries", "expected"),
    [
        ("", None),
        ("*", "*"),
        (
            "localhost, .internal ,*.corp.example,index.example:8443",
            "localhost,.internal,*.corp.example,index.example:8443",
        ),
        ("127.0.0.1,::1", "127.0.0.1,::1"),
        ("[::1],[fd00::1]:443", "::1,all://[fd00::1]:443"),
        ("https://index.example", "https://index.example"),
    ],
)
def test_exceptions__as_the_library_understands_them(given_entries: str, expected: str | None) -> None:
    proxies = judge_proxies({"NO_PROXY": given_entries})
    assert proxies.exceptions == ({} if expected is None else {"NO_PROXY": expected})
    assert not proxies.ignored


def test_exceptions__what_is_not_understood_is_left_out_and_named() -> None:
    proxies = judge_proxies({"no_proxy": "a.example,10.0.0.0/8,fd00::/8,[::1,x:y:z,é.example, ,a b"})
    assert proxies.exceptions == {"no_proxy": "a.example"}
    assert proxies.ignored == ("10.0.0.0/8", "fd00::/8", "[::1", "x:y:z", "é.example", "a b")


@given(
    st.lists(st.text(alphabet="a1.:*[]/-@%é \t#", max_size=12), max_size=4),
    st.text(alphabet="a1.:[]/@%# ", max_size=14),
)
def test_judge__what_is_left_can_be_used(entries: list[str], proxy: str) -> None:
    environ = {"NO_PROXY": ",".join(entries), "HTTPS_PROXY": f"http://{proxy}"}
    proxies = judge_proxies(environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", "" if proxies.unusable else environ["HTTPS_PROXY"])
        patch.setenv("NO_PROXY", proxies.exceptions.get("NO_PROXY", ""))
        httpx.AsyncClient(verify=build_trustless_context())  # raises for what it cannot read
