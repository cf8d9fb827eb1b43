"""Which proxy stands before which host."""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.network.url import Url, UrlError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

_BRACKETS = str.maketrans("", "", "[]")


def parse_proxy(text: str) -> Url:
    """Parse the address of an HTTP proxy, which may lack its scheme.

    Raises `UrlError`, which quotes nothing of it, for anything else.
    """
    address = text.strip()
    if address.lower().startswith("socks"):
        raise UrlError("a SOCKS proxy is not supported")
    try:
        url = Url.parse(address if "://" in address else f"http://{address}")
    except UrlError:
        url = None
    # What follows the host is nothing, or the rest of a password that was cut there.
    if url is None or url.path != "/" or url.query or url.fragment:
        wanted = "the URL of a proxy looks like `http://host:3128`, special characters in a password percent-encoded"
        raise UrlError(wanted)
    return url


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxies by the scheme of the URL that they are for; `exempt` is the text of `NO_PROXY`."""

    by_scheme: Mapping[str, Url]
    exempt: str = ""

    def choose(self, scheme: str, host: str, port: int) -> Url | None:
        """Return the proxy to go through, None where the way is straight."""
        is_exempt = any(_covers(entry, host, port) for entry in self.exempt.lower().split(","))
        return None if is_exempt else self.by_scheme.get(scheme)


NO_PROXIES = Proxies({})


def _covers(entry: str, host: str, port: int) -> bool:
    """Judge an entry of `NO_PROXY`, for which there is no standard, only habits.

    A host and all below it (`example`, `.example` and `*.example` alike), `host:port`, an address with or without
    brackets, a network (`10.0.0.0/8`), `*` for everything.
    """
    name = entry.strip().rpartition("://")[2].translate(_BRACKETS)
    if name in {"*", host, f"{host}:{port}"}:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        below = f".{name.lstrip('*').lstrip('.')}"
        return host.endswith(below) or f"{host}:{port}".endswith(below)
    try:
        return address in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False


def build_proxy_authorization(proxy: Url) -> dict[str, str]:
    """Return the header that carries the user info of a proxy's address (RFC 9110, section 11.7.2), if it has any."""
    if proxy.user_info is None:
        return {}
    return {"Proxy-Authorization": _build_basic(proxy.user_info.user, proxy.user_info.password)}


def _build_basic(user: str, password: SecretStr) -> str:
    pair = f"{user}:{password.get_secret_value()}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
