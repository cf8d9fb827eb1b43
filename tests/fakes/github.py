"""The part of GitHub that issues ID tokens to jobs."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from tests.fakes.job import Job
from tests.fakes.jwt import SigningKey, shared_key
from tests.fakes.service import FakeService, Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.routing import Route

ISSUER = "https://token.actions.example"
LIFETIME = 300
"""Seconds an ID token is good for."""


class FakeGitHub(FakeService):
    """Issue ID tokens for one job to whoever shows its request token.

    Endpoints for `script`: `id-token`, `jwks`.
    """

    def __init__(self, job: Job | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self.job = job or Job()
        self.clock = clock
        self.issuer = ISSUER
        self.key: SigningKey = shared_key()
        self.request_token = f"request-token-{uuid.uuid4().hex}"
        self.claims: dict[str, object] = {}
        """Claims that differ from the job's; None leaves one out."""
        self.issued: list[str] = []
        super().__init__()

    def _routes(self) -> list[Route]:
        return [
            self.route("/idtoken/{run}/{job}", "id-token", self._issue),
            self.route("/.well-known/jwks", "jwks", self._publish_keys),
        ]

    def jwks(self) -> list[dict[str, str]]:
        """Return the public keys with which our tokens are verified."""
        return [self.key.jwk()]

    def variables(self, base_url: str) -> dict[str, str]:
        """Return what the runner sets in a job with `permissions: id-token: write`."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{base_url.rstrip('/')}/idtoken/{self.job.run_id}/publish?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.request_token,
        }

    def build_claims(self, audience: str) -> dict[str, object]:
        """Return the claims of the next ID token."""
        now = int(self.clock())
        claims: dict[str, object] = {
            "iss": self.issuer,
            "aud": audience,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "nbf": now - LIFETIME,
            "exp": now + LIFETIME,
        }
        claims |= self.job.claims()
        claims |= self.claims
        return {name: value for name, value in claims.items() if value is not None}

    def issue(self, audience: str) -> str:
        """Return a new ID token."""
        token = self.key.sign(self.build_claims(audience))
        self.issued.append(token)
        return token

    async def _issue(self, request: Request, seen: Seen) -> Response:
        if seen.headers.get("authorization", "").lower() != f"bearer {self.request_token}":
            return JSONResponse({"message": "Not authorized"}, 401)
        if request.query_params.get("api-version") is None:
            return JSONResponse({"message": "No api-version was supplied"}, 400)
        audience = request.query_params.get("audience", f"https://github.example/{self.job.owner}")
        token = self.issue(audience)
        return JSONResponse({"count": len(token), "value": token})

    async def _publish_keys(self, _: Request, __: Seen) -> Response:
        return JSONResponse({"keys": self.jwks()})
