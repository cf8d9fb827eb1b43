"""A company's certificate authority as many are: RFC 5280 asks for more, and so does Python 3.13 by default."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def build_server(directory: Path, authority: Path, address: str) -> ssl.SSLContext:
    """Write the authority's certificate; return the TLS configuration of a server at an address."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    # Neither critical nor with a key identifier.
    root = _start("Company", "Company", authority_key).add_extension(constraints, critical=False)
    authority.write_bytes(root.sign(authority_key, SHA256()).public_bytes(Encoding.PEM))
    host = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
    leaf = _start("index", "Company", server_key).add_extension(host, critical=False).sign(authority_key, SHA256())
    chain = directory / "server.pem"
    key = server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(key + leaf.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def _start(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)]
    today = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
    )
