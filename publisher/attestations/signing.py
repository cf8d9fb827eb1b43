"""Attest everything that is to be published, before any of it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from publisher.attestations import library
from publisher.attestations.decide import Attest, Impossible, judge_claims
from publisher.attestations.model import Attestation, AttestationMode, Predicate, SigningFailed
from publisher.attestations.signer import REQUEST_TIMEOUT, SigstoreSigner
from publisher.errors import AttestingImpossible, ExchangeError, SigningError
from publisher.network.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from publisher.attestations.decide import Decision, Target
    from publisher.attestations.library import Trust
    from publisher.attestations.signer import Signer
    from publisher.distributions.model import Distribution
    from publisher.identity.tokens import IdToken
    from publisher.network.retry import Retrying

AUDIENCE = "sigstore"
"""For whom Sigstore wants ID tokens to be issued; its client library knows no other."""

Attestations = Mapping[str, tuple[Attestation, ...]]
"""By the file name of the distribution; one that has none may be missing."""


@dataclass(frozen=True, slots=True)
class Attested:
    """What came of attesting. `unsigned` says why nothing was signed, None where signing was begun or not needed."""

    attestations: Attestations
    failed: Mapping[str, SigningFailed] = field(default_factory=dict)
    unsigned: str | None = None


@dataclass(frozen=True, slots=True)
class Attestor:
    """Everything that attesting needs. `request_id_token` is given the audience; `load_trust` blocks.

    `targets` are the indexes that will be sent attestations.
    """

    mode: AttestationMode
    targets: tuple[Target, ...]
    request_id_token: Callable[[str], Awaitable[IdToken]]
    retrying: Retrying
    parallel: int
    load_trust: Callable[[], Trust] = library.load_public_trust
    timeout: float = REQUEST_TIMEOUT

    async def attest_all(self, distributions: Sequence[Distribution], existing: Attestations) -> Attested:
        """Sign what has no publish attestation yet; raise `SigningError` where one fails and the mode says so."""
        unsigned = [each for each in distributions if not _is_signed(existing.get(each.filename, ()))]
        if not unsigned:
            return Attested(existing)
        tokens = _IdTokens(partial(self.request_id_token, AUDIENCE))
        try:
            decision = await self._judge(tokens)
        except ExchangeError as error:
            failed = SigningFailed(f"no ID token for signing: {error.answer.summary}", error.attempts)
            return self._settle(existing, dict.fromkeys((each.filename for each in unsigned), failed))
        match decision:
            case Impossible(reason=reason):
                raise AttestingImpossible(reason, tuple(each.filename for each in unsigned))
            case Attest():
                with Threads() as threads:
                    signer = SigstoreSigner(self.load_trust, tokens.next, self.retrying, threads, self.timeout)
                    await signer.prepare()
                    return self._settle(existing, await sign_all(signer, unsigned, self.parallel))
            case leave:
                return Attested(existing, unsigned=leave.reason)

    async def _judge(self, tokens: _IdTokens) -> Decision:
        return judge_claims(self.mode, self.targets, (await tokens.peek()).claims)

    def _settle(self, existing: Attestations, results: Mapping[str, Attestation | SigningFailed]) -> Attested:
        """Put old and new together, and let the mode decide whether a failure ends the run."""
        attestations = dict(existing)
        failed: dict[str, SigningFailed] = {}
        for filename, result in results.items():
            if isinstance(result, SigningFailed):
                failed[filename] = result
            else:
                attestations[filename] = (result, *attestations.get(filename, ()))
                self.retrying.log.info(f"Signed {filename}", transparency_log=result.log_url)
        if failed and self.mode is not AttestationMode.BEST_EFFORT:
            tried = next((each for each in failed.values() if each.attempts), next(iter(failed.values())))
            raise SigningError(tried.reason, tuple(failed))
        for filename, failure in failed.items():
            self.retrying.log.warning(f"{filename} goes without an attestation: {failure.reason}")
        return Attested(attestations, failed)


async def sign_all(
    signer: Signer, distributions: Sequence[Distribution], parallel: int
) -> dict[str, Attestation | SigningFailed]:
    """Sign at most `parallel` at once and return each result by file name.

    After one failure nothing new is begun: it had all its attempts, so the next would take as long to fail as well.
    """
    room = asyncio.Semaphore(parallel)
    failures: list[str] = []

    async def sign(distribution: Distribution) -> Attestation | SigningFailed:
        async with room:
            if failures:
                return SigningFailed(f"not tried, because signing `{failures[0]}` failed", 0)
            result = await signer.sign(distribution)
            if isinstance(result, SigningFailed):
                failures.append(distribution.filename)
            return result

    async with asyncio.TaskGroup() as group:
        tasks = {each.filename: group.create_task(sign(each)) for each in distributions}
    return {filename: task.result() for filename, task in tasks.items()}


class _IdTokens:
    """ID tokens, each used once: the first one was looked into before it is used."""

    def __init__(self, request: Callable[[], Awaitable[IdToken]]) -> None:
        self._request = request
        self._kept: IdToken | None = None

    async def peek(self) -> IdToken:
        """Return the token that `next` will return."""
        self._kept = await self._request()
        return self._kept

    async def next(self) -> IdToken:
        """Return a token that was not returned before."""
        kept, self._kept = self._kept, None
        return kept or await self._request()


def _is_signed(attestations: tuple[Attestation, ...]) -> bool:
    return any(each.predicate is Predicate.PUBLISH for each in attestations)
