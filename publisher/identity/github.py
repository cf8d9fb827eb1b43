"""The ID token that GitHub issues to a job with `permissions: id-token: write`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import jwt
from pydantic import SecretStr

from publisher.errors import ExchangeUnanswered, IdTokenRefused
from publisher.network.client import Connection
from publisher.network.reply import NoReply, Reply
from publisher.network.retry import is_outage
from publisher.network.url import Url


@dataclass(frozen=True, slots=True)
class IdToken:
    """An OpenID Connect ID token, good for one exchange. Its `claims` are unverified."""

    secret: SecretStr
    claims: Mapping[str, object]


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
