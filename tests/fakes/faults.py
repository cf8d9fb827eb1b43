"""What can happen to one HTTP request on its way to a server, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class End(Enum):
    """What becomes of the client's connection after a request."""

    KEEP = "it stays open for the next request"
    CLOSE = "it is closed in good order, whatever was not read"
    RESET = "it breaks"
    HANG = "it stays open and nothing happens on it any more"


@dataclass(frozen=True, slots=True)
class Fault:
    """How one request is treated, in the order of the fields. The default is to pass it through unharmed."""

    read: int | None = None
    """Bytes of the body that are taken from the client before anything else happens; None: all."""
    rate: float | None = None
    """Bytes per second at which the body is taken, steadily; None: as it comes."""
    forward: bool = True
    """Whether the server gets the request."""
    answer: bytes | None = None
    """Sent in place of the server's answer; None: the server's own, empty if it was not asked."""
    answer_rate: float | None = None
    """Bytes per second at which the answer trickles, byte by byte; None: at once."""
    end: End = End.KEEP


PASS = Fault()
LOSE_ANSWER = Fault(answer=b"", end=End.RESET)
"""The server does its work; nobody hears of it."""
HANG = Fault(forward=False, answer=b"", end=End.HANG)
"""The request is read, and never answered."""
HANG_AFTER_WORK = Fault(answer=b"", end=End.HANG)
"""The server does its work; its answer never comes."""
CLOSE = Fault(forward=False, answer=b"", end=End.CLOSE)
"""The request is read; the connection ends in good order without an answer."""


def reset(*, after: int | None = 0) -> Fault:
    """Break the connection after so many bytes of the body; None: after all of them. The server sees nothing."""
    return Fault(read=after, forward=False, answer=b"", end=End.RESET)


def stall(*, after: int = 0) -> Fault:
    """Take so many bytes of the body and then no more, without a word."""
    return Fault(read=after, forward=False, answer=b"", end=End.HANG)


def slow(rate: float) -> Fault:
    """Take the body steadily at so many bytes per second, then let the server answer."""
    return Fault(rate=rate)


def trickle(rate: float) -> Fault:
    """Let the answer come in single bytes, so many per second."""
    return Fault(answer_rate=rate)


def answer_with(raw: bytes, *, end: End = End.CLOSE) -> Fault:
    """Read the request, keep it from the server, and answer with these very bytes."""
    return Fault(forward=False, answer=raw, end=end)


def answer_early(raw: bytes, *, end: End) -> Fault:
    """Answer before the body is read; then close, hang without reading it, or (`KEEP`) read it to its end."""
    return Fault(read=0, forward=False, answer=raw, end=end)


def render_answer(
    status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, *, reason: str = "Because"
) -> bytes:
    """Write an HTTP answer byte for byte as told; `reason` may hold what it must not."""
    lines = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
