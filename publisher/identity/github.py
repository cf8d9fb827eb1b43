"""The ID token that GitHub issues to a job with `permissions: id-token: write`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from pydantic import SecretStr

from publisher.errors import ExchangeUnanswered, IdTokenRefused, IdTokenUnavailable, Situation
from publisher.identity.claims import parse_unverified_claims
from publisher.identity.tokens import IdToken
from publisher.network.reply import Answer, NoReply, Reply
from publisher.network.request import Request
from publisher.network.retry import is_outage
from publisher.network.url import Url, UrlError

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.identity.tokens import Mask
    from publisher.network.client import Client
    from publisher.network.retry import Retrying

REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 -- the name of a variable
EVENT_SIZE_LIMIT = 1 << 25
"""Bytes of an event file that are read; GitHub caps a payload at 25 MB."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the runner tells about this job, as far as an ID token depends on it. None: the variable is not set."""

    in_actions: bool
    event_name: str | None
    is_from_fork: bool
    request_url: SecretStr | None
    request_token: SecretStr | None


@dataclass(frozen=True, slots=True)
class IdTokenService:
    """Where to ask for an ID token, and the request token that lets us."""

    url: Url
    request_token: SecretStr


def read_is_from_fork(event_path: Path | None) -> bool:
    """Tell from the event file whether a pull request comes from a fork; False where it cannot be told.

    The repository of a fork that was deleted is null. The key `fork` would not do: it is true as well for a request
    within a repository that is itself a fork of another.
    """
    if event_path is None:
        return False
    try:
        with event_path.open("rb") as file:
            request = json.loads(file.read(EVENT_SIZE_LIMIT))["pull_request"]
        head, base = request["head"]["repo"], request["base"]["repo"]
        return head is None or head["id"] != base["id"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def find_id_token_service(job: Job) -> IdTokenService:
    """Judge from the environment alone whether an ID token can be had; raise `IdTokenUnavailable` where not."""
    missing = tuple(
        name for name, value in ((REQUEST_URL, job.request_url), (REQUEST_TOKEN, job.request_token)) if value is None
    )
    if not job.in_actions:
        raise IdTokenUnavailable(Situation.NOT_IN_ACTIONS, missing)
    if job.event_name == "pull_request_target":
        # The index refuses this event whatever else is right: it would let a stranger's pull request publish.
        raise IdTokenUnavailable(Situation.PULL_REQUEST_TARGET, missing)
    if job.request_url is None or job.request_token is None:
        if job.event_name == "pull_request" and job.is_from_fork:
            raise IdTokenUnavailable(Situation.FORK_PULL_REQUEST, missing)
        if job.request_url or job.request_token:
            raise IdTokenUnavailable(Situation.INCOMPLETE_VARIABLES, missing)
        raise IdTokenUnavailable(Situation.PERMISSION_MISSING, missing)
    token = job.request_token.get_secret_value()
    if not token.isascii() or not token.isprintable():
        raise IdTokenUnavailable(Situation.INCOMPLETE_VARIABLES, (REQUEST_TOKEN,))
    try:
        return IdTokenService(Url.parse(job.request_url.get_secret_value()), job.request_token)
    except UrlError as error:
        raise IdTokenUnavailable(Situation.INCOMPLETE_VARIABLES, (REQUEST_URL,)) from error


@dataclass(frozen=True, slots=True)
class GitHub:
    """Ask GitHub's token service for ID tokens."""

    service: IdTokenService
    client: Client
    retrying: Retrying
    mask: Mask

    async def request_id_token(self, audience: str) -> IdToken:
        """Return a new ID token for `audience`, masked; raise `IdTokenRefused` or `ExchangeUnanswered`."""
        url = self.service.url
        asked = url.at(url.path, "&".join(filter(None, (url.query, f"audience={quote(audience, safe='')}"))))
        request = Request(
            "GET",
            asked,
            {"Accept": "application/json"},
            SecretStr(f"Bearer {self.service.request_token.get_secret_value()}"),
        )

        async def once() -> Answer:
            return await self.client.send(request)

        # Safe to repeat: asking changes nothing, and an ID token that nobody received just expires.
        tried = await self.retrying.run("ID token", once, lambda answer: answer)
        # The query names the run and stays out of what people see.
        shown = url.at(url.path)
        match tried.value:
            case Reply(status=200) as reply if (secret := _id_token_in(reply)) is not None:
                self.mask(secret)
                return IdToken(secret, parse_unverified_claims(secret))
            case NoReply() as answer:
                raise ExchangeUnanswered(shown, answer, tried.attempts)
            case answer if is_outage(answer):
                raise ExchangeUnanswered(shown, answer, tried.attempts)
            case answer:
                raise IdTokenRefused(shown, answer, tried.attempts)


def _id_token_in(reply: Reply) -> SecretStr | None:
    match reply.json():
        case {"value": str(value)} if value and value.isascii() and value.isprintable() and " " not in value:
            return SecretStr(value)
        case _:
            return None
