"""A parsed http(s) URL that never shows its user info."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
from pydantic import SecretStr

DEFAULT_PORTS = {"https": 443, "http": 80}
URL_LIMIT = 1 << 13  # characters that every server must accept in a URL (RFC 9110, section 4.1)
_HOST_NAME = re.compile(r"[0-9a-z_-]{1,63}(\.[0-9a-z_-]{1,63})*\.?")


class UrlError(ValueError):
    """The text is not an absolute http(s) URL; the message is the predicate of a sentence and quotes nothing."""


@dataclass(frozen=True, slots=True)
class UserInfo:
    """User name and password, percent-decoded. The user name is not shown either: it may be a token."""

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
        """Parse an absolute URL; raise `UrlError` for anything else."""
        if any(character.isspace() or not character.isprintable() for character in text):
            raise UrlError("contains white space or control characters")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
            is_valid = port != 0 and len(text) <= URL_LIMIT and (not host or _is_host(host))
        except ValueError:
            # Not `from error`: its text may quote part of the user info.
            raise UrlError("is not a valid URL") from None
        if not is_valid:
            raise UrlError("is not a valid URL")
        if parts.scheme not in DEFAULT_PORTS:
            raise UrlError("must start with `https://`")
        if not host:
            raise UrlError("has no host name")
        user_info = None
        if parts.username is not None:
            user_info = UserInfo(unquote(parts.username), SecretStr(unquote(parts.password or "")))
        port = port or DEFAULT_PORTS[parts.scheme]
        return cls(parts.scheme, host, port, parts.path or "/", parts.query, parts.fragment, user_info)

    @property
    def origin(self) -> str:
        """The scheme, host, and port, beyond which credentials are never sent."""
        return f"{self.scheme}://{self.host_and_port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine, so that http is as safe as https."""
        host = self.host.rstrip(".")
        if f".{host}".endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    def at(self, path: str, query: str = "") -> Url:
        """Return the URL of another absolute path on the same origin, without user info."""
        return replace(self, path=path, query=query, fragment="", user_info=None)

    @property
    def host_and_port(self) -> str:
        """The authority (RFC 3986) without user info, the port always included."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        place = self.host_and_port.removesuffix(f":{DEFAULT_PORTS[self.scheme]}")
        return urlunsplit((self.scheme, place, self.path, self.query, self.fragment))


def _is_host(host: str) -> bool:
    """Return whether a lower-case host is an IP address or an ASCII name; may raise ValueError if not."""
    if ":" in host:
        return ipaddress.IPv6Address(host).scope_id is None
    # httpx decodes `xn--` labels and raises a ValueError for broken ones.
    return _HOST_NAME.fullmatch(host) is not None and bool(httpx.URL(scheme="https", host=host).host)
