"""Sign distributions with Sigstore before any of them is uploaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from publisher.attestations.files import Attestation, Attestations, Predicate
from publisher.distributions.model import Distribution
from publisher.errors import AttestingImpossible, ExchangeError, SigningError
from publisher.identity.exchange import IdToken
from publisher.index.endpoints import Index
from publisher.network.reply import Answer, Reply
from publisher.network.retry import Retrying

if TYPE_CHECKING:
    from publisher.attestations.sigstore import SigningKey, Trust

T = TypeVar("T")

AUDIENCE = "sigstore"
CALL_TIMEOUT = 30.0  # seconds for one call into sigstore, which has no timeouts of its own
CERTIFICATES_PER_FILE = 3  # they live ten minutes: if several expire while one file is signed, a clock is wrong
_ID_TOKEN = "Requesting an ID token for signing"  # noqa: S105 -- not a secret
_TRUST_ROOT = "Updating the Sigstore trust root"
_CERTIFICATE = "Requesting a signing certificate"


class AttestationMode(StrEnum):
    """Whether distributions are signed, and whether a failure stops the run."""

    TRUE = "true"
    REQUIRED = "required"
    BEST_EFFORT = "best-effort"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class SigningOptions:
    """How to sign, and with which Sigstore; `load_trust` is None for the public instance."""

    mode: AttestationMode
    request_id_token: Callable[[str], IdToken]
    retrying: Retrying
    parallel: int
    load_trust: Callable[[], Trust] | None = None
    timeout: float = CALL_TIMEOUT


@dataclass(frozen=True, slots=True)
class SigningFailed:
    """Why a distribution was not signed: the action that failed (`what`), and how.

    A `cause` that is text is a clause about this machine. After one failure, other distributions share it untried.
    """

    what: str
    cause: Answer | str


@dataclass(frozen=True, slots=True)
class Attested:
    """Attestations and failures by file name; `unsigned` is a clause if the claims rule out signing."""

    attestations: Attestations
    failed: Mapping[str, SigningFailed] = field(default_factory=dict)
    unsigned: str | None = None


def attest(
    distributions: Sequence[Distribution], existing: Attestations, options: SigningOptions, indexes: Iterable[Index]
) -> Attested:
    """Sign every distribution that has no publish attestation yet, for upload to the indexes.

    Raises `AttestingImpossible`, and `SigningError` unless the mode is `best-effort`.
    """
    signed = {name for name, found in existing.items() if any(each.predicate is Predicate.PUBLISH for each in found)}
    pending = [each for each in distributions if each.filename not in signed]
    if not pending:
        return Attested(existing)
    filenames = tuple(each.filename for each in pending)
    try:
        id_token = options.request_id_token(AUDIENCE)
    except ExchangeError as error:
        failure = SigningFailed(_ID_TOKEN, error.answer)
        return _settle(options.mode, existing, dict.fromkeys(filenames, failure))
    if reason := explain_refused_claims(indexes, id_token.claims):
        if options.mode is AttestationMode.REQUIRED:
            raise AttestingImpossible(reason)
        return Attested(existing, unsigned=reason)
    signer = _Signer(options, id_token)
    with ThreadPoolExecutor(options.parallel) as pool:
        results = dict(zip(filenames, pool.map(signer.sign, pending), strict=True))
    return _settle(options.mode, existing, results)


def explain_refused_claims(indexes: Iterable[Index], claims: Mapping[str, object]) -> str | None:
    """Return a clause about why the indexes would refuse what this job signs, by the ID token's unverified claims.

    PyPI looks up the Trusted Publisher of a reusable workflow by the called file, but the signing certificate names the
    caller.
    """
    # `owner/repository/.github/workflows/file.yml@ref`
    caller, called = (str(claims.get(name) or "").partition("@")[0] for name in ("workflow_ref", "job_workflow_ref"))
    names = " and ".join(index.name for index in indexes if index.known)
    if not names or not caller or not called or caller == called:
        return None
    return (
        f"this job runs in the reusable workflow `{called}`, and {names} would refuse an attestation that names its "
        f"caller `{caller}`"
    )


def build_fields(unattested: str | None, attested: Attested) -> dict[str, str]:
    """Build the upload form's field `attestations` by file name, empty for an index that gets none."""
    found = {} if unattested else attested.attestations
    return {filename: f"[{','.join(each.text for each in found[filename])}]" for filename in found}


def describe_attesting(unattested: str | None, attested: Attested, distributions: Sequence[Distribution]) -> str:
    """Describe what is uploaded with attestations, and why the rest is not."""
    if reason := unattested or attested.unsigned:
        return f"not attested: {reason}"
    count = sum(each.filename in attested.attestations for each in distributions)
    return "attested" if count == len(distributions) else f"{count} of {len(distributions)} attested"


def _settle(
    mode: AttestationMode, existing: Attestations, results: Mapping[str, Attestation | SigningFailed]
) -> Attested:
    """Merge new and existing attestations, or raise if the mode does not allow a failure."""
    failed = {name: each for name, each in results.items() if isinstance(each, SigningFailed)}
    new = {name: (each, *existing.get(name, ())) for name, each in results.items() if isinstance(each, Attestation)}
    if failed and mode is not AttestationMode.BEST_EFFORT:
        first = next(iter(failed.values()))
        raise SigningError(first.what, first.cause, tuple(failed))
    return Attested({**existing, **new}, failed)


@dataclass(slots=True)
class _Signer:
    """Sign files, possibly in parallel, with one key until its certificate expires.

    After one failure, `key` is that failure: it had all its attempts, so the next file would take as long to fail.
    """

    options: SigningOptions
    id_token: IdToken | None
    trust: Trust | None = None
    key: SigningKey | SigningFailed | None = None
    lock: Lock = field(default_factory=Lock)

    def sign(self, distribution: Distribution) -> Attestation | SigningFailed:
        result = self._sign(f"Signing {distribution.filename}", distribution)
        if isinstance(result, SigningFailed):
            with self.lock:
                self.key = result
        else:
            self.options.retrying.log.info(f"Signed {distribution.filename}: {result.log_url}")
        return result

    def _sign(self, what: str, distribution: Distribution) -> Attestation | SigningFailed:
        expired = None
        for _ in range(CERTIFICATES_PER_FILE):
            key = self._renew_key(expired)
            if isinstance(key, SigningFailed):
                return key
            # Safe to retry: each attempt makes a new signature, and an unused log entry is harmless.
            call = partial(key.attest, distribution.filename, distribution.digests.sha256)
            result = self._retry(what, partial(self._call, what, call))
            if result is not None:
                return result
            expired = key
        return SigningFailed(what, "every certificate expired before it was used; this machine's clock may be wrong")

    def _renew_key(self, expired: SigningKey | None) -> SigningKey | SigningFailed:
        """Return the current key, after requesting one if none was requested yet or it has expired."""
        with self.lock:
            if self.key is None or self.key is expired:
                self.key = self._request_key()
            return self.key

    def _request_key(self) -> SigningKey | SigningFailed:
        from publisher.attestations.sigstore import load_public_trust  # noqa: PLC0415 -- takes half a second

        if self.trust is None:
            # Safe to retry: it only reads.
            load = self.options.load_trust or load_public_trust
            loaded = self._retry(_TRUST_ROOT, partial(self._call, _TRUST_ROOT, load))
            if isinstance(loaded, SigningFailed):
                return loaded
            self.trust = loaded
        request_key = self.trust.request_key

        def request_once() -> SigningKey | SigningFailed:
            id_token = self.id_token or self.options.request_id_token(AUDIENCE)
            self.id_token = None
            return self._call(_CERTIFICATE, partial(request_key, id_token))

        try:
            # Safe to retry: each attempt has its own ID token and key.
            return self._retry(_CERTIFICATE, request_once)
        except ExchangeError as error:
            return SigningFailed(_ID_TOKEN, error.answer)

    def _call(self, what: str, call: Callable[[], T]) -> T | SigningFailed:
        """Call into sigstore with a deadline; a call that misses it is abandoned in its thread."""
        from publisher.attestations.sigstore import explain_failure  # noqa: PLC0415 -- takes half a second

        executor = ThreadPoolExecutor(1)
        try:
            return executor.submit(call).result(self.options.timeout)
        except Exception as error:  # noqa: BLE001 -- a bad answer makes these libraries raise anything
            return SigningFailed(what, explain_failure(error))
        finally:
            executor.shutdown(wait=False, cancel_futures=True)

    def _retry(self, what: str, once: Callable[[], T | SigningFailed]) -> T | SigningFailed:
        """Retry what an answer caused; a failure of this machine is as final as success."""
        return self.options.retrying.run(what, once, _answer_of).value


def _answer_of(value: object) -> Answer:
    if isinstance(value, SigningFailed) and not isinstance(value.cause, str):
        return value.cause
    return Reply(200)
