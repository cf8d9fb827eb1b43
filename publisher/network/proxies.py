"""Which proxy stands before which host."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.request import proxy_bypass

from publisher.network.url import Url, UrlError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr


_BRACKETS = str.maketrans("", "", "[]")
"""Some write `[::1]` into `NO_PROXY`, and some `::1`."""


def parse_proxy(text: str) -> Url:
    """Parse the address of an HTTP proxy, which may lack its scheme; raise `UrlError`, which quotes nothing, for others."""
    address = text.strip()
    if address.lower().startswith("socks"):
        raise UrlError("a SOCKS proxy is not supported")
    try:
        return Url.parse(address if "://" in address else f"http://{address}")
    except UrlError as error:
        wanted = "the URL of a proxy looks like `http://host:3128`, special characters in a password percent-encoded"
        raise UrlError(wanted) from error


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxies by the scheme of the URL that they are for; `exempt` is the text of `NO_PROXY`."""

    by_scheme: Mapping[str, Url]
    exempt: str = ""

    def choose(self, scheme: str, host: str, port: int) -> Url | None:
        """Return the proxy to go through, None where the way is straight."""
        # As the standard library reads it: hosts, their parents and `host:port`, separated by commas, or `*` for all.
        is_exempt = proxy_bypass(f"{host}:{port}", {"no": self.exempt.translate(_BRACKETS)})
        return None if is_exempt else self.by_scheme.get(scheme)


NO_PROXIES = Proxies({})


def build_proxy_authorization(proxy: Url) -> dict[str, str]:
    """Return the header that carries the user info of a proxy's address (RFC 9110, section 11.7.2), if it has any."""
    if proxy.user_info is None:
        return {}
    return {"Proxy-Authorization": _build_basic(proxy.user_info.user, proxy.user_info.password)}


def _build_basic(user: str, password: SecretStr) -> str:
    pair = f"{user}:{password.get_secret_value()}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
