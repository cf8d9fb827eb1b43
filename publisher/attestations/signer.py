"""Sign distributions with Sigstore: one certificate for many files, renewed when it has ended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from publisher.attestations import library
from publisher.attestations.failures import describe_answer, explain_failure
from publisher.attestations.library import CertificateEnded
from publisher.attestations.model import Attestation, SigningFailed
from publisher.errors import ExchangeError, PublisherError
from publisher.network.reply import Cause, NoReply, Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sigstore.sign import Signer as SigstoreKey

    from publisher.attestations.library import Trust
    from publisher.distributions.model import Distribution
    from publisher.identity.tokens import IdToken
    from publisher.network.reply import Answer
    from publisher.network.retry import Retrying
    from publisher.network.threads import Threads

T = TypeVar("T")

REQUEST_TIMEOUT = 30.0
"""Seconds that one call may take: an exchange with a service, or the update of the trust root."""

CERTIFICATES_PER_FILE = 3
"""How many certificates one file may see end. They live ten minutes: more than one means that a clock is wrong."""

_DONE = Reply(200)


class Signer(Protocol):
    """Whatever can attest that we publish a file."""

    async def sign(self, distribution: Distribution) -> Attestation | SigningFailed:
        """Return the publish attestation, or why there is none."""


@dataclass(frozen=True, slots=True)
class _Certified:
    """A key with its certificate, and the instance that issued it."""

    trust: Trust
    key: SigstoreKey


class SigstoreSigner:
    """Sign in `threads` with an identity from `request_id_token`; no two ID tokens or certificates are asked at once.

    What failed in all attempts for everybody (trust root, certificate) is not tried again for the next file.
    """

    def __init__(
        self,
        load_trust: Callable[[], Trust],
        request_id_token: Callable[[], Awaitable[IdToken]],
        retrying: Retrying,
        threads: Threads,
        timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        self._load_trust = load_trust
        self._request_id_token = request_id_token
        self._retrying = retrying
        self._threads = threads
        self._timeout = timeout
        self._lock = asyncio.Lock()
        self._trust: Trust | SigningFailed | None = None
        self._current: _Certified | SigningFailed | None = None

    async def prepare(self) -> None:
        """Get the first certificate, for which all would wait; raise `SettingsError` where the trust is useless."""
        await self._certify()

    async def sign(self, distribution: Distribution) -> Attestation | SigningFailed:
        """Return the publish attestation, or why there is none."""
        for _ in range(CERTIFICATES_PER_FILE):
            certified = await self._certify()
            if isinstance(certified, SigningFailed):
                return certified
            made = await self._attest(certified, distribution)
            if not isinstance(made, CertificateEnded):
                return made
            if self._current is certified:
                self._retrying.log.info("The signing certificate has ended; another one is requested")
                self._current = None
        return SigningFailed(
            "each signing certificate had ended before it was used; the clock of this machine or of a service is wrong",
            CERTIFICATES_PER_FILE,
        )

    async def _attest(
        self, certified: _Certified, distribution: Distribution
    ) -> Attestation | CertificateEnded | SigningFailed:
        filename, sha256 = distribution.filename, distribution.digests.sha256
        call = partial(library.attest, certified.trust, certified.key, filename, sha256)
        # Safe to repeat: each attempt makes a signature of its own, and a log entry that nobody refers to harms nobody.
        return await self._attempt(f"Signing {filename}", lambda: self._threads.run(call, self._timeout))

    async def _certify(self) -> _Certified | SigningFailed:
        """Return the certificate in use, and get one where there is none."""
        async with self._lock:
            if self._current is None:
                trust = await self._load()
                self._current = trust if isinstance(trust, SigningFailed) else await self._request_certificate(trust)
            return self._current

    async def _load(self) -> Trust | SigningFailed:
        if self._trust is None:
            # Safe to repeat: a question without effect.
            self._trust = await self._attempt("Trust root", lambda: self._threads.run(self._load_trust, self._timeout))
        return self._trust

    async def _request_certificate(self, trust: Trust) -> _Certified | SigningFailed:
        async def once() -> SigstoreKey:
            id_token = await self._request_id_token()
            return await self._threads.run(partial(library.request_certificate, trust, id_token), self._timeout)

        try:
            # Safe to repeat: each attempt has its own ID token and key; a certificate without its key is useless.
            key = await self._attempt("Signing certificate", once)
        except ExchangeError as error:
            return SigningFailed(f"no ID token for signing: {error.answer.summary}", error.attempts)
        return key if isinstance(key, SigningFailed) else _Certified(trust, key)

    async def _attempt(self, what: str, work: Callable[[], Awaitable[T]]) -> T | SigningFailed:
        """Do the work until it succeeds, fails for good, or the attempts are used up; `PublisherError`s pass."""

        async def once() -> tuple[T | SigningFailed, Answer]:
            try:
                return await work(), _DONE
            except PublisherError:
                raise
            except TimeoutError:
                failure: Answer | str = NoReply(Cause.TIMEOUT_ANSWER, f"{self._timeout:g} s", may_have_succeeded=True)
            except Exception as error:  # noqa: BLE001 -- several libraries raise all sorts of things at a bad answer
                failure = explain_failure(error)
            if isinstance(failure, str):
                return SigningFailed(f"{what}: {failure}", 1), _DONE
            return SigningFailed(f"{what}: {describe_answer(failure)}", 0), failure

        tried = await self._retrying.run(what, once, lambda pair: pair[1])
        value = tried.value[0]
        return SigningFailed(value.reason, tried.attempts) if isinstance(value, SigningFailed) else value
