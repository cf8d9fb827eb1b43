"""The kinds of requests in a run, and the classes of faults."""

import json
from dataclasses import dataclass

from publisher.network.reply import Cause
from tests.fakes import raw
from tests.fakes.faults import (
    CLOSE,
    HANG,
    HANG_AFTER_WORK,
    LOSE_ANSWER,
    End,
    Fault,
    answer_early,
    answer_with,
    reset,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request and its path."""

    name: str
    path: str


AUDIENCE = Kind("audience", "/_/oidc/audience")
ID_TOKEN = Kind("id-token", "/idtoken/")
MINT = Kind("mint", "/_/oidc/mint-token")
LISTING = Kind("listing", "/simple/")
UPLOAD = Kind("upload", "/legacy/")
BURN = Kind("burn", "/_/oidc/burn-token")

EXCHANGE = (AUDIENCE, ID_TOKEN, MINT)
KINDS = (*EXCHANGE, LISTING, UPLOAD, BURN)


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, what the report says about it, and whether the request is repeated.

    `has_worked`: the server has handled the request nevertheless. `is_refusal`: an answer that refuses the upload.
    """

    name: str
    fault: Fault
    text: str
    kinds: tuple[Kind, ...] = KINDS
    is_retried: bool = True
    has_worked: bool = False
    is_refusal: bool = False


CLOSING = "Connection: close"  # sent with the proxy's own answers, so that the next attempt uses a new connection


def answer(status: int, body: bytes = b"", **headers: str) -> Fault:
    """Answer instead of the server; underscores in the names of headers stand for hyphens."""
    named = (f"{name.replace('_', '-')}: {text}" for name, text in headers.items())
    return answer_with(raw.answer(status, body, CLOSING, *named))


PAGE = b"<html><head><title>Please sign in</title></head><body><input type=password>" + b"<p>x</p>" * 25_000
WRONG_TYPES = json.dumps({"audience": 1, "value": {}, "token": None, "files": 7}).encode()
EARLY_REFUSAL = answer_early(raw.answer(413, b"", CLOSING), end=End.CLOSE)
ELSEWHERE = "http://127.0.0.2:9/elsewhere/"

NO_REPLY = (
    Case("reset before the body", reset(), Cause.RESET),
    Case("reset in the body", reset(after=2000), Cause.RESET, (UPLOAD,)),
    Case("closed without an answer", CLOSE, Cause.RESET),
    Case("answer lost", LOSE_ANSWER, Cause.RESET, (MINT, UPLOAD, BURN), has_worked=True),
    Case("answer cut off", answer_with(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), Cause.RESET),
    Case("no answer in time", HANG, Cause.TIMEOUT_ANSWER),
    Case("no answer after the work", HANG_AFTER_WORK, Cause.TIMEOUT_ANSWER, (UPLOAD,), has_worked=True),
    Case("not HTTP", answer_with(b"220 mail.example ESMTP ready\r\n\r\n"), Cause.MALFORMED),
)

STATUSES = (
    Case("outage", answer(503), "503 Because"),
    Case("outage with Retry-After", answer(503, Retry_After="0"), "503 Because", (MINT, LISTING, UPLOAD)),
    Case(
        "too many requests with Retry-After", answer(429, Retry_After="0"), '429: "Because', (UPLOAD,), is_refusal=True
    ),
    Case("too many requests", answer(429), '429: "Because', (UPLOAD,), is_retried=False, is_refusal=True),
    Case("refusal", answer(403), "403 Because", (*EXCHANGE, LISTING, BURN), is_retried=False, is_refusal=True),
    Case("refusal of an upload", answer(403), '403: "Because', (UPLOAD,), is_retried=False, is_refusal=True),
    Case("refusal before the body was read", EARLY_REFUSAL, "413", (UPLOAD,), is_retried=False, is_refusal=True),
    Case("refusal as a page", answer(403, PAGE, Content_Type="text/html"), "403", (MINT, UPLOAD), False, False, True),
)

REDIRECTS = (
    Case("redirect without Location", answer(302), "", is_retried=False),
    Case("redirect to another origin", answer(307, Location=ELSEWHERE), "", is_retried=False),
    Case("redirect on the same origin", answer(307, Location="/elsewhere/"), "307", (MINT, BURN), is_retried=False),
)

MISLEADING = (
    Case("success as a page", answer(200, PAGE, Content_Type="text/html"), Cause.UNUSABLE, (UPLOAD,), False),
    Case("page instead of JSON", answer(200, PAGE, Content_Type="text/html"), "", (*EXCHANGE, LISTING), False),
    Case("JSON of wrong types", answer(200, WRONG_TYPES), "", (*EXCHANGE, LISTING), is_retried=False),
    Case("JSON too deep", answer(200, b"[" * 100_000), "", (MINT, LISTING), is_retried=False),
    Case("gzip that is not", answer(200, b"{}", Content_Encoding="gzip"), "", (MINT, LISTING), is_retried=False),
)

MATRIX = [(kind, case) for case in (*NO_REPLY, *STATUSES, *REDIRECTS, *MISLEADING) for kind in case.kinds]
# Faults that pass; for the others, the number of attempts shows that they are retried.
TRANSIENT = [(kind, case) for case in (NO_REPLY[0], STATUSES[0]) for kind in KINDS]
