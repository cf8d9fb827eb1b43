"""A Sigstore instance as one application, and its client trust configuration."""

import base64
import json
import time
from collections.abc import Callable

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.github import FakeGitHub
from tests.fakes.service import FakeService, Seen
from tests.fakes.sigstore.authority import ROOT_BEGIN, CertificateAuthority, encode_public_key, key_id
from tests.fakes.sigstore.log import BadEntry, TransparencyLog

AUDIENCE = "sigstore"
_SINCE = {"start": ROOT_BEGIN.isoformat().replace("+00:00", "Z")}


class FakeSigstore(FakeService):
    """Certify keys for the ID tokens of one GitHub, and log what they sign.

    Endpoints for `script`: `certificate`, `log`, `timestamp`.
    """

    def __init__(self, github: FakeGitHub, *, clock: Callable[[], float] = time.time) -> None:
        self.github = github
        self.clock = clock
        self.authority = CertificateAuthority()
        self.log = TransparencyLog()
        super().__init__()

    def _routes(self) -> list[Route]:
        return [
            self.route("/api/v2/signingCert", "certificate", self._certify, "POST"),
            self.route("/api/v1/log/entries", "log", self._log, "POST"),
            self.route("/api/v1/timestamp", "timestamp", self._timestamp, "POST"),
        ]

    @property
    def id_tokens(self) -> list[str]:
        """Return the ID token of every request for a certificate."""
        return [_id_token_of(seen) for seen in self.seen("certificate")]

    async def _certify(self, _: Request, seen: Seen) -> Response:
        try:
            claims = jwt.decode(
                _id_token_of(seen),
                self.github.key.public_key(),
                ["RS256"],
                audience=AUDIENCE,
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.InvalidTokenError as error:
            return _refuse(f"There was an error processing the identity token: {error}")
        if not self.clock() < claims["exp"]:
            return _refuse("There was an error processing the identity token: it has expired")
        body = seen.json()
        assert isinstance(body, dict)
        request = x509.load_pem_x509_csr(base64.b64decode(body["certificateSigningRequest"]))
        if not request.is_signature_valid:
            return _refuse("The signature supplied in the request could not be verified")
        chain = (self.authority.issue(request, claims, self.clock()), self.authority.root)
        pems = [certificate.public_bytes(Encoding.PEM).decode() for certificate in chain]
        return JSONResponse({"signedCertificateEmbeddedSct": {"chain": {"certificates": pems}}}, 201)

    async def _log(self, _: Request, seen: Seen) -> Response:
        try:
            return JSONResponse(self.log.add(seen.json(), self.clock()), 201)
        except BadEntry as error:
            return _refuse(str(error))

    async def _timestamp(self, _: Request, seen: Seen) -> Response:
        del seen
        return _refuse("attestations have no room for timestamps")

    def trust_config(self, base_url: str) -> str:
        """Return the client trust configuration of this instance at a URL."""
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
                "trustedRoot": self.trusted_root(base_url),
                "signingConfig": {
                    "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                    "caUrls": [_service(base_url)],
                    "oidcUrls": [_service(base_url)],
                    "rekorTlogUrls": [_service(base_url)],
                    "rekorTlogConfig": {"selector": "ANY"},
                    "tsaUrls": [_service(f"{base_url}/api/v1/timestamp")],
                    "tsaConfig": {"selector": "ANY"},
                },
            }
        )

    def trusted_root(self, base_url: str) -> dict[str, object]:
        """Return the keys and certificates that verify this instance."""
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log(base_url, self.log.key)],
            "certificateAuthorities": [_authority(base_url, self.authority.root)],
            "ctlogs": [_log(f"{base_url}/ct", self.authority.log_key)],
        }


def _id_token_of(seen: Seen) -> str:
    return seen.headers.get("authorization", "").removeprefix("Bearer ")


def _refuse(message: str) -> Response:
    return JSONResponse({"code": 3, "message": message, "details": []}, 400)


def _service(url: str) -> dict[str, object]:
    return {"url": url, "majorApiVersion": 1, "validFor": _SINCE, "operator": "sigstore.example"}


def _log(url: str, key: ec.EllipticCurvePrivateKey) -> dict[str, object]:
    public = {
        "rawBytes": _encode(encode_public_key(key)),
        "keyDetails": "PKIX_ECDSA_P256_SHA_256",
        "validFor": _SINCE,
    }
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": public,
        "logId": {"keyId": _encode(key_id(key))},
    }


def _authority(url: str, certificate: x509.Certificate) -> dict[str, object]:
    certificates = [{"rawBytes": _encode(certificate.public_bytes(Encoding.DER))}]
    return {
        "subject": {"organization": "sigstore.example", "commonName": "sigstore.example"},
        "uri": url,
        "certChain": {"certificates": certificates},
        "validFor": _SINCE,
    }


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()
