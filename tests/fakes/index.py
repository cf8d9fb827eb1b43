"""A package index that behaves like PyPI towards whoever publishes, with its state as plain attributes."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
import time
import weakref
from dataclasses import dataclass, field
from hashlib import blake2b, md5, sha256
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from tests.fakes import pages, simple, uploads
from tests.fakes.form import EVERY_HASH, Form, FormReader, parse_boundary
from tests.fakes.service import FakeService, Seen, read_body
from tests.fakes.simple import StoredFile
from tests.fakes.trusted_publishing import (
    MintedToken,
    MintRefusal,
    TrustedPublisher,
    match_publishers,
    parse_token,
    verify_id_token,
)
from tests.fakes.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.routing import Route

    from tests.fakes.github import FakeGitHub
    from tests.fakes.jwt import Jwk

LIFETIME = 900.0
"""Seconds an upload token is good for."""


@dataclass(slots=True)
class Project:
    """A project: when each release came to be, on the service's line of time."""

    releases: dict[str, int] = field(default_factory=dict)


class FakeIndex(FakeService):
    """Mint upload tokens, take distributions, list them.

    Endpoints for `script`: `audience`, `mint`, `burn`, `upload`, `slashless` (the upload URL without its last slash),
    `simple`, `file`.
    """

    def __init__(
        self, github: FakeGitHub | None = None, *, clock: Callable[[], float] = time.time, keep_files: bool = True
    ) -> None:
        self.clock = clock
        self.keep_files = keep_files
        """False: contents are hashed and forgotten, which suits measuring."""
        self.hashes = EVERY_HASH
        """Which digests are compared; `sha256` must be among them."""
        self.audience = "fake-index"
        self.issuers: Mapping[str, Sequence[Jwk]] = {github.issuer: github.jwks()} if github else {}
        self.lifetime = LIFETIME
        self.can_burn = True
        self.listing_lag = 0
        """How many listings a new file is missing from."""
        self.publishers: list[TrustedPublisher] = []
        self.users: dict[str, str] = {}
        """Passwords by user name; `__token__` for an API token. Such users may create projects."""
        self.readers: dict[str, str] = {}
        """If there are any, only they may read the Simple API and files."""
        self.tokens: dict[str, MintedToken] = {}
        self.used_id_tokens: set[str] = set()
        self.projects: dict[str, Project] = {}
        self.files: dict[str, StoredFile] = {}
        self.deleted: set[str] = set()
        self._directory = Path(tempfile.mkdtemp(prefix="fake-index-"))
        weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)
        super().__init__()

    def register(self, publisher: TrustedPublisher | None = None) -> TrustedPublisher:
        """Register a Trusted Publisher, and its project unless the publisher is pending."""
        publisher = publisher or TrustedPublisher()
        self.publishers.append(publisher)
        if not publisher.pending:
            self.create_project(publisher.project)
        return publisher

    def create_project(self, name: str) -> Project:
        """Have a project, an empty one if it is new."""
        return self.projects.setdefault(canonicalize_name(name), Project())

    def add(self, filename: str, content: bytes, *, project: str = "sample", version: str = "1.0") -> StoredFile:
        """Have a file as if it had been published earlier."""
        digests = {
            "md5": md5(content, usedforsecurity=False).hexdigest(),
            "sha256": sha256(content).hexdigest(),
            "blake2_256": blake2b(content, digest_size=32).hexdigest(),
        }
        path = self._new_path()
        path.write_bytes(content)
        name = canonicalize_name(project)
        file = StoredFile(filename, name, version, len(content), digests, path, stored=self.tick())
        self.keep(file)
        return file

    def keep(self, file: StoredFile) -> None:
        """Have a file, and its project and release with it."""
        self.files[file.filename] = file
        self.create_project(file.project).releases.setdefault(file.version, file.stored)

    def filenames(self) -> list[str]:
        """Return the names of all files the index has, sorted."""
        return sorted(self.files)

    def read(self, filename: str) -> bytes:
        """Return the content of a file the index keeps."""
        path = self.files[filename].path
        assert path is not None, "the index was told to keep no contents"
        return path.read_bytes()

    def _routes(self) -> list[Route]:
        return [
            self.route("/_/oidc/audience", "audience", self._say_audience),
            self.route("/_/oidc/mint-token", "mint", self._mint, "POST"),
            self.route("/_/oidc/burn-token", "burn", self._burn, "POST"),
            self.route("/legacy/", "upload", self._upload, "POST", self._read_form),
            self.route("/legacy", "slashless", self._add_slash, "POST", self._read_form),
            self.route("/simple/{project}", "simple", self._list),
            self.route("/simple/{project}/", "simple", self._list),
            self.route("/files/{sha256}/{filename}", "file", self._send_file),
        ]

    async def _say_audience(self, _: Request, __: Seen) -> Response:
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
                return pages.server_error()
        except MintRefusal as refusal:
            return JSONResponse(refusal.content(), 422)
        self.used_id_tokens.add(jti)
        projects = frozenset(canonicalize_name(publisher.project) for publisher in matches)
        minted = f"pypi-{secrets.token_urlsafe(48)}"
        self.tokens[minted] = MintedToken(projects, self.clock() + self.lifetime)
        return JSONResponse({"success": True, "token": minted, "expires": int(self.tokens[minted].expires)})

    async def _activate(self, matches: list[TrustedPublisher]) -> bool:
        """Create the projects of pending publishers; False for whoever comes second to the same one."""
        missing = {canonicalize_name(one.project) for one in matches if one.pending} - self.projects.keys()
        if missing:
            await asyncio.sleep(0)
            if missing & self.projects.keys():
                return False
            self.projects |= {name: Project() for name in missing}
        return True

    async def _burn(self, _: Request, seen: Seen) -> Response:
        if not self.can_burn:
            return pages.not_found()
        try:
            token = self.tokens.get(parse_token(seen.body))
        except MintRefusal as refusal:
            return JSONResponse(refusal.content(), 422)
        if token is not None:
            token.burned = True
        return Response(status_code=202)

    async def _read_form(self, request: Request, seen: Seen) -> None:
        boundary = parse_boundary(request.headers.get("content-type", ""))
        if boundary is None:
            await read_body(request, seen)
            return
        path = self._new_path() if self.keep_files else None
        form = await FormReader(boundary, path, self.hashes).read(request.stream())
        request.state.form = form
        seen.fields = form.fields
        seen.filename = form.content.filename if form.content else None

    async def _add_slash(self, request: Request, _: Seen) -> Response:
        return RedirectResponse(f"{request.url.replace(path='/legacy/')}", 308)

    async def _upload(self, request: Request, seen: Seen) -> Response:
        form: Form | None = getattr(request.state, "form", None)
        if form is None or form.value(":action") != "file_upload":
            return pages.not_found()
        try:
            return uploads.take(self, form, seen)
        except Refusal as refusal:
            return pages.refusal(refusal, seen.headers.get("accept"))
        finally:
            self._forget(form)

    def _forget(self, form: Form) -> None:
        content = form.content
        if content is None or content.path is None:
            return
        kept = self.files.get(content.filename)
        if kept is None or kept.path != content.path:
            content.path.unlink(missing_ok=True)

    def _new_path(self) -> Path:
        return self._directory / f"{self.tick()}.content"

    async def _list(self, request: Request, seen: Seen) -> Response:
        if not self._may_read(seen):
            return pages.unauthorized()
        asked = request.path_params["project"]
        project = canonicalize_name(asked)
        if asked != project or not seen.path.endswith("/"):
            return RedirectResponse(f"/simple/{project}/", 301)
        if project not in self.projects:
            return pages.not_found()
        files = [file for file in self.files.values() if file.project == project]
        shown = [file for file in files if not file.listings_to_miss]
        for file in files:
            file.listings_to_miss = max(0, file.listings_to_miss - 1)
        if simple.prefers_json(seen.headers.get("accept", "")):
            return JSONResponse(simple.build_json(project, shown), media_type=simple.JSON_TYPE)
        return HTMLResponse(simple.build_html(project, shown))

    async def _send_file(self, request: Request, seen: Seen) -> Response:
        if not self._may_read(seen):
            return pages.unauthorized()
        file = self.files.get(request.path_params["filename"])
        if file is None or file.path is None or file.sha256 != request.path_params["sha256"]:
            return pages.not_found()
        return FileResponse(file.path, media_type="application/octet-stream")

    def _may_read(self, seen: Seen) -> bool:
        user, password = uploads.parse_basic(seen.headers.get("authorization", ""))
        return not self.readers or self.readers.get(user) == password
