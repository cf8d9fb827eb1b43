"""The index's side of Trusted Publishing: registrations, and whether an ID token matches one."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.types import Options

LEEWAY = 30  # leeway for the times of an ID token, in seconds
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


@dataclass(frozen=True, slots=True)
class TrustedPublisher:
    """A registration: which workflow may publish `project`. `pending`: the first token creates the project."""

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
    """The exchange is refused, with this code and text."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description

    def content(self) -> dict[str, object]:
        """Return the JSON of the answer."""
        error = {"code": self.code, "description": self.description}
        return {"message": "Token request failed", "errors": [error]}


def parse_token(body: bytes) -> str:
    """Return the token in the JSON of a request; raise `MintRefusal`."""
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
    token: str, issuers: Mapping[str, RSAPublicKey], *, audience: str, now: float
) -> Mapping[str, object]:
    """Return the claims of a valid ID token; raise `MintRefusal`."""
    try:
        issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    except (jwt.InvalidTokenError, KeyError) as error:
        raise MintRefusal("invalid-payload", "malformed JWT") from error
    if issuer not in issuers:
        raise MintRefusal("invalid-payload", "unknown trusted publishing issuer")
    invalid = MintRefusal("invalid-token", "malformed or invalid token")
    options: Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        claims = jwt.decode(token, issuers[issuer], ["RS256"], audience=audience, options=options)
    except jwt.InvalidTokenError as error:
        raise invalid from error
    starts, expires = max(claims["iat"], claims.get("nbf", 0)), claims["exp"]
    if expires < now - LEEWAY or starts > now + LEEWAY:
        raise invalid
    return claims


def match_publishers(claims: Mapping[str, object], registered: Iterable[TrustedPublisher]) -> list[TrustedPublisher]:
    """Return the registrations that the claims match; raise `MintRefusal` if there is no match."""
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
    return MintRefusal("invalid-publisher", f"valid token, but no corresponding publisher ({why})")
