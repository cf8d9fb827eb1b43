"""A package index that behaves like PyPI, with its state as plain attributes."""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

from packaging.utils import canonicalize_name
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.fakes import uploads
from tests.fakes.github import FakeGitHub
from tests.fakes.service import FakeService, Seen, read_body
from tests.fakes.simple import JSON_TYPE, StoredFile, build_page
from tests.fakes.trusted_publishing import (
    MintedToken,
    MintRefusal,
    TrustedPublisher,
    match_publishers,
    parse_token,
    verify_id_token,
)
from tests.fakes.verdicts import Refusal

LIFETIME = 900.0  # seconds until an upload token expires
FIELD_LIMIT = 64 << 20
SENTENCES = {
    HTTPStatus.BAD_REQUEST: "The server could not comply with the request since it is either malformed or otherwise "
    "incorrect.",
    HTTPStatus.FORBIDDEN: "Access was denied to this resource.",
}


@dataclass(slots=True)
class Project:
    """A project: when each release was created, on the service's line of time."""

    releases: dict[str, int] = field(default_factory=dict)
    is_new: bool = False  # created by a pending publisher, and without a file so far


class FakeIndex(FakeService):
    """Mint upload tokens, accept distributions, list them.

    Endpoints for `script`: `audience`, `mint`, `burn`, `upload`, `simple`, `file`, and `slashless` (the upload URL
    without the trailing slash).
    """

    def __init__(
        self,
        github: FakeGitHub | None = None,
        *,
        clock: Callable[[], float] = time.time,
        latency: float = 0,
        deadlock_timeout: float = 0.01,
    ) -> None:
        self.clock = clock
        self.latency = latency  # seconds it takes to store a file; the upload counts as in progress meanwhile
        # Seconds until the database resolves a deadlock by failing an upload; one second on the real index.
        self.deadlock_timeout = deadlock_timeout
        self.deadlocks = 0  # how many uploads were answered 500 because of other uploads in progress
        self.audience = "fake-index"
        self.issuers = {github.issuer: github.key.public_key()} if github else {}
        self.listing_lag = 0  # how many listings do not include a new file yet
        self.publishers: list[TrustedPublisher] = []
        # Passwords by user name; `__token__` for an API token. Such users may create projects.
        self.users: dict[str, str] = {}
        self.readers: dict[str, str] = {}  # passwords by user name; if not empty, the Simple API and files require one
        self.tokens: dict[str, MintedToken] = {}
        self.used_id_tokens: set[str] = set()
        self.projects: dict[str, Project] = {}
        self.files: dict[str, StoredFile] = {}
        self.deleted: set[str] = set()
        super().__init__()

    def register(self, publisher: TrustedPublisher | None = None) -> TrustedPublisher:
        """Register a Trusted Publisher, and its project unless the publisher is pending."""
        publisher = publisher or TrustedPublisher()
        self.publishers.append(publisher)
        if not publisher.pending:
            self.create_project(publisher.project)
        return publisher

    def create_project(self, name: str) -> Project:
        """Create a project unless it exists."""
        return self.projects.setdefault(canonicalize_name(name), Project())

    def add(self, filename: str, content: bytes, *, project: str = "sample", version: str = "1.0") -> StoredFile:
        """Store a file as if it had been published earlier."""
        file = StoredFile(filename, canonicalize_name(project), version, content, self.tick())
        self.keep(file)
        return file

    def keep(self, file: StoredFile) -> None:
        """Store a file, and create its project and release if necessary."""
        self.files[file.filename] = file
        project = self.create_project(file.project)
        project.is_new = False
        project.releases.setdefault(file.version, file.stored)

    def filenames(self) -> list[str]:
        """Return the names of all files, sorted."""
        return sorted(self.files)

    def read(self, filename: str) -> bytes:
        """Return the content of a file."""
        return self.files[filename].content

    def _routes(self) -> list[Route]:
        return [
            self.route("/_/oidc/audience", "audience", self._get_audience),
            self.route("/_/oidc/mint-token", "mint", self._mint, "POST"),
            self.route("/_/oidc/burn-token", "burn", self._burn, "POST"),
            self.route("/legacy/", "upload", self._upload, "POST", self._read_form),
            self.route("/legacy", "slashless", self._add_slash, "POST", self._read_form),
            self.route("/simple/{project}", "simple", self._list),
            self.route("/simple/{project}/", "simple", self._list),
            self.route("/files/{sha256}/{filename}", "file", self._send_file),
        ]

    async def _get_audience(self, _: Request, __: Seen) -> Response:
        return JSONResponse({"audience": self.audience})

    async def _mint(self, _: Request, seen: Seen) -> Response:
        try:
            token = parse_token(seen.body)
            claims = verify_id_token(token, self.issuers, audience=self.audience, now=self.clock())
            matches = match_publishers(claims, self.publishers)
            jti = str(claims["jti"])
            if jti in self.used_id_tokens:
                raise MintRefusal("invalid-reuse-token", "invalid token: already used")  # noqa: TRY301
            if not await self._activate(matches):
                return _server_error()
        except MintRefusal as refusal:
            return JSONResponse(refusal.content(), 422)
        self.used_id_tokens.add(jti)
        projects = frozenset(canonicalize_name(publisher.project) for publisher in matches)
        minted = f"pypi-{secrets.token_urlsafe(48)}"
        self.tokens[minted] = MintedToken(projects, self.clock() + LIFETIME)
        return JSONResponse({"success": True, "token": minted, "expires": int(self.tokens[minted].expires)})

    async def _activate(self, matches: list[TrustedPublisher]) -> bool:
        """Create the projects of pending publishers; False if another request just did."""
        missing = {canonicalize_name(one.project) for one in matches if one.pending} - self.projects.keys()
        if missing:
            await asyncio.sleep(0)
            if missing & self.projects.keys():
                return False
            self.projects |= {name: Project(is_new=True) for name in missing}
        return True

    async def _burn(self, _: Request, seen: Seen) -> Response:
        try:
            token = self.tokens.get(parse_token(seen.body))
        except MintRefusal as refusal:
            return JSONResponse(refusal.content(), 422)
        if token is not None:
            token.burned = True
        return Response(status_code=202)

    async def _read_form(self, request: Request, seen: Seen) -> None:
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            await read_body(request, seen)
            return
        parser = MultiPartParser(request.headers, request.stream(), max_part_size=FIELD_LIMIT)
        seen.parts = parser.items  # known to other requests while the file is still on its way
        with suppress(MultiPartException):
            await parser.parse()
        if seen.file:
            seen.body = await seen.file.read()
            await seen.file.close()

    async def _add_slash(self, request: Request, _: Seen) -> Response:
        return RedirectResponse(f"{request.url.replace(path='/legacy/')}", 308)

    async def _upload(self, _: Request, seen: Seen) -> Response:
        if seen.value(":action") != "file_upload":
            return _not_found()
        try:
            await asyncio.sleep(self.latency)
            uploads.store(self, seen)
        except Refusal as refusal:
            return _refuse(refusal)
        except uploads.Collision as collision:
            self.deadlocks += 1
            await asyncio.sleep(self.deadlock_timeout if collision.is_deadlock else 0)
            return _server_error()
        return PlainTextResponse("\n\n")

    async def _list(self, request: Request, seen: Seen) -> Response:
        if not self._may_read(seen):
            return PlainTextResponse("Unauthorized", 401, {"WWW-Authenticate": 'Basic realm="index"'})
        asked = request.path_params["project"]
        project = canonicalize_name(asked)
        if asked != project or not seen.path.endswith("/"):
            return RedirectResponse(f"/simple/{project}/", 301)
        if project not in self.projects:
            return _not_found()
        files = [file for file in self.files.values() if file.project == project]
        shown = [file for file in files if not file.listings_to_miss]
        for file in files:
            file.listings_to_miss = max(0, file.listings_to_miss - 1)
        return JSONResponse(build_page(project, shown), media_type=JSON_TYPE)

    async def _send_file(self, request: Request, seen: Seen) -> Response:
        if not self._may_read(seen):
            return PlainTextResponse("Unauthorized", 401, {"WWW-Authenticate": 'Basic realm="index"'})
        file = self.files.get(request.path_params["filename"])
        if file is None or file.sha256 != request.path_params["sha256"]:
            return _not_found()
        return Response(file.content, media_type="application/octet-stream")

    def _may_read(self, seen: Seen) -> bool:
        user, password = uploads.parse_basic(seen.headers.get("authorization", ""))
        return not self.readers or self.readers.get(user) == password


def _refuse(refusal: Refusal) -> Response:
    status = HTTPStatus(refusal.status)
    body = f"{SENTENCES[status]}\n\n\n{refusal.message}\n\n"
    code = f"{status.value} {refusal.message}"
    return JSONResponse({"message": body, "code": code, "title": status.phrase}, status)


def _not_found() -> Response:
    return HTMLResponse("<html><head><title>Page Not Found (404)</title></head><body></body></html>", 404)


def _server_error() -> Response:
    return HTMLResponse("<html><head><title>Internal Server Error</title></head><body></body></html>", 500)
