"""Every request of a run, and every fault that can meet it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes.faults import (
    CLOSE,
    HANG,
    HANG_AFTER_WORK,
    LOSE_ANSWER,
    End,
    Fault,
    answer_early,
    answer_with,
    render_answer,
    reset,
    trickle,
)

if TYPE_CHECKING:
    from tests.fakes.proxy import Proxy
    from tests.integration.stage import Stage


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request: where it goes."""

    name: str
    path: str

    def proxy(self, stage: Stage) -> Proxy:
        """Return what stands in its way."""
        return stage.github_proxy if self.name == "id-token" else stage.index_proxy

    def count(self, stage: Stage) -> int:
        """Return how many requests of this kind set out."""
        return sum(passage.path.startswith(self.path) for passage in self.proxy(stage).passages)


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
    """A fault: what it is called in our messages, and whether another attempt is made.

    `worked`: the far side did its work all the same. `refusal`: an answer that says no, as against none that is usable.
    """

    name: str
    fault: Fault
    cause: str
    retried: bool = True
    worked: bool = False
    refusal: bool = False
    kinds: tuple[Kind, ...] = field(default=KINDS)
    brief: str = ""
    """What the requests of the exchange say in place of `cause`."""

    @property
    def takes_patience(self) -> bool:
        """Whether it is an answer that does not come, or not in time."""
        is_silent = self.fault.end is End.HANG and not self.fault.answer
        return is_silent or self.fault.answer_rate is not None

    def cause_at(self, kind: Kind) -> str:
        """Return the words by which people are told of it."""
        return self.brief if self.brief and kind in EXCHANGE else self.cause


CLOSING = {"Connection": "close"}
"""What the proxy does after an answer of its own; said, so that no next attempt is made over what is about to close."""


def answer(status: int, **headers: str) -> Fault:
    """Answer with a status and nothing else."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return answer_with(render_answer(status, headers=CLOSING | named))


def _answer_json(status: int, body: bytes) -> Fault:
    return answer_with(render_answer(status, body, CLOSING | {"Content-Type": "application/json"}))


def _answer_no_gzip(status: int) -> Fault:
    headers = CLOSING | {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    return answer_with(render_answer(status, b"{}", headers))


def _page(status: int) -> Fault:
    head = b"<html><head><title>Please sign in</title></head><body><input type=password>"
    page = head + b"<a href='/x'>x</a>" * 11_400 + b"</body></html>"
    return answer_with(render_answer(status, page, CLOSING | {"Content-Type": "text/html"}))


def _json(content: object) -> Fault:
    return _answer_json(200, json.dumps(content).encode())


_NOT_BURN = tuple(kind for kind in KINDS if kind is not BURN)
"""Giving tokens back has two seconds of its own; to spend them once is enough."""
_JSON_KINDS = (*EXCHANGE, LISTING)
HIDDEN = (
    b"HTTP/1.1 400 Bad name\nno second line\r\nContent-Type: application/json\r\nContent-Length: 42\r\n"
    b'Connection: close\r\n\r\n{"code": "400 Bad name\\nno second line"}'
)

BROKEN = (
    Case("reset before the body", reset(), "the connection broke"),
    Case("reset in the body", reset(after=2000), "the connection broke", kinds=(UPLOAD,)),
    Case("reset in the small body", reset(after=20), "the connection broke", kinds=(MINT, BURN)),
    Case("reset after the body", reset(after=None), "the connection broke"),
    Case("closed without an answer", CLOSE, "the connection broke"),
    Case("answer lost", LOSE_ANSWER, "the connection broke", worked=True),
    Case("hang", HANG, "no answer came in time"),
    Case("hang after the work", HANG_AFTER_WORK, "no answer came in time", worked=True, kinds=(MINT, UPLOAD)),
    Case("trickled answer", trickle(20), "no answer came in time", worked=True, kinds=_NOT_BURN),
    Case("garbage", answer_with(b"220 mail.example ESMTP ready\r\n"), "the answer is not valid HTTP"),
    Case(
        "status line cut off",
        answer_with(b"HTTP/1.1 2"),
        "the answer is not valid HTTP (it begins with `HTTP/1.1 2`)",
    ),
    Case(
        "answer cut off in its body",
        answer_with(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"a'),
        "the connection broke",
    ),
)
"""No answer at all, or none that is HTTP."""

RETRIED = tuple(Case(f"{status}", answer(status), f"{status} Because") for status in (408, 425, 500, 502, 503, 504))

_TYPICAL = (400, 401, 403, 407, 410, 429, 501, 520)
_FINAL_STATUSES = (
    *(400, 401, 402, 403, 404, 405, 406, 407, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424),
    *(426, 428, 429, 431, 451, 499, 501, 505, 506, 507, 508, 510, 511, 520, 599),
)

FINAL = tuple(
    Case(
        f"{status}",
        answer(status),
        f"{status} Because",
        retried=False,
        refusal=status < 500,
        kinds=KINDS if status in _TYPICAL else (UPLOAD,),
    )
    for status in _FINAL_STATUSES
)

WAITS = (
    Case("429 with seconds", answer(429, Retry_After="0"), "429 Because", refusal=True),
    Case("503 with seconds", answer(503, Retry_After="0"), "503 Because"),
    Case("503 with a date in the past", answer(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), "503 Because"),
    Case("503 with nonsense", answer(503, Retry_After="soon"), "503 Because"),
    Case("429 with nonsense", answer(429, Retry_After="soon"), "429 Because", retried=False, refusal=True),
)

ELSEWHERE = "http://127.0.0.2:9/elsewhere/"
_TO_ELSEWHERE = f"it redirects to another origin, `{ELSEWHERE}`"

REDIRECTS = (
    *(
        Case(
            f"{status} without Location",
            answer(status),
            "it redirects without saying where to",
            retried=False,
            brief=f"{status} ",
        )
        for status in (300, 301, 302, 303, 304, 305, 307, 308)
    ),
    *(
        Case(
            f"{status} to another origin",
            answer(status, Location=ELSEWHERE),
            _TO_ELSEWHERE,
            retried=False,
            brief=f"{status} ",
        )
        for status in (301, 302, 303, 307, 308)
    ),
    Case(
        "307 on the same origin",
        answer(307, Location="/elsewhere/"),
        "307 ",
        retried=False,
        kinds=(*EXCHANGE, BURN),
    ),
    Case(
        "308 to nowhere",
        answer(308, Location="ftp://[x"),
        "it redirects to something that is not a URL",
        retried=False,
        brief="308 ",
    ),
)

MISLEADING = (
    Case("newlines in the reason", answer_with(HIDDEN), "400 Bad name no second line", retried=False, refusal=True),
    Case("page of 200 KB", _page(200), "", retried=False, kinds=_JSON_KINDS),
    Case(
        "success as a page of 200 KB",
        _page(200),
        "the answer cannot be used (200 Because with a login page",
        kinds=(UPLOAD,),
    ),
    Case("refusal as a page of 200 KB", _page(403), "403 ", retried=False, refusal=True),
    Case("outage as a page of 200 KB", _page(503), "503 "),
    Case("JSON that is a list", _json([1]), "", retried=False, kinds=_JSON_KINDS),
    Case(
        "JSON of the wrong types",
        _json({"audience": 1, "value": {}, "token": None, "files": 7}),
        "",
        retried=False,
        kinds=_JSON_KINDS,
    ),
    Case("JSON too deep", _answer_json(200, b"[" * 100_000), "", retried=False, kinds=_JSON_KINDS),
    Case("gzip that is none", _answer_no_gzip(200), "", retried=False, kinds=_JSON_KINDS),
    Case("refusal as gzip that is none", _answer_no_gzip(403), "403 Because", retried=False, refusal=True),
    Case(
        "refused before the body was read",
        answer_early(render_answer(403, headers=CLOSING), end=End.CLOSE),
        "403 Because",
        retried=False,
        refusal=True,
    ),
    Case(
        "refused and hung up",
        answer_early(render_answer(403, headers=CLOSING), end=End.HANG),
        "403 Because",
        retried=False,
        refusal=True,
    ),
)

CASES = (*BROKEN, *RETRIED, *FINAL, *WAITS, *REDIRECTS, *MISLEADING)
MATRIX = [(kind, case) for case in CASES for kind in case.kinds]
