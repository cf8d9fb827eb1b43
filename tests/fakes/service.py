"""The base of all fake services: records requests and answers by script."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

# Awaited after a request has been read and before it is handled: latency, or a gate that a test opens.
Pause = Callable[["Seen"], Awaitable[None]]


@dataclass(slots=True)
class Seen:
    """One request. `arrived` and `answered` are positions on a common timeline, not seconds."""

    endpoint: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    arrived: int
    # The parts of an upload form that have arrived.
    parts: list[tuple[str, str | UploadFile]] = field(default_factory=list)
    body: bytes = b""  # the body, or the file in an upload form
    status: int | None = None  # the status of the answer; None if not answered yet
    answered: int | None = None

    @property
    def file(self) -> UploadFile | None:
        """Return the file of an upload form."""
        return next((part for name, part in self.parts if name == "content" and isinstance(part, UploadFile)), None)

    @property
    def filename(self) -> str | None:
        """Return the name of the file of an upload form."""
        return self.file.filename if self.file else None

    def values(self, name: str) -> list[str]:
        """Return every value of a form field, in order."""
        return [value for key, value in self.parts if key == name and isinstance(value, str)]

    def value(self, name: str) -> str | None:
        """Return the first value of a form field, or None."""
        return next(iter(self.values(name)), None)

    def json(self) -> object:
        """Return the parsed body; raise `ValueError` if it is not JSON."""
        return json.loads(self.body)

    def overlaps(self, other: Seen) -> bool:
        """Return whether both requests were in progress at the same time."""
        first, second = sorted((self, other), key=lambda seen: seen.arrived)
        return first.answered is None or second.arrived < first.answered


@dataclass(frozen=True, slots=True)
class Answer:
    """A canned answer, sent instead of handling the request, or (`after`) after handling it."""

    status: int
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: bool = False

    @classmethod
    def of_json(cls, status: int, content: object) -> Answer:
        """Build an answer whose body is JSON."""
        return cls(status, json.dumps(content), {"Content-Type": "application/json"})


@dataclass(frozen=True, slots=True)
class Pass:
    """Handle one request normally."""


PASS = Pass()

Entry = Answer | Pass
Work = Callable[[Request, Seen], Awaitable[Response]]
Read = Callable[[Request, Seen], Awaitable[None]]


async def no_pause(_: Seen) -> None:
    """Yield to other requests once, as a real service does when it waits for its database."""
    await asyncio.sleep(0)


async def read_body(request: Request, seen: Seen) -> None:
    """Read a small body."""
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
        # Each service handles missing trailing slashes itself.
        self._app = Starlette(routes=self._routes())
        self._app.router.redirect_slashes = False

    def script(self, endpoint: str, *entries: Entry) -> None:
        """Queue what happens to the next requests for `endpoint`."""
        self._scripts[endpoint].extend(entries)

    def seen(self, endpoint: str) -> list[Seen]:
        """Return the requests to one endpoint, in order of arrival."""
        return [seen for seen in self.requests if seen.endpoint == endpoint]

    def tick(self) -> int:
        """Return the next position on the timeline."""
        return next(self._line_of_time)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def _routes(self) -> list[Route]:
        raise NotImplementedError

    def route(self, path: str, endpoint: str, work: Work, method: str = "GET", read: Read = read_body) -> Route:
        """Build a route that records requests and follows the script."""

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
                return Response(status_code=400)  # the client is gone
            finally:
                self._at_once -= 1
                seen.answered = self.tick()
            return response

        return Route(path, serve, methods=[method], name=endpoint)

    async def _play(self, request: Request, seen: Seen, work: Work) -> Response:
        queue = self._scripts[seen.endpoint]
        entry: Entry = queue.popleft() if queue else PASS
        done = await work(request, seen) if isinstance(entry, Pass) or entry.after else None
        if isinstance(entry, Answer):
            return Response(entry.body, entry.status, entry.headers)
        assert done is not None
        return done
