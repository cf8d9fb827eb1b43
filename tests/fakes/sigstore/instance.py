"""A whole Sigstore instance as one application, and the trust that leads clients to it."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.responses import JSONResponse, Response

from tests.fakes.jwt import InvalidToken, MalformedToken, verify
from tests.fakes.service import FakeService, Seen
from tests.fakes.sigstore.authority import ROOT_BEGIN, CertificateAuthority, encode_public_key, key_id
from tests.fakes.sigstore.log import BadEntry, TransparencyLog
from tests.fakes.sigstore.timestamps import TimestampAuthority

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec
    from starlette.requests import Request
    from starlette.routing import Route

    from tests.fakes.github import FakeGitHub

AUDIENCE = "sigstore"
_SINCE = {"start": ROOT_BEGIN.isoformat().replace("+00:00", "Z")}


class FakeSigstore(FakeService):
    """Certify keys for the ID tokens of one GitHub, log what they sign, and vouch for the time.

    Endpoints for `script`: `certificate`, `log`, `timestamp`.
    """

    def __init__(self, github: FakeGitHub, *, clock: Callable[[], float] = time.time) -> None:
        self.github = github
        self.clock = clock
        self.authority = CertificateAuthority()
        self.log = TransparencyLog()
        self.timestamps = TimestampAuthority()
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
            claims = verify(_id_token_of(seen), self.github.jwks())
        except (MalformedToken, InvalidToken) as error:
            return _refuse(f"There was an error processing the identity token: {error}")
        expires = claims["exp"]
        assert isinstance(expires, int)
        if claims["aud"] != AUDIENCE or not self.clock() < expires:
            return _refuse("There was an error processing the identity token: audience or time")
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
        answer = self.timestamps.answer(seen.body, self.clock())
        return Response(answer, 201, {"Content-Type": "application/timestamp-reply"})

    def trust_config(self, base_url: str) -> str:
        """Return the client trust configuration that leads to this instance at a URL."""
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
        """Return the keys and certificates with which our answers are verified."""
        stamps = self.timestamps
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log(base_url, self.log.key)],
            "certificateAuthorities": [_authority(base_url, self.authority.root)],
            "ctlogs": [_log(f"{base_url}/ct", self.authority.log_key)],
            "timestampAuthorities": [_authority(base_url, stamps.certificate, stamps.root)],
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


def _authority(url: str, *chain: x509.Certificate) -> dict[str, object]:
    certificates = [{"rawBytes": _encode(certificate.public_bytes(Encoding.DER))} for certificate in chain]
    return {
        "subject": {"organization": "sigstore.example", "commonName": "sigstore.example"},
        "uri": url,
        "certChain": {"certificates": certificates},
        "validFor": _SINCE,
    }


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()
