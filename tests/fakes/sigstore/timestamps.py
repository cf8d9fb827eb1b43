"""A timestamp authority (RFC 3161)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyasn1.codec.der.decoder import decode  # type: ignore[import-untyped]

from tests.fakes.sigstore import der
from tests.fakes.sigstore.authority import ROOT_BEGIN, ROOT_LIFETIME, build_name, build_root, new_key

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

POLICY = "1.3.6.1.4.1.57264.2"
_DATA_TYPE = "1.2.840.113549.1.7.2"
_INFO_TYPE = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_CERTIFICATE_ID = "1.2.840.113549.1.9.16.2.47"
_DIGEST_ALGORITHM = der.sequence(der.identifier("2.16.840.1.101.3.4.2.1"))
_SIGNATURE_ALGORITHM = der.sequence(der.identifier("1.2.840.10045.4.3.2"))


@dataclass(slots=True)
class TimestampAuthority:
    """Vouch for the time of a digest."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    root_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    root: Certificate = field(init=False)
    certificate: Certificate = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        self.root = build_root(self.root_key, "timestamps")
        self.certificate = self._issue()

    def answer(self, query: bytes, now: float) -> bytes:
        """Return a granted response to a request."""
        request, _ = decode(query)
        nonce = int(request["field-3"]) if len(request) > 3 else int(request["field-2"])
        self.count += 1
        moment = datetime.fromtimestamp(int(now), UTC).strftime("%Y%m%d%H%M%SZ")
        info = der.sequence(
            der.integer(1),
            der.identifier(POLICY),
            der.sequence(_DIGEST_ALGORITHM, der.octets(bytes(request["field-1"]["field-1"]))),
            der.integer(self.count),
            der.encode(0x18, moment.encode()),
            der.integer(nonce),
        )
        return der.sequence(der.sequence(der.integer(0)), self._sign(info))

    def _sign(self, info: bytes) -> bytes:
        """Return the token: CMS signed data (RFC 5652) about the info."""
        certificate = self.certificate.public_bytes(Encoding.DER)
        attributes = (
            _attribute(_CONTENT_TYPE, der.identifier(_INFO_TYPE)),
            _attribute(_MESSAGE_DIGEST, der.octets(sha256(info).digest())),
            _attribute(
                _CERTIFICATE_ID, der.sequence(der.sequence(der.sequence(der.octets(sha256(certificate).digest()))))
            ),
        )
        signature = self.key.sign(der.set_of(*attributes), ec.ECDSA(SHA256()))
        signer = der.sequence(
            der.integer(1),
            der.sequence(self.certificate.issuer.public_bytes(), der.integer(self.certificate.serial_number)),
            _DIGEST_ALGORITHM,
            der.context(0, *sorted(attributes)),
            _SIGNATURE_ALGORITHM,
            der.octets(signature),
        )
        data = der.sequence(
            der.integer(3),
            der.set_of(_DIGEST_ALGORITHM),
            der.sequence(der.identifier(_INFO_TYPE), der.context(0, der.octets(info))),
            der.context(0, certificate),
            der.set_of(signer),
        )
        return der.sequence(der.identifier(_DATA_TYPE), der.context(0, data))

    def _issue(self) -> Certificate:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        return (
            x509.CertificateBuilder()
            .subject_name(build_name("timestamp"))
            .issuer_name(self.root.subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(ROOT_BEGIN)
            .not_valid_after(ROOT_BEGIN + ROOT_LIFETIME)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root_key.public_key()), critical=False
            )
            .sign(self.root_key, SHA256())
        )


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.identifier(oid), der.set_of(value))
