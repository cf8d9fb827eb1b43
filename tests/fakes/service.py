"""What every fake service of the far side has: it remembers what it was asked and misbehaves by script."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

Pause = Callable[["Seen"], Awaitable[None]]
"""Awaited after a request has arrived whole and before it is judged: latency, or a gate that a test opens."""


@dataclass(slots=True)
class Seen:
    """One request as it arrived. `arrived` and `answered` are positions on one line of time, not seconds."""

    endpoint: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    arrived: int
    fields: list[tuple[str, str]] = field(default_factory=list)
    """The text fields of an upload form, in order."""
    filename: str | None = None
    """The name the `content` part of an upload form gives."""
    body: bytes = b""
    """Whatever was sent that is not an upload form."""
    status: int | None = None
    """The status of the answer; None while there is none."""
    answered: int | None = None

    def values(self, name: str) -> list[str]:
        """Return every value of a form field, in order."""
        return [value for key, value in self.fields if key == name]

    def value(self, name: str) -> str | None:
        """Return the first value of a form field; None where it was not sent."""
        return next(iter(self.values(name)), None)

    def json(self) -> object:
        """Return the parsed body; raise `ValueError` where it is not JSON."""
        return json.loads(self.body)

    def overlaps(self, other: Seen) -> bool:
        """Tell whether both requests were under way at one time."""
        first, second = sorted((self, other), key=lambda seen: seen.arrived)
        return first.answered is None or second.arrived < first.answered


@dataclass(frozen=True, slots=True)
class Answer:
    """A canned answer, given instead of doing the work, or (`after`) in place of the answer once it is done."""

    status: int
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: bool = False

    @classmethod
    def of_json(cls, status: int, content: object) -> Answer:
        """Build an answer whose body is JSON."""
        return cls(status, json.dumps(content), {"Content-Type": "application/json"})

    def response(self) -> Response:
        """Build the response that this answer stands for."""
        return Response(self.body, self.status, self.headers)


@dataclass(frozen=True, slots=True)
class Break:
    """Raise `error` instead of answering; `after`: with the work done.

    For services called in process; on the way to a served one the proxy breaks things.
    """

    error: Exception
    after: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    """Let one request through unharmed."""


PASS = Pass()

Entry = Answer | Break | Pass
Work = Callable[[Request, Seen], Awaitable[Response]]
Read = Callable[[Request, Seen], Awaitable[None]]


async def no_pause(_: Seen) -> None:
    """Give other requests a turn, as a real service's first wait for its database would."""
    await asyncio.sleep(0)


async def read_body(request: Request, seen: Seen) -> None:
    """Keep a small body whole."""
    seen.body = await request.body()


class FakeService:
    """An ASGI application whose state and history are plain attributes."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.pause: Pause = no_pause
        self.most_at_once = 0
        self._at_once = 0
        self._scripts: defaultdict[str, deque[Entry]] = defaultdict(deque)
        self._line_of_time = itertools.count(1)
        # Slashes matter: what a missing one leads to is the business of each service.
        self._app = Starlette(routes=self._routes())
        self._app.router.redirect_slashes = False

    def script(self, endpoint: str, *entries: Entry) -> None:
        """Queue what happens to the next requests for `endpoint`; then everything passes again."""
        self._scripts[endpoint].extend(entries)

    def seen(self, endpoint: str) -> list[Seen]:
        """Return the requests made to one endpoint, in order of arrival."""
        return [seen for seen in self.requests if seen.endpoint == endpoint]

    @property
    def unplayed(self) -> int:
        """Count the script entries that no request has met yet."""
        return sum(map(len, self._scripts.values()))

    def tick(self) -> int:
        """Return the next position on the line of time."""
        return next(self._line_of_time)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def _routes(self) -> list[Route]:
        raise NotImplementedError

    def route(self, path: str, endpoint: str, work: Work, method: str = "GET", read: Read = read_body) -> Route:
        """Build a route that records, obeys the script, and otherwise works."""

        async def serve(request: Request) -> Response:
            seen = Seen(
                endpoint=endpoint,
                method=request.method,
                path=request.url.path,
                query=request.url.query,
                headers=dict(request.headers),
                arrived=self.tick(),
            )
            self.requests.append(seen)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                await read(request, seen)
                await self.pause(seen)
                response = await self._play(request, seen, work)
                seen.status = response.status_code
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to read it
            finally:
                self._at_once -= 1
                seen.answered = self.tick()
            return response

        return Route(path, serve, methods=[method], name=endpoint)

    async def _play(self, request: Request, seen: Seen, work: Work) -> Response:
        queue = self._scripts[seen.endpoint]
        entry: Entry = queue.popleft() if queue else PASS
        done = await work(request, seen) if isinstance(entry, Pass) or entry.after else None
        match entry:
            case Answer():
                return entry.response()
            case Break():
                raise entry.error
            case Pass():
                assert done is not None
                return done
