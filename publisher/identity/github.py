"""The ID token that GitHub issues to a job with `permissions: id-token: write`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import jwt
from pydantic import SecretStr

from publisher.errors import ExchangeUnanswered, IdTokenRefused, IdTokenUnavailable, Situation
from publisher.network.client import Connection
from publisher.network.reply import NoReply, Reply
from publisher.network.retry import is_outage
from publisher.network.url import Url, UrlError

REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 -- the name of a variable
EVENT_LIMIT = 1 << 25  # bytes of an event file; GitHub caps a payload at 25 MB


@dataclass(frozen=True, slots=True)
class IdToken:
    """An OpenID Connect ID token, good for one exchange. Its `claims` are unverified."""

    secret: SecretStr
    claims: Mapping[str, object]


def read_is_from_fork(event_path: Path | None) -> bool:
    """Return whether the event file describes a pull request from a fork; False if it cannot be read."""
    if event_path is None:
        return False
    try:
        with event_path.open("rb") as file:
            request = json.loads(file.read(EVENT_LIMIT))["pull_request"]
        head, base = request["head"]["repo"], request["base"]["repo"]
        # Null if the fork was deleted. Not the key `fork`, which is also true within a repository that is a fork.
        return head is None or head["id"] != base["id"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def find_request_url(
    *,
    in_actions: bool,
    event_name: str | None,
    is_from_fork: bool,
    request_url: SecretStr | None,
    request_token: SecretStr | None,
) -> tuple[Url, SecretStr]:
    """Return the URL and the token with which a job requests ID tokens.

    Raises `IdTokenUnavailable` if its environment does not allow any.
    """
    variables = {REQUEST_URL: request_url, REQUEST_TOKEN: request_token}
    missing = tuple(name for name, value in variables.items() if value is None)
    if not in_actions:
        raise IdTokenUnavailable(Situation.NOT_IN_ACTIONS, missing)
    if event_name == "pull_request_target":
        # PyPI refuses this event, which would let a stranger's pull request publish.
        raise IdTokenUnavailable(Situation.PULL_REQUEST_TARGET, missing)
    if request_url is None or request_token is None:
        if event_name == "pull_request" and is_from_fork:
            raise IdTokenUnavailable(Situation.FORK_PULL_REQUEST, missing)
        if request_url or request_token:
            raise IdTokenUnavailable(Situation.INCOMPLETE_VARIABLES, missing)
        raise IdTokenUnavailable(Situation.PERMISSION_MISSING, missing)
    token = request_token.get_secret_value()
    if not token.isascii() or not token.isprintable():
        raise IdTokenUnavailable(Situation.INCOMPLETE_VARIABLES, (REQUEST_TOKEN,))
    try:
        return Url.parse(request_url.get_secret_value()), request_token
    except UrlError as error:
        raise IdTokenUnavailable(Situation.INCOMPLETE_VARIABLES, (REQUEST_URL,)) from error


@dataclass(frozen=True, slots=True)
class GitHub:
    """The source of ID tokens."""

    request_url: Url
    request_token: SecretStr
    connection: Connection

    def request_id_token(self, audience: str) -> IdToken:
        """Return a new ID token for `audience`, masked; raise `IdTokenRefused` or `ExchangeUnanswered`."""
        url = self.request_url
        query = "&".join(filter(None, (url.query, f"audience={quote(audience, safe='')}")))
        bearer = f"Bearer {self.request_token.get_secret_value()}"
        headers = {"Accept": "application/json", "Authorization": bearer}
        # An ID token that did not arrive just expires.
        tried = self.connection.get("ID token", url.at(url.path, query), headers)
        # The query identifies the run and stays out of messages.
        shown, answer = url.at(url.path), tried.value
        if isinstance(answer, NoReply) or is_outage(answer):
            raise ExchangeUnanswered(shown, answer, tried.attempts)
        secret = _parse_id_token(answer)
        if secret is None:
            raise IdTokenRefused(shown, answer, tried.attempts)
        self.connection.mask(secret)
        return IdToken(secret, parse_unverified_claims(secret))


def _parse_id_token(reply: Reply) -> SecretStr | None:
    match reply.json() if reply.status == 200 else None:  # noqa: PLR2004 -- the only status with a token
        case {"value": str(value)} if value and value.isascii() and value.isprintable() and " " not in value:
            return SecretStr(value)
        case _:
            return None


def parse_unverified_claims(secret: SecretStr) -> Mapping[str, object]:
    """Return the claims of an ID token for use in messages only; empty if it is not a JWT."""
    try:
        claims: Mapping[str, object] = jwt.decode(secret.get_secret_value(), options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return {}
    return claims
