"""Tokens as types: they never print themselves and are revealed in few, counted places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import SecretStr

    Mask = Callable[[SecretStr], None]
    """Tell the runner (and our own log) never to show this value."""

RENEWAL_MARGIN = 300.0
"""Seconds before its end at which an upload token is replaced: the index looks at it after the whole file has come."""


@dataclass(frozen=True, slots=True)
class IdToken:
    """An OpenID Connect ID token of GitHub's; good for one exchange. `claims` are unverified and only for messages."""

    secret: SecretStr
    claims: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class UploadToken:
    """A token the index minted for us at `minted`, good until `expires`; both are Unix times in seconds."""

    secret: SecretStr
    minted: float
    expires: float

    def is_fresh(self, now: float) -> bool:
        """Judge whether the token will outlive one more file; a short-lived one is used for two thirds of its life."""
        margin = min(RENEWAL_MARGIN, (self.expires - self.minted) / 3)
        return now < self.expires - margin
