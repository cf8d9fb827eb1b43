"""A parsed web address that never shows its user info."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

DEFAULT_PORTS = {"https": 443, "http": 80}

URL_LIMIT = 1 << 13
"""Characters of a URL that servers have to understand (RFC 9110, section 4.1), and more than anybody needs."""

_HOST_NAME = re.compile(r"[0-9a-z_-]{1,63}(\.[0-9a-z_-]{1,63})*\.?")


class UrlError(ValueError):
    """The text is no absolute http(s) URL; the message says what is wrong and echoes no user info."""


@dataclass(frozen=True, slots=True)
class UserInfo:
    """What stood before the `@`: percent-decoded, the password secret. Some put a token in the place of the user."""

    user: str = field(repr=False)
    password: SecretStr


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute http(s) URL; `str()` leaves the user info out. `host` is lower-case, IPv6 without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""
    fragment: str = ""
    user_info: UserInfo | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an absolute URL; raise `UrlError` for anything that is not one."""
        if any(character.isspace() or not character.isprintable() for character in text):
            msg = "contains white space or control characters"
            raise UrlError(msg)
        try:
            parts = urlsplit(text)
            port = parts.port
            is_usable = port != 0 and len(text) <= URL_LIMIT and _is_host(parts.hostname or "localhost")
        except ValueError:
            # Not `from error`: its text may quote a piece of the user info.
            msg = "is not a valid URL"
            raise UrlError(msg) from None
        if parts.scheme.lower() not in DEFAULT_PORTS:
            msg = "must start with `https://`"
            raise UrlError(msg)
        if not parts.hostname:
            msg = "has no host name"
            raise UrlError(msg)
        if not is_usable:
            msg = "is not a valid URL"
            raise UrlError(msg)
        user_info = None
        if parts.username is not None:
            user_info = UserInfo(unquote(parts.username), SecretStr(unquote(parts.password or "")))
        scheme = parts.scheme.lower()
        return cls(
            scheme=scheme,
            host=parts.hostname,
            port=DEFAULT_PORTS[scheme] if port is None else port,
            path=parts.path or "/",
            query=parts.query,
            fragment=parts.fragment,
            user_info=user_info,
        )

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: credentials never leave it."""
        return (self.scheme, self.host, self.port)

    @property
    def is_loopback(self) -> bool:
        """Whether the host can only be this machine, so that http is as safe as https."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def at(self, path: str, query: str = "") -> Url:
        """Return the URL of another absolute path on the same origin, without user info."""
        return replace(self, path=path, query=query, fragment="", user_info=None)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        query = f"?{self.query}" if self.query else ""
        fragment = f"#{self.fragment}" if self.fragment else ""
        return f"{self.scheme}://{host}{port}{self.path}{query}{fragment}"


def _is_host(host: str) -> bool:
    """Judge a lower-case host: an IPv4 address or a name in ASCII (`xn--` for other letters), or an IPv6 address.

    Raises ValueError for something with a colon that is no address.
    """
    if ":" in host:
        return ipaddress.IPv6Address(host).scope_id is None
    return _HOST_NAME.fullmatch(host) is not None
