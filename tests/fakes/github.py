"""The part of GitHub that issues ID tokens to jobs."""

import json
import time
import uuid
from collections.abc import Callable
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from publisher.network.url import Url
from tests.fakes.job import Job
from tests.fakes.service import FakeService, Seen

ISSUER = "https://token.actions.example"
LIFETIME = 300  # seconds until an ID token expires


@cache
def shared_key() -> RSAPrivateKey:
    """Return the key that all fakes of this process share, since generating one is slow."""
    return generate_private_key(public_exponent=65537, key_size=2048)


class FakeGitHub(FakeService):
    """Issue ID tokens for one job to clients that have its request token.

    Endpoint for `script`: `id-token`.
    """

    def __init__(self, job: Job | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self.job = job or Job()
        self.clock = clock
        self.issuer = ISSUER
        self.key = shared_key()
        self.request_token = f"request-token-{uuid.uuid4().hex}"
        self.claims: dict[str, object] = {}  # claims that replace the job's; None removes one
        self.issued: list[str] = []
        super().__init__()

    def _routes(self) -> list[Route]:
        return [self.route("/idtoken/{run}/{job}", "id-token", self._issue)]

    def variables(self, base_url: str) -> dict[str, str]:
        """Return what the runner sets in a job with `permissions: id-token: write`."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{base_url.rstrip('/')}/idtoken/{self.job.run_id}/publish?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.request_token,
        }

    def request_url(self, base_url: str) -> tuple[Url, SecretStr]:
        """Return where ID tokens are requested, and with which token."""
        return Url.parse(self.variables(base_url)["ACTIONS_ID_TOKEN_REQUEST_URL"]), SecretStr(self.request_token)

    def issue(self, audience: str) -> str:
        """Return a new ID token."""
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
        kept = {name: value for name, value in claims.items() if value is not None}
        token = jwt.api_jws.encode(json.dumps(kept).encode(), self.key, "RS256")
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
