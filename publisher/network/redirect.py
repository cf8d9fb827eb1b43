"""Where a redirect leads, and whether it may be followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from publisher.network.reply import Answer, Reply
from publisher.network.url import Url, UrlError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MAX_REDIRECTS = 5
KEEPS_METHOD = frozenset({307, 308})
"""The redirects that say: the same request, body included, over there (RFC 9110, section 15.4)."""

_GET_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """A redirect that must not or cannot be followed; `reason` is a full clause."""

    reason: str


def parse_redirect(reply: Reply, url: Url, *, method: str) -> Url | DeadEnd | None:
    """Return where to go on, why not to, or None where the reply is no redirect at all.

    Only the same origin is ever a place to go on: neither a file nor a credential leaves the host the user named.
    """
    if reply.status // 100 != 3:  # noqa: PLR2004 -- the class of a status is its first digit
        return None
    location = reply.headers.get("location", "")
    if not location:
        return DeadEnd("it redirects without saying where to")
    try:
        target = Url.parse(urljoin(str(url), location))
    except (UrlError, ValueError):
        return DeadEnd("it redirects to something that is not a URL")
    if target.origin != url.origin:
        return DeadEnd(f"it redirects to another origin, `{target}`")
    followed = _GET_REDIRECTS if method == "GET" else KEEPS_METHOD
    if reply.status not in followed:
        return DeadEnd(f"it redirects to `{target}` in a way that loses the request's body")
    return target.at(target.path, target.query)


def explain_dead_end(reply: Reply, url: Url, method: str) -> str | None:
    """Say why following ended at this reply to a request for `url`; None where it is no redirect."""
    match parse_redirect(reply, url, method=method):
        case None:
            return None
        case DeadEnd(reason=reason):
            return reason
        case _:
            return "it redirects in a circle"


async def follow_redirects(url: Url, method: str, ask: Callable[[Url], Awaitable[Answer]]) -> Answer:
    """Ask at `url` and wherever redirects lead; return the last answer, a redirect only where that is a dead end."""
    answer = await ask(url)
    for _ in range(MAX_REDIRECTS):
        target = parse_redirect(answer, url, method=method) if isinstance(answer, Reply) else None
        if not isinstance(target, Url):
            break
        url = target
        answer = await ask(url)
    return answer
