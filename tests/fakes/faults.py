"""What can happen to one HTTP request on its way to a server, as data."""

from dataclasses import dataclass
from enum import Enum


class End(Enum):
    """What happens to the client's connection after a request."""

    KEEP = "kept open for the next request"
    CLOSE = "closed in an orderly way, whether or not everything was read"
    RESET = "reset"
    HANG = "kept open without any further activity"


@dataclass(frozen=True, slots=True)
class Fault:
    """How the proxy handles one request, in the order of the fields. By default it forwards it unchanged."""

    read: int | None = None  # bytes of the body to read from the client first; None: all
    rate: float | None = None  # bytes per second at which to read the body; None: no limit
    forward: bool = True  # whether to forward the request to the server
    answer: bytes | None = None  # sent instead of the server's answer; None: the server's own, if there is one
    end: End = End.KEEP


PASS = Fault()
LOSE_ANSWER = Fault(answer=b"", end=End.RESET)  # the server handles the request, but its answer is lost
HANG = Fault(forward=False, answer=b"", end=End.HANG)  # the request is read and never answered
HANG_AFTER_WORK = Fault(answer=b"", end=End.HANG)  # the server handles the request, but never answers
# The request is read, and the connection is closed without an answer.
CLOSE = Fault(forward=False, answer=b"", end=End.CLOSE)


def reset(*, after: int | None = 0) -> Fault:
    """Reset the connection after so many bytes of the body, or all of them; nothing is forwarded."""
    return Fault(read=after, forward=False, answer=b"", end=End.RESET)


def slow(rate: float) -> Fault:
    """Read the body at so many bytes per second, then forward the request."""
    return Fault(rate=rate)


def answer_with(raw: bytes, *, end: End = End.CLOSE) -> Fault:
    """Read the request and answer with exactly these bytes; nothing is forwarded."""
    return Fault(forward=False, answer=raw, end=end)


def answer_early(raw: bytes, *, end: End) -> Fault:
    """Answer before reading the body; then close, hang, or (`KEEP`) read it to the end."""
    return Fault(read=0, forward=False, answer=raw, end=end)
