"""What the environment says about proxies, judged before the HTTP library reads it there.

The library raises for what it cannot read, with the value, password included, in its text; one address in brackets in
`NO_PROXY` is enough.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.network.url import Url, UrlError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import SecretStr

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_EXCEPTIONS = "NO_PROXY"

_NAME = re.compile(r"((https?|all)://)?[A-Za-z0-9*._-]+(:[0-9]{1,5})?")
_ODD = re.compile(r"(?<![/@])\[")  # a bracket that begins no host
_BRACKETS = re.compile(r"\[(?P<address>[0-9A-Fa-f:.]+)\](?P<port>:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Proxies:
    """What has to be known of the proxies; names of variables are as the environment spells them.

    `unusable` names those that hold no URL of an HTTP proxy. `exceptions` are new values for `NO_PROXY`, without the
    entries that are `ignored` because the HTTP library does not understand them.
    """

    unusable: tuple[str, ...]
    passwords: tuple[SecretStr, ...]
    exceptions: Mapping[str, str]
    ignored: tuple[str, ...]


def judge_proxies(environ: Mapping[str, str]) -> Proxies:
    """Judge every variable that the HTTP library looks at, in upper and in lower case."""
    unusable: list[str] = []
    passwords: list[SecretStr] = []
    for name in _spellings(environ, _PROXIES):
        text = environ[name]
        try:
            url = Url.parse(text if "://" in text else f"http://{text}")
        except UrlError:
            url = None
        if url is None or _ODD.search(text):
            unusable.append(name)
        elif url.user_info is not None and len(url.user_info.password):
            passwords.append(url.user_info.password)
    exceptions: dict[str, str] = {}
    ignored: list[str] = []
    for name in _spellings(environ, (_EXCEPTIONS,)):
        entries = {entry: _translate(entry) for text in environ[name].split(",") if (entry := text.strip())}
        exceptions[name] = ",".join(entry for entry in entries.values() if entry is not None)
        ignored += [entry for entry, usable in entries.items() if usable is None]
    return Proxies(tuple(unusable), tuple(passwords), exceptions, tuple(ignored))


def _spellings(environ: Mapping[str, str], names: tuple[str, ...]) -> Iterator[str]:
    """Yield the names under which something stands in the environment."""
    yield from (name for upper in names for name in (upper, upper.lower()) if environ.get(name))


def _translate(entry: str) -> str | None:
    """Return an entry of `NO_PROXY` as the HTTP library understands it, None for one that it cannot."""
    try:
        return str(ipaddress.ip_address(entry))
    except ValueError:
        pass
    if match := _BRACKETS.fullmatch(entry):
        return f"all://[{match['address']}]{match['port']}" if match["port"] else _translate(match["address"])
    return entry if _NAME.fullmatch(entry) else None
