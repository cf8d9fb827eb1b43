"""A certificate authority that certifies a key for an ID token, like Fulcio."""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyasn1.codec.der.encoder import encode  # type: ignore[import-untyped]  # ships no types
from pyasn1.type.char import UTF8String  # type: ignore[import-untyped]
from pyasn1.type.univ import OctetString  # type: ignore[import-untyped]

CLAIMS = "1.3.6.1.4.1.57264.1"
SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
SERVER = "https://github.com"
ROOT_LIFETIME = timedelta(days=3650)
ROOT_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make a P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def encode_public_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public key as SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the log ID of a key (RFC 6962, section 3.2)."""
    return hashlib.sha256(encode_public_key(key)).digest()


def build_root(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Return a self-signed certificate."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sigstore.example")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ROOT_BEGIN)
        .not_valid_after(ROOT_BEGIN + ROOT_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


@dataclass(slots=True)
class CertificateAuthority:
    """Issue certificates of `lifetime` with an embedded timestamp of the certificate log, signed by `log_key`."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    log_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    lifetime: timedelta = timedelta(minutes=10)
    root: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        self.root = build_root(self.key)

    def issue(
        self, request: x509.CertificateSigningRequest, claims: Mapping[str, object], now: float
    ) -> x509.Certificate:
        """Return a certificate of the request's key for the job in the claims."""
        begin = datetime.fromtimestamp(int(now), UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.root.subject)
            .public_key(request.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + self.lifetime)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(_subject(claims), critical=True)
        )
        for number, value in _certified_claims(claims).items():
            oid = x509.ObjectIdentifier(f"{CLAIMS}.{number}")
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, encode(UTF8String(value))), critical=False)
        # The timestamp covers the certificate without it.
        precertificate = builder.sign(self.key, SHA256()).tbs_certificate_bytes
        timestamp = x509.UnrecognizedExtension(
            SCT_LIST, encode(OctetString(self._timestamp(precertificate, int(now * 1000))))
        )
        return builder.add_extension(timestamp, critical=False).sign(self.key, SHA256())

    def _timestamp(self, precertificate: bytes, milliseconds: int) -> bytes:
        """Return a list of one signed certificate timestamp (RFC 6962, sections 3.2 and 3.3)."""
        entry = key_id(self.key) + len(precertificate).to_bytes(3) + precertificate
        signed = struct.pack("!BBQH", 0, 0, milliseconds, 1) + entry + struct.pack("!H", 0)
        signature = self.log_key.sign(signed, ec.ECDSA(SHA256()))
        timestamp = (
            b"\0" + key_id(self.log_key) + struct.pack("!QHBBH", milliseconds, 0, 4, 3, len(signature)) + signature
        )
        return struct.pack("!HH", len(timestamp) + 2, len(timestamp)) + timestamp


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(claims: Mapping[str, object]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"{SERVER}/{claims['job_workflow_ref']}")])


def _certified_claims(claims: Mapping[str, object]) -> dict[int, str]:
    """Return the extensions 8 to 22 of a GitHub Actions job."""
    repository, run = f"{SERVER}/{claims['repository']}", f"{claims['run_id']}/attempts/{claims['run_attempt']}"
    return {
        8: str(claims["iss"]),
        9: f"{SERVER}/{claims['job_workflow_ref']}",
        10: str(claims["job_workflow_sha"]),
        11: str(claims["runner_environment"]),
        12: repository,
        13: str(claims["sha"]),
        14: str(claims["ref"]),
        15: str(claims["repository_id"]),
        16: f"{SERVER}/{claims['repository_owner']}",
        17: str(claims["repository_owner_id"]),
        18: f"{SERVER}/{claims['workflow_ref']}",
        19: str(claims["workflow_sha"]),
        20: str(claims["event_name"]),
        21: f"{repository}/actions/runs/{run}",
        22: str(claims["repository_visibility"]),
    }
