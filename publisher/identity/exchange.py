"""The exchange of GitHub's ID token for an upload token (https://docs.pypi.org/trusted-publishers/internals/)."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from urllib.parse import quote

import jwt
from pydantic import SecretStr

from publisher.errors import AudienceRefused, ExchangeUnanswered, IdTokenRefused, MintRefused, Reason
from publisher.network.client import Connection
from publisher.network.reply import Answer, Cause, NoReply, Reply
from publisher.network.retry import is_outage
from publisher.network.send import send
from publisher.network.url import Url

AUDIENCE_LIMIT = 1000  # characters; it becomes part of a URL
DEFAULT_LIFETIME = 900.0  # seconds, if the index does not state when a token expires; PyPI's lifetime
RENEWAL_MARGIN = 300.0  # seconds before the expiry: the index checks a token after receiving the whole file
REVOKE_TIMEOUT = 2.0  # seconds in all
_JSON = {"Accept": "application/json"}


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
        # An ID token that did not arrive just expires.
        tried = self.connection.get("ID token", url.at(url.path, query), _JSON | {"Authorization": bearer})
        # The query identifies the run and stays out of messages.
        shown, answer = url.at(url.path), tried.value
        if isinstance(answer, NoReply) or is_outage(answer):
            raise ExchangeUnanswered(shown, answer, tried.attempts)
        secret = _parse_id_token(answer)
        if secret is None:
            raise IdTokenRefused(shown, answer, tried.attempts)
        self.connection.mask(secret)
        return IdToken(secret, parse_unverified_claims(secret))


@dataclass(frozen=True, slots=True)
class UploadToken:
    """A token the index minted for us; `minted` and `expires` are Unix times."""

    secret: SecretStr
    minted: float
    expires: float

    def is_fresh(self, now: float) -> bool:
        """Return whether the token outlives one more upload; a short-lived one is used for two thirds of its life."""
        margin = min(RENEWAL_MARGIN, (self.expires - self.minted) / 3)
        return now < self.expires - margin


@dataclass(frozen=True, slots=True)
class Exchange:
    """Exchange ID tokens for upload tokens of the index that has this upload URL."""

    upload_url: Url
    github: GitHub
    connection: Connection

    def request_audience(self) -> str:
        """Return the audience the index expects in ID tokens; raise `AudienceRefused` or `ExchangeUnanswered`."""
        url = self.upload_url.at("/_/oidc/audience")
        tried = self.connection.get("Audience", url, _JSON)
        answer = tried.value
        if isinstance(answer, NoReply) or is_outage(answer):
            raise ExchangeUnanswered(url, answer, tried.attempts)
        match answer.json() if answer.status == 200 else None:  # noqa: PLR2004 -- the only status with an audience
            case {"audience": str(audience)} if audience.isprintable() and 0 < len(audience) <= AUDIENCE_LIMIT:
                return audience
            case _:
                raise AudienceRefused(url, answer, tried.attempts)

    def mint_upload_token(self, audience: str) -> UploadToken:
        """Return a new upload token, masked; raise an `ExchangeError` if a step fails."""
        url = self.upload_url.at("/_/oidc/mint-token")

        def once() -> tuple[IdToken, Answer]:
            id_token = self.github.request_id_token(audience)
            return id_token, self._post(url, id_token.secret)

        # Safe to repeat because each attempt requests a new ID token: the index accepts each only once, and may have
        # done so although its answer was lost. An upload token that did not arrive just expires.
        tried = self.connection.retrying.run("Upload token", once, lambda pair: pair[1])
        id_token, answer = tried.value
        if isinstance(answer, NoReply) or is_outage(answer):
            raise ExchangeUnanswered(url, answer, tried.attempts)
        token = self._parse_upload_token(answer) if answer.is_success else None
        reasons = () if token else parse_reasons(answer)
        if reasons or not answer.is_success:
            raise MintRefused(url, answer, tried.attempts, reasons, id_token.claims)
        if token is None:
            unusable = NoReply(Cause.UNUSABLE, f"{answer.summary} without an upload token")
            raise ExchangeUnanswered(url, unusable, tried.attempts)
        return token

    def _parse_upload_token(self, reply: Reply) -> UploadToken | None:
        match reply.json():
            case {"token": str(value), **rest} if value and value.isascii() and value.isprintable():
                secret = SecretStr(value)
                self.connection.mask(secret)
                now = self.connection.retrying.now()
                expires = _parse_expires(rest.get("expires"))
                # An expiry in the past means that the clocks disagree.
                return UploadToken(secret, now, expires if expires and expires > now else now + DEFAULT_LIFETIME)
            case _:
                return None

    def revoke_upload_tokens(self, tokens: Sequence[UploadToken]) -> None:
        """Revoke tokens so that they cannot be used for further uploads; best effort, never an error."""
        if not tokens:
            return
        pool = ThreadPoolExecutor(len(tokens))
        pending = wait([pool.submit(self._revoke, token) for token in tokens], REVOKE_TIMEOUT).not_done
        pool.shutdown(wait=False, cancel_futures=True)
        if pending:
            log = self.connection.retrying.log
            log.debug(f"An upload token was not revoked within {REVOKE_TIMEOUT:g} s; it will expire")

    def _revoke(self, token: UploadToken) -> None:
        answer = self._post(self.upload_url.at("/_/oidc/burn-token"), token.secret)
        if isinstance(answer, Reply) and answer.is_success:
            self.connection.retrying.log.debug("Revoked an upload token")
        else:
            # The body of this answer is never shown: it may repeat the token.
            self.connection.retrying.log.debug(f"An upload token was not revoked; it will expire: {answer.summary}")

    def _post(self, url: Url, token: SecretStr) -> Answer:
        body = {"token": token.get_secret_value()}
        client = self.connection.client
        return send(client, client.build_request("POST", str(url), headers=_JSON, json=body))


def _parse_expires(value: object) -> float | None:
    """Return a plausible Unix time; None for anything else, such as infinity or a huge integer."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if 0 < value < 1 << 53 else None


def parse_reasons(reply: Reply) -> tuple[Reason, ...]:
    """Return the index's reasons for refusing to mint, if its answer has any."""
    match reply.json():
        case {"errors": list(errors)}:
            return tuple(
                Reason(str(code), str(error.get("description") or error.get("message") or ""))
                for error in errors
                if isinstance(error, dict) and (code := error.get("code"))
            )
        case _:
            return ()


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
