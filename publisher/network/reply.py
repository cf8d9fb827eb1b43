"""What a request led to, as plain data: a reply, a redirect, or the cause of a missing reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import urljoin

import httpx

from publisher.network.url import Url, UrlError

REPLY_LIMIT = 1 << 20  # bytes of a body that are kept by default
MAX_REDIRECTS = 5
NOT_A_URL = "it redirects to something that is not a URL"
# By method, the redirects that keep method and body (RFC 9110, section 15.4).
_FOLLOWED = {"GET": frozenset({301, 302, 303, 307, 308}), "POST": frozenset({307, 308})}
# The reason phrases that only repeat the status; those of 413 and 422 differ between versions of HTTP and Python.
_STANDARD_REASONS = {"", *(status.phrase for status in HTTPStatus), "Payload Too Large", "Unprocessable Entity"}
_STANDARD_REASONS |= {"Request Entity Too Large", "Content Too Large", "Unprocessable Content"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply. Names in `headers` are lower-case, `body` may be cut off, `reason` may be empty.

    `proxy` names the proxy that may have made up a server error by itself, empty if only the server can have.
    """

    status: int
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    proxy: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the status is a 2xx."""
        return httpx.codes.is_success(self.status)

    @property
    def is_server_error(self) -> bool:
        """Whether the status is a 5xx."""
        return httpx.codes.is_server_error(self.status)

    @property
    def text(self) -> str:
        """The body as text, undecodable bytes replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def summary(self) -> str:
        """The status with its reason phrase and the proxy, if any."""
        words = f"{self.status} {self.reason}".rstrip()
        return f"{words} (from the server or the proxy {self.proxy})" if self.proxy else words

    @property
    def has_standard_reason(self) -> bool:
        """Whether the reason phrase adds nothing to the status."""
        return self.reason in _STANDARD_REASONS

    def json(self) -> object:
        """Return the parsed body, or None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Cause(StrEnum):
    """Why there is no reply."""

    DNS = "the host name could not be resolved"
    CONNECT = "the connection could not be established"
    CERTIFICATE = "the certificate is not trusted"
    CERTIFICATE_DATE = "the certificate is not valid at this time"
    CERTIFICATE_HOST = "the certificate is for another host"
    CLIENT_CERTIFICATE = "the server requires a client certificate"
    TLS = "the TLS connection failed"
    PROXY = "the proxy failed"
    PROXY_REFUSED = "the proxy refused the request"
    TIMEOUT_CONNECT = "connecting took too long"
    TIMEOUT_SEND = "sending made no progress for too long"
    TIMEOUT_ANSWER = "no answer came in time"
    RESET = "the connection broke"
    MALFORMED = "the answer is not valid HTTP"
    REDIRECT = "the redirect cannot be followed"
    UNUSABLE = "the answer cannot be used"
    FILE_CHANGED = "the file changed while it was being published"


@dataclass(frozen=True, slots=True)
class NoReply:
    """No usable HTTP reply. `may_have_succeeded`: the far side may have carried out the request all the same."""

    cause: Cause
    detail: str = ""
    may_have_succeeded: bool = False

    @property
    def summary(self) -> str:
        """The cause with its detail in one line."""
        return f"{self.cause} ({self.detail})" if self.detail else str(self.cause)


Answer = Reply | NoReply


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """A redirect that was not followed; `reason` is a clause, `reply` the redirect itself, `origin` another one."""

    reply: Reply
    reason: str
    origin: Url | None = None


def parse_redirect(reply: Reply, url: Url, *, method: str) -> Url | DeadEnd | None:
    """Return the target of a redirect on the same origin, the dead end of any other, None if it is no redirect."""
    if not httpx.codes.is_redirect(reply.status):
        return None
    location = reply.headers.get("location", "")
    if not location:
        return DeadEnd(reply, "it redirects without a `Location`")
    try:
        target = Url.parse(urljoin(str(url), location))
    except (UrlError, ValueError):
        return DeadEnd(reply, NOT_A_URL)
    if target.origin != url.origin:
        return DeadEnd(reply, f"it redirects to another origin, `{target}`", target.at("/"))
    if reply.status not in _FOLLOWED[method]:
        return DeadEnd(reply, f"it redirects to `{target}` in a way that drops the body of the request")
    return target.at(target.path, target.query)


def explain_dead_end(reply: Reply, url: Url, method: str) -> DeadEnd | None:
    """Return why `follow_redirects` stopped at this reply of `url`, or None if the reply is not a redirect."""
    redirect = parse_redirect(reply, url, method=method)
    return DeadEnd(reply, "it redirects too many times") if isinstance(redirect, Url) else redirect


def follow_redirects(url: Url, method: str, ask: Callable[[Url], Answer]) -> Answer:
    """Return the answer at the end of all redirects that may be followed; a redirect if that is a dead end."""
    answer = ask(url)
    for _ in range(MAX_REDIRECTS):
        target = parse_redirect(answer, url, method=method) if isinstance(answer, Reply) else None
        if not isinstance(target, Url):
            break
        url = target
        answer = ask(url)
    return answer
