"""The index's side of Trusted Publishing: registrations, and whether an ID token matches one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fakes import jwt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.fakes.jwt import Jwk

LEEWAY = 30
"""Seconds by which an ID token's times may be off."""

_NEEDED = (
    "jti",
    "repository",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
    "event_name",
    "ref",
    "sha",
)
_NO_PUBLISHER = "valid token, but no corresponding publisher ({})"


@dataclass(frozen=True, slots=True)
class TrustedPublisher:
    """A registration: which workflow may publish `project`. `pending`: the project comes to be with the first token."""

    project: str = "sample"
    owner: str = "octo-org"
    repository: str = "sample"
    workflow: str = "release.yml"
    environment: str | None = "pypi"
    owner_id: str = "4711"
    pending: bool = False


@dataclass(slots=True)
class MintedToken:
    """An upload token: for which projects, until when (Unix time)."""

    projects: frozenset[str]
    expires: float
    burned: bool = False


class MintRefusal(Exception):
    """The exchange is refused; `code` and the text are what the index answers."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description

    def content(self) -> dict[str, object]:
        """Return the answer's JSON."""
        error = {"code": self.code, "description": self.description}
        return {"message": "Token request failed", "errors": [error]}


def parse_token(body: bytes) -> str:
    """Return the token in a request's JSON; raise `MintRefusal`."""
    try:
        content = json.loads(body)
    except ValueError as error:
        raise MintRefusal("invalid-payload", "1 validation error\nInvalid JSON") from error
    match content:
        case {"token": str(token)}:
            return token
        case _:
            raise MintRefusal("invalid-payload", "1 validation error\ntoken\n  Input should be a valid string")


def verify_id_token(
    token: str, issuers: Mapping[str, Sequence[Jwk]], *, audience: str, now: float
) -> Mapping[str, object]:
    """Return the claims of a valid ID token; raise `MintRefusal`."""
    try:
        issuer = jwt.parse_claims(token).get("iss")
    except jwt.MalformedToken as error:
        raise MintRefusal("invalid-payload", "malformed JWT") from error
    if not isinstance(issuer, str):
        raise MintRefusal("invalid-payload", "malformed JWT")
    if issuer not in issuers:
        raise MintRefusal("invalid-payload", "unknown trusted publishing issuer")
    invalid = MintRefusal("invalid-token", "malformed or invalid token")
    try:
        claims = jwt.verify(token, issuers[issuer])
    except jwt.InvalidToken as error:
        raise invalid from error
    match claims:
        case {"aud": str(aud), "exp": int(exp), "iat": int(iat)}:
            starts = claims.get("nbf", iat)
            if aud != audience or exp < now - LEEWAY or iat > now + LEEWAY:
                raise invalid
            if not isinstance(starts, int) or starts > now + LEEWAY:
                raise invalid
        case _:
            raise invalid
    return claims


def match_publishers(claims: Mapping[str, object], registered: Iterable[TrustedPublisher]) -> list[TrustedPublisher]:
    """Return the registrations that the claims match; raise `MintRefusal` where there is none."""
    for name in _NEEDED:
        if name not in claims:
            raise _unmatched(f"Missing claim '{name}'")
    if claims["event_name"] == "pull_request_target":
        raise _unmatched("Publishing from a workflow invoked via 'pull_request_target' is not supported.")
    workflow = _workflow_file(str(claims["job_workflow_ref"]))
    matches = [publisher for publisher in registered if _matches(publisher, claims, workflow)]
    if not matches:
        raise _unmatched("Publisher with matching claims was not found")
    path = f"{claims['repository']}/.github/workflows/{workflow}"
    expected = [f"{path}@{claims[name]}" for name in ("ref", "sha") if claims[name]]
    if claims["job_workflow_ref"] not in expected:
        found = claims["job_workflow_ref"]
        raise _unmatched(f"The job_workflow_ref claim does not match, expecting one of {expected}, got '{found}'")
    return matches


def _matches(publisher: TrustedPublisher, claims: Mapping[str, object], workflow: str) -> bool:
    environment = str(claims.get("environment", ""))
    return (
        claims["repository"] == f"{publisher.owner}/{publisher.repository}"
        and claims["repository_owner"] == publisher.owner
        and claims["repository_owner_id"] == publisher.owner_id
        and workflow == publisher.workflow
        and (publisher.environment is None or publisher.environment.lower() == environment.lower())
    )


def _workflow_file(job_workflow_ref: str) -> str:
    path, _, _ = job_workflow_ref.partition("@")
    _, found, name = path.partition("/.github/workflows/")
    if not found or not name:
        raise _unmatched("Could not job extract workflow filename from OIDC claims")
    return name


def _unmatched(why: str) -> MintRefusal:
    return MintRefusal("invalid-publisher", _NO_PUBLISHER.format(why))
