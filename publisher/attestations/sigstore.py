"""Everything that needs sigstore and pypi-attestations. Importing this module takes half a second: import it late."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from packaging.utils import parse_sdist_filename, parse_wheel_filename
from pydantic import ValidationError
from pypi_attestations import Attestation as SignedAttestation
from pypi_attestations import AttestationError
from pypi_attestations import Distribution as SignedDistribution
from requests import RequestException, Response, exceptions
from sigstore.dsse import Statement
from sigstore.errors import Error, VerificationError
from sigstore.models import ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import ExpiredCertificate, Signer, SigningContext  # type: ignore[attr-defined]  # not re-exported
from sigstore.verify import Verifier
from sigstore.verify.policy import UnsafeNoOp
from tuf.api.exceptions import DownloadError, DownloadHTTPError

from publisher.attestations.files import Attestation, Predicate
from publisher.distributions.model import Distribution
from publisher.identity.exchange import IdToken
from publisher.network.reply import REPLY_LIMIT, Answer, Cause, NoReply, Reply
from publisher.network.retry import TOO_MANY_REQUESTS

RATE_LIMIT_WAIT = 5  # seconds after a 429 that names no wait: Sigstore's limits reset quickly
DETAIL_LIMIT = 300  # characters of an exception's text; some repeat whole documents
NAME_LIMIT = 255  # bytes of a file name on Linux; a longer wheel name could expand to millions of tags

_CAUSES: dict[type[RequestException], Cause] = {
    exceptions.ProxyError: Cause.PROXY,
    exceptions.SSLError: Cause.CERTIFICATE,
    exceptions.ConnectionError: Cause.CONNECT,
    exceptions.JSONDecodeError: Cause.UNUSABLE,
}

# Without a handler, Python prints their warnings to stderr, and these quote services.
for _library in ("sigstore", "tuf"):
    logging.getLogger(_library).addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Trust:
    """A Sigstore instance: how to sign with it, how to verify, and where to look up log entries."""

    context: SigningContext
    verifier: Verifier
    entry_page: str

    def request_key(self, id_token: IdToken) -> SigningKey:
        """Make a key and request its certificate for the identity in the ID token."""
        with self.context.signer(_UncheckedToken(id_token), cache=True) as signer:
            return SigningKey(self, signer)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A certified key, valid for ten minutes."""

    trust: Trust
    signer: Signer

    def attest(self, filename: str, sha256: str) -> Attestation | None:
        """Sign a publish attestation and verify it as an index would; return None if the certificate has expired."""
        try:
            signed = SignedAttestation.sign(self.signer, SignedDistribution(name=filename, digest=sha256))
        except AttestationError as error:
            if isinstance(error.__context__, ExpiredCertificate):
                return None
            raise
        entry = signed.verification_material.transparency_entries[0]
        bundle = signed.to_bundle()
        try:
            # Any identity: it is this job's, and the index compares it with the Trusted Publisher.
            self.trust.verifier.verify_dsse(bundle, UnsafeNoOp())
        except VerificationError:
            # By the clock of the log, which is the one that counts.
            if int(entry["integratedTime"]) > bundle.signing_certificate.not_valid_after_utc.timestamp():
                return None
            raise
        log_url = f"{self.trust.entry_page}{entry['logIndex']}"
        return Attestation(signed.model_dump_json(), Predicate.PUBLISH, log_url)


def load_public_trust() -> Trust:
    """Update the trust root of the public instance; sigstore keeps it in the XDG data and cache directories."""
    return _build_trust(ClientTrustConfig.production(), "https://search.sigstore.dev/?logIndex=")


def parse_trust_config(content: bytes) -> Trust | str:
    """Parse the client trust configuration of a private instance, or return a clause about its first problem."""
    try:
        return _build_trust(ClientTrustConfig.from_json(content.decode()), None)
    except (ValueError, Error) as error:
        return _describe(error)


def parse_attestation(content: bytes, distribution: Distribution) -> Attestation | str:
    """Parse an attestation file and check all that an index checks except the signature.

    Returns a clause about the first problem. Verifying the signature would take a network request.
    """
    try:
        signed = SignedAttestation.model_validate_json(content)
        signed.to_bundle()
        Statement(signed.envelope.statement)
    except (ValueError, Error) as error:
        return f"it is not a PEP 740 attestation: {_describe(error)}"
    match signed.statement:
        case {"subject": [{"name": str(name), "digest": {"sha256": str(sha256)}}], "predicateType": str(predicate)}:
            pass
        case _:
            return "its statement is not about one named file with a SHA-256 digest"
    if not _is_same_file(name, distribution.filename):
        return f"it is about another file: `{name:.{NAME_LIMIT}}`"
    if sha256 != distribution.digests.sha256:
        return f"it is about other content: SHA-256 `{sha256:.64}`"
    if predicate not in {*Predicate}:
        return f"indexes do not accept attestations of the type `{predicate:.{NAME_LIMIT}}`"
    return Attestation(signed.model_dump_json(), Predicate(predicate))


def explain_failure(error: BaseException) -> Answer | str:
    """Translate an exception into the answer behind it, or a clause about this machine, which a retry cannot fix."""
    each: BaseException | None = error
    while each is not None:
        match each:
            case RequestException(response=response) if response is not None and not response.ok:
                return _build_reply(response)
            case RequestException():
                return NoReply(next((cause for kind, cause in _CAUSES.items() if isinstance(each, kind)), Cause.RESET))
            case DownloadHTTPError():
                return Reply(each.status_code)
            case DownloadError():
                return NoReply(Cause.RESET, _describe(each))
            case TimeoutError():
                return NoReply(Cause.TIMEOUT_ANSWER)
            case OSError():
                return f"{type(each).__name__}: {each.strerror or 'no reason given'}"
            case _:
                each = each.__cause__ or each.__context__
    # Whatever else these libraries raise is about the content of an answer.
    return NoReply(Cause.UNUSABLE, f"{type(error).__name__}: {_describe(error)}")


class _UncheckedToken(IdentityToken):
    """An ID token that only the certificate authority checks: this machine's clock may be minutes off."""

    def __init__(self, id_token: IdToken) -> None:
        # The base class would compare the token with this machine's clock.
        self._secret = id_token.secret

    def __str__(self) -> str:
        return self._secret.get_secret_value()

    def in_validity_period(self) -> bool:
        return True


def _build_trust(config: ClientTrustConfig, entry_page: str | None) -> Trust:
    # Version 2 of the log relies on signed timestamps, which PEP 740 has no field for.
    config.force_tlog_version = 1
    services, trusted_root = config.signing_config, config.trusted_root
    log = services.get_tlogs()[0]
    # Without a timestamp authority, although the configuration may name one: see docs/decisions/0005.
    context = SigningContext(fulcio=services.get_fulcio(), rekor=log, trusted_root=trusted_root)
    page = entry_page or f"{getattr(log, 'url', '')}/log/entries?logIndex="
    return Trust(context, Verifier(trusted_root=trusted_root), page)


def _is_same_file(name: str, filename: str) -> bool:
    """Compare the parts of both names, as the index does."""
    parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    try:
        return len(name) <= NAME_LIMIT and parse(name) == parse(filename)
    except ValueError:
        return False


def _build_reply(response: Response) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.status_code == TOO_MANY_REQUESTS:
        headers.setdefault("retry-after", str(RATE_LIMIT_WAIT))
    return Reply(response.status_code, response.reason or "", headers, response.content[:REPLY_LIMIT])


def _describe(error: BaseException) -> str:
    """Return an exception's text on one line, pydantic's first complaint without the input it repeats."""
    inner = error.__cause__ if isinstance(error.__cause__, ValidationError) else error
    if isinstance(inner, ValidationError):
        first = inner.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        return f"{place}: {first['msg']}" if place else first["msg"]
    return " ".join(str(inner).split())[:DETAIL_LIMIT]
