"""The `Authorization` header of uploads: from a password, or from upload tokens that are kept fresh."""

import base64
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

from pydantic import SecretStr

from publisher.cancellation import Stop
from publisher.errors import ExchangeError, MintRefused
from publisher.identity.exchange import Exchange, UploadToken
from publisher.network.client import Mask

TOKEN_USER = "__token__"  # noqa: S105 -- a user name
MINT_GRACE = 1.0  # seconds after the run is cancelled


class Authentication(ABC):
    """A way to authenticate uploads, used by several threads at once."""

    @abstractmethod
    def fresh(self) -> SecretStr:
        """Return a header value that is valid for one more upload."""

    def renew(self, refused: SecretStr) -> SecretStr | None:  # noqa: ARG002 -- used by `TrustedPublishing`
        """Return a value other than the `refused` one, or None if there can be no other."""
        return None

    def revoke(self) -> None:  # noqa: B027 -- nothing to revoke by default
        """Revoke what was issued for this run."""


def build_basic(user: str, password: SecretStr, mask: Mask) -> SecretStr:
    """Build and mask the value of an HTTP Basic `Authorization` header (RFC 7617, UTF-8)."""
    encoded = base64.b64encode(f"{user}:{password.get_secret_value()}".encode()).decode("ascii")
    mask(SecretStr(encoded))
    return SecretStr(f"Basic {encoded}")


class Password(Authentication):
    """A user name with a password or API token from the inputs."""

    def __init__(self, user: str, password: SecretStr, mask: Mask) -> None:
        mask(password)
        self._basic = build_basic(user, password, mask)

    def fresh(self) -> SecretStr:
        """Return the header value."""
        return self._basic


class TrustedPublishing(Authentication):
    """Upload tokens of one index: minted on first use, renewed before they expire, revoked at the end."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.upload_url = exchange.upload_url
        self._lock = threading.Lock()
        self._audience: str | None = None
        self._minted: list[UploadToken] = []
        self._current: tuple[UploadToken, SecretStr] | None = None

    def fresh(self) -> SecretStr:
        """Return a header value whose token outlives one more upload; raise `ExchangeError` if none can be minted."""
        with self._lock:
            if self._current and self._current[0].is_fresh(self._exchange.connection.retrying.now()):
                return self._current[1]
            return self._mint()

    def renew(self, refused: SecretStr) -> SecretStr | None:
        """Return a value other than the `refused` one, which another upload may have renewed already."""
        with self._lock:
            if self._current and self._current[1] != refused:
                return self._current[1]
            return self._mint()

    def _mint(self) -> SecretStr:
        if self._audience is None:
            self._audience = self._exchange.request_audience()
        token = self._exchange.mint_upload_token(self._audience)
        minutes = round((token.expires - token.minted) / 60)
        verb = "Renewed the" if self._minted else "Minted an"
        self._exchange.connection.retrying.log.info(f"{verb} upload token, valid for {minutes} minutes")
        self._minted.append(token)
        basic = build_basic(TOKEN_USER, token.secret, self._exchange.connection.mask)
        self._current = (token, basic)
        return basic

    def revoke(self) -> None:
        """Revoke every token that has not expired, without the lock: an abandoned thread may hold it."""
        minted, self._minted, self._current = self._minted, [], None
        now = self._exchange.connection.retrying.now()
        self._exchange.revoke_upload_tokens(tuple(token for token in minted if token.expires > now))


def authenticate(indexes: Iterable[tuple[Authentication, Mapping[str, bool]]], stop: Stop) -> None:
    """Get an upload token from each index. A refusal records the projects, and whether the index already has them.

    After a refusal, the other index is still asked: if it accepts the same job, that shows what is missing.
    """
    refused: list[MintRefused] = []
    accepted = []
    for authentication, projects in indexes:
        try:
            # With a grace period, so that a token that is being minted gets revoked.
            stop.run("getting an upload token", authentication.fresh, grace=MINT_GRACE)
        except MintRefused as error:
            error.projects = projects
            refused.append(error)
        except ExchangeError:
            if not refused:
                raise
        else:
            if isinstance(authentication, TrustedPublishing):
                accepted.append(authentication.upload_url)
    if refused:
        refused[0].elsewhere = dict.fromkeys(accepted, True) | {error.url: False for error in refused[1:]}
        raise refused[0]
