"""What goes into the `Authorization` header of an upload: a password, or upload tokens that are kept fresh."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

if TYPE_CHECKING:
    from publisher.identity.exchange import Exchange
    from publisher.identity.tokens import Mask, UploadToken

TOKEN_USER = "__token__"  # noqa: S105 -- a user name


class Credentials(Protocol):
    """Whatever can authenticate an upload."""

    async def fresh(self) -> SecretStr:
        """Return a header value that is good for one more upload."""

    async def renew(self, refused: SecretStr) -> SecretStr | None:
        """Return another one than the `refused`, None where there is no other."""

    async def burn(self) -> None:
        """Make what was issued for this run useless."""


def build_basic(user: str, password: SecretStr, mask: Mask) -> SecretStr:
    """Build the value of an HTTP Basic `Authorization` header (RFC 7617, UTF-8) and mask it."""
    encoded = base64.b64encode(f"{user}:{password.get_secret_value()}".encode()).decode("ascii")
    mask(SecretStr(encoded))
    return SecretStr(f"Basic {encoded}")


class Password:
    """A user name and a password or API token that somebody stored."""

    def __init__(self, user: str, password: SecretStr, mask: Mask) -> None:
        mask(password)
        self._basic = build_basic(user, password, mask)

    async def fresh(self) -> SecretStr:
        """Return the one there is."""
        return self._basic

    async def renew(self, refused: SecretStr) -> SecretStr | None:  # noqa: ARG002 -- the protocol's
        """Return None: a stored password cannot be renewed."""
        return None

    async def burn(self) -> None:
        """Do nothing: what the user stored is the user's."""


class MintedTokens:
    """Upload tokens of one index: minted when first needed, renewed in time, burned at the end.

    One lock keeps parallel uploads from minting twice.
    """

    def __init__(self, exchange: Exchange, mask: Mask) -> None:
        self._exchange = exchange
        self._mask = mask
        self._lock = asyncio.Lock()
        self._audience: str | None = None
        self._minted: list[UploadToken] = []
        self._current: tuple[UploadToken, SecretStr] | None = None

    async def fresh(self) -> SecretStr:
        """Return a header value whose token will outlive one more file; may mint, so raises `ExchangeError`."""
        async with self._lock:
            if self._current and self._current[0].is_fresh(self._exchange.now()):
                return self._current[1]
            return await self._mint()

    async def renew(self, refused: SecretStr) -> SecretStr | None:
        """Return the value of a token that is not the `refused` one; another upload may have minted it already."""
        async with self._lock:
            if self._current and self._current[1] != refused:
                return self._current[1]
            return await self._mint()

    async def _mint(self) -> SecretStr:
        if self._audience is None:
            self._audience = await self._exchange.request_audience()
        token = await self._exchange.mint_upload_token(self._audience)
        self._minted.append(token)
        self._exchange.retrying.log.info(
            "Upload token minted" if len(self._minted) == 1 else "Upload token renewed",
            valid_for=f"{max(0, round(token.expires - self._exchange.now()))} s",
        )
        basic = build_basic(TOKEN_USER, token.secret, self._mask)
        self._current = (token, basic)
        return basic

    async def burn(self) -> None:
        """Burn every token that was minted and has not ended."""
        now = self._exchange.now()
        await self._exchange.burn_upload_tokens(tuple(token for token in self._minted if token.expires > now))
        self._minted.clear()
        self._current = None
