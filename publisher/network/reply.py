"""The result of a request, as plain data: a reply, or why it is missing."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urljoin

import httpx

from publisher.network.url import Url

REPLY_LIMIT = 1 << 20  # bytes of a body that are kept by default
MAX_REDIRECTS = 5
NOT_A_URL = "it leads to something that is not a URL"
# By method, the redirects that keep method and body (RFC 9110, section 15.4).
_FOLLOWED = {"GET": frozenset({301, 302, 303, 307, 308}), "POST": frozenset({307, 308})}


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


def parse_redirect(answer: Answer, url: Url, method: str) -> Url | NoReply | None:
    """Return the target of a redirect, `NoReply` if it must not be followed, None if an answer is no redirect."""
    if not isinstance(answer, Reply) or not httpx.codes.is_redirect(answer.status):
        return None
    location = answer.headers.get("location", "")
    if not location:
        return NoReply(Cause.REDIRECT, "it has no `Location`")
    try:
        target = Url.parse(urljoin(str(url), location))
    except ValueError:
        return NoReply(Cause.REDIRECT, NOT_A_URL)
    if target.origin != url.origin:
        return NoReply(Cause.REDIRECT, f"it leads to another origin, `{target.at('/')}`")
    if answer.status not in _FOLLOWED[method]:
        return NoReply(Cause.REDIRECT, f"it leads to `{target}` without the body of the request")
    return target.at(target.path, target.query)


def follow_redirects(url: Url, method: str, ask: Callable[[Url], Answer]) -> Answer:
    """Return the answer at the end of all redirects on the same origin; `NoReply` if one cannot be followed."""
    for _ in range(MAX_REDIRECTS + 1):
        answer = ask(url)
        target = parse_redirect(answer, url, method)
        if not isinstance(target, Url):
            return target or answer
        url = target
    return NoReply(Cause.REDIRECT, "too many in a row")
