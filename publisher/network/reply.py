"""What came back, as plain data: an HTTP reply, or the reason why there is none."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REPLY_LIMIT = 1 << 20
"""Bytes of a body that are kept; no answer that we understand is longer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `headers` have lower-case names; `body` ends after `REPLY_LIMIT` bytes; `reason` may be empty."""

    status: int
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        """Whether the status is a 2xx."""
        return self.status // 100 == 2  # noqa: PLR2004 -- the class of a status is its first digit

    @property
    def text(self) -> str:
        """Return the body as text, undecodable bytes replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def phrase(self) -> str:
        """Return the status with its reason, the standard one where the far side gave none."""
        return f"{self.status} {self.reason or _standard_phrase(self.status)}".rstrip()

    @property
    def has_standard_reason(self) -> bool:
        """Whether the reason phrase says nothing beyond the status."""
        return self.reason in {"", _standard_phrase(self.status)}

    def json(self) -> object:
        """Return the parsed body, or None where it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def summary(self) -> str:
        """Say in a few words what came back."""
        return self.phrase


class Cause(StrEnum):
    """Why there is no reply, as far as the cause can be told."""

    DNS = "the host name could not be resolved"
    CONNECT = "the connection could not be made"
    CERTIFICATE = "the certificate is not trusted"
    TLS = "the TLS handshake failed"
    PROXY = "the proxy refused the connection"
    TIMEOUT_CONNECT = "connecting took too long"
    TIMEOUT_SEND = "no byte could be sent for too long"
    TIMEOUT_ANSWER = "no answer came in time"
    RESET = "the connection broke"
    MALFORMED = "the answer is not valid HTTP"
    UNUSABLE = "the answer cannot be used"
    FILE_CHANGED = "the file changed while it was being published"


@dataclass(frozen=True, slots=True)
class NoReply:
    """No usable HTTP answer. `may_have_succeeded`: the request may have been carried out all the same."""

    cause: Cause
    detail: str = ""
    may_have_succeeded: bool = False

    @property
    def summary(self) -> str:
        """Say in a few words what went wrong."""
        return f"{self.cause} ({self.detail})" if self.detail else str(self.cause)


Answer = Reply | NoReply


def _standard_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
