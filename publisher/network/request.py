"""One request as plain data; built anew for every attempt that needs a new body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from publisher.network.reply import REPLY_LIMIT

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from pydantic import SecretStr

    from publisher.network.url import Url

CONNECT_TIMEOUT = 10.0
"""Seconds in which a connection has to be made, the TLS handshake included."""

ANSWER_TIMEOUT = 30.0
"""Seconds that a request without a timeout of its own may take as a whole."""


class FileChanged(Exception):
    """The bytes behind a body are no longer those whose length was announced."""


class Body(Protocol):
    """A request body that is never in memory as a whole."""

    @property
    def length(self) -> int:
        """Bytes in all: the exact `Content-Length`."""

    @property
    def content_type(self) -> str:
        """The `Content-Type`, the boundary included."""

    def chunks(self) -> Generator[bytes, int, None]:
        """Yield the body from its start; what is sent in is the size in bytes wanted next.

        Raises `FileChanged` where the file behind it is no longer the one that was described.
        """


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask whom.

    `authorization` is the whole header value; it is sent to this URL and nowhere else. `timeout` is in seconds: for a
    request with a `Body` the longest time without progress (the whole answer counts as one step), otherwise for all
    of it; None leaves it to the client. `reply_limit` bounds the bytes of the answer that are kept.
    """

    method: str
    url: Url
    headers: Mapping[str, str] = field(default_factory=dict)
    authorization: SecretStr | None = None
    content: bytes | Body | None = None
    timeout: float | None = None
    reply_limit: int = REPLY_LIMIT
