"""The exchange at the index: audience, mint, burn."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from publisher.errors import AudienceRefused, ExchangeUnanswered, MintRefused, Reason
from publisher.identity.tokens import IdToken, UploadToken
from publisher.network.reply import Answer, Cause, NoReply, Reply
from publisher.network.request import Request
from publisher.network.retry import is_outage

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.identity.github import GitHub
    from publisher.identity.tokens import Mask
    from publisher.network.client import Client
    from publisher.network.retry import Retrying
    from publisher.network.url import Url

DEFAULT_LIFETIME = 900.0
"""Seconds an upload token lives where the index does not say (PyPI's own figure)."""

AUDIENCE_LIMIT = 1000
"""Characters of an audience that are put into a URL; they are a word or a URL themselves."""

BURN_TIMEOUT = 2.0
"""Seconds that giving the tokens back may take in all."""

_JSON = {"Accept": "application/json", "Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class ExchangeUrls:
    """The three addresses of an index that take part in the exchange."""

    audience: Url
    mint: Url
    burn: Url


@dataclass(frozen=True, slots=True)
class Exchange:
    """Turn ID tokens into upload tokens at one index. `now` is Unix time."""

    urls: ExchangeUrls
    github: GitHub
    client: Client
    retrying: Retrying
    mask: Mask
    now: Callable[[], float]

    async def request_audience(self) -> str:
        """Return for whom the index wants ID tokens issued; raise `AudienceRefused` or `ExchangeUnanswered`."""
        request = Request("GET", self.urls.audience, {"Accept": "application/json"})

        async def once() -> Answer:
            return await self.client.send(request)

        # Safe to repeat: a question without effect.
        tried = await self.retrying.run("Audience", once, lambda answer: answer)
        answer = tried.value
        if isinstance(answer, NoReply) or is_outage(answer):
            raise ExchangeUnanswered(self.urls.audience, answer, tried.attempts)
        match answer.json() if answer.status == 200 else None:  # noqa: PLR2004 -- the only status with an audience
            case {"audience": str(audience)} if audience.isprintable() and 0 < len(audience) <= AUDIENCE_LIMIT:
                return audience
            case _:
                raise AudienceRefused(self.urls.audience, answer, tried.attempts)

    async def mint_upload_token(self, audience: str) -> UploadToken:
        """Return a new upload token, masked; raise an `ExchangeError` that says what stopped it."""

        async def once() -> tuple[IdToken, Answer]:
            id_token = await self.github.request_id_token(audience)
            body = json.dumps({"token": id_token.secret.get_secret_value()}).encode()
            return id_token, await self.client.send(Request("POST", self.urls.mint, _JSON, content=body))

        # Safe to repeat because each attempt has an ID token of its own: the index takes one only once, and may have
        # used it up although its answer was lost. An upload token that nobody received just expires.
        tried = await self.retrying.run("Mint", once, lambda pair: pair[1])
        id_token, answer = tried.value
        if isinstance(answer, NoReply) or is_outage(answer):
            raise ExchangeUnanswered(self.urls.mint, answer, tried.attempts)
        token = self._upload_token_in(answer)
        if token is None and answer.is_success:
            unusable = NoReply(Cause.UNUSABLE, f"{answer.phrase} without an upload token")
            raise ExchangeUnanswered(self.urls.mint, unusable, tried.attempts)
        if token is None:
            raise MintRefused(
                self.urls.mint, answer, tried.attempts, reasons=parse_reasons(answer), claims=id_token.claims
            )
        return token

    def _upload_token_in(self, reply: Reply) -> UploadToken | None:
        match reply.json() if reply.is_success else None:
            case {"token": str(value), **rest} if value and value.isascii() and value.isprintable():
                secret = SecretStr(value)
                self.mask(secret)
                now = self.now()
                expires = _parse_expires(rest.get("expires"))
                # An end in the past says that the clocks disagree: by ours, the token would never be of use.
                return UploadToken(secret, now, expires if expires and expires > now else now + DEFAULT_LIFETIME)
            case _:
                return None

    async def burn_upload_tokens(self, tokens: tuple[UploadToken, ...]) -> None:
        """Give tokens back so that nothing can be uploaded with them any more; best effort, never an error."""
        try:
            async with asyncio.timeout(BURN_TIMEOUT):
                await asyncio.gather(*(self._burn(token) for token in tokens))
        except TimeoutError:
            self.retrying.log.debug("Upload token not burned in time; it ends by itself", url=self.urls.burn)

    async def _burn(self, token: UploadToken) -> None:
        body = json.dumps({"token": token.secret.get_secret_value()}).encode()
        answer = await self.client.send(Request("POST", self.urls.burn, _JSON, content=body, timeout=BURN_TIMEOUT))
        if isinstance(answer, Reply) and answer.is_success:
            self.retrying.log.debug("Upload token burned", url=self.urls.burn)
        else:
            # The body of this answer is never shown: it may repeat the token.
            self.retrying.log.debug(
                "Upload token not burned; it ends by itself", url=self.urls.burn, answer=answer.summary
            )


def _parse_expires(value: object) -> float | None:
    """Return a Unix time; None for what cannot be one: JSON as Python reads it has infinity and endless integers."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if 0 < value < 1 << 53 else None


def parse_reasons(reply: Reply) -> tuple[Reason, ...]:
    """Return the index's own reasons for a refused mint; empty where its answer has none that can be read."""
    match reply.json():
        case {"errors": list(errors)}:
            return tuple(
                Reason(str(error.get("code", "")), str(error.get("description", "")))
                for error in errors
                if isinstance(error, dict)
            )
        case _:
            return ()
