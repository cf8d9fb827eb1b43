"""The calls into sigstore and pypi-attestations: blocking, to be made in a thread.

Both are imported inside the functions: that takes more than half a second, and most runs do without.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.attestations.model import Attestation, Predicate
from publisher.errors import Problem, SettingsError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from pypi_attestations import Attestation as SignedAttestation
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken
    from sigstore.sign import Signer, SigningContext
    from sigstore.verify import Verifier

    from publisher.identity.tokens import IdToken

LOG_VERSION = 1
"""The version of the transparency log that attestations need: PEP 740 has no room for the timestamps of version 2."""

SEARCH_PAGE = "https://search.sigstore.dev/?logIndex="
"""Where people can look at an entry of the public transparency log."""


# Where nobody handles warnings, Python writes them to stderr as they are, and these quote far sides.
for _library in ("sigstore", "tuf"):
    logging.getLogger(_library).addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Trust:
    """A Sigstore instance: how to sign with it, how to verify what it signed, and where its log can be looked at."""

    context: SigningContext
    verifier: Verifier
    entry_page: str


@dataclass(frozen=True, slots=True)
class CertificateEnded:
    """The signing certificate ended before the signature was in the log; another one is needed."""


def load_public_trust() -> Trust:
    """Update the trust root of the public instance over the network; keeps it below the user's home directory."""
    from sigstore.models import ClientTrustConfig

    return _build_trust(ClientTrustConfig.production(), SEARCH_PAGE)


def load_private_trust(text: str) -> Trust:
    """Parse a client trust configuration; raise `SettingsError` where it cannot be used. No request is made."""
    from sigstore.errors import Error
    from sigstore.models import ClientTrustConfig

    try:
        return _build_trust(ClientTrustConfig.from_json(text), None)
    except (ValueError, Error) as error:
        # A pydantic error is many lines and repeats the file.
        detail = str(error) if isinstance(error, Error) else "a part is missing or has another form"
        problem = Problem("sigstore-trust-config", f"cannot be used as a client trust configuration: {detail}")
        raise SettingsError((problem,)) from error


def _build_trust(config: ClientTrustConfig, entry_page: str | None) -> Trust:
    from sigstore.sign import SigningContext
    from sigstore.verify import Verifier

    config.force_tlog_version = LOG_VERSION
    services, trusted_root = config.signing_config, config.trusted_root
    log = services.get_tlogs()[0]
    # No timestamp authority, although the configuration may name one: PEP 740 leaves its answer out, the log vouches
    # for the time, and what is not asked cannot be down.
    context = SigningContext(fulcio=services.get_fulcio(), rekor=log, trusted_root=trusted_root)
    page = entry_page or f"{getattr(log, 'url', '')}/log/entries?logIndex="
    return Trust(context, Verifier(trusted_root=trusted_root), page)


def request_certificate(trust: Trust, id_token: IdToken) -> Signer:
    """Make a key and have it certified for the identity in the ID token; verifies the certificate's timestamp."""
    with trust.context.signer(_build_identity(id_token), cache=True) as signer:
        return signer


def attest(trust: Trust, signer: Signer, filename: str, sha256: str) -> Attestation | CertificateEnded:
    """Sign that we publish a file with this digest, and verify the result as an index would."""
    from pypi_attestations import Attestation as SignedAttestation
    from pypi_attestations import AttestationError, Distribution
    from sigstore.errors import VerificationError
    from sigstore.sign import ExpiredCertificate  # type: ignore[attr-defined]  # its own module is private

    try:
        signed = SignedAttestation.sign(signer, Distribution(name=filename, digest=sha256))
    except AttestationError as error:
        if isinstance(error.__context__, ExpiredCertificate):
            return CertificateEnded()
        raise
    bundle = signed.to_bundle()
    try:
        trust.verifier.verify_dsse(bundle, _AnyIdentity())
    except VerificationError:
        if _log_time(signed) > bundle.signing_certificate.not_valid_after_utc.timestamp():
            return CertificateEnded()
        raise
    return _describe(signed, trust)


def _log_time(signed: SignedAttestation) -> int:
    """Return when the log took the entry, in Unix time by its own clock; it counts, not ours."""
    return int(signed.verification_material.transparency_entries[0]["integratedTime"])


def _describe(signed: SignedAttestation, trust: Trust) -> Attestation:
    index = int(signed.verification_material.transparency_entries[0]["logIndex"])
    return Attestation(signed.model_dump_json(), Predicate.PUBLISH, index, f"{trust.entry_page}{index}")


class _AnyIdentity:
    """Accept whoever signed: that was us, and the index knows whom it trusts."""

    def verify(self, cert: Certificate) -> None:
        """Raise nothing."""


def _build_identity(id_token: IdToken) -> IdentityToken:
    from sigstore.oidc import IdentityToken

    class Unjudged(IdentityToken):
        """An ID token that the certificate authority judges, by its own clock: ours may be minutes off."""

        def __init__(self) -> None:
            # The base class would compare its times with our clock, and is not needed for anything else.
            pass

        def __str__(self) -> str:
            return id_token.secret.get_secret_value()

        def in_validity_period(self) -> bool:
            """Leave that to the certificate authority."""
            return True

    return Unjudged()
