"""JSON Web Tokens signed with RS256 (RFC 7515, RFC 7518), made and verified for real."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

Jwk = Mapping[str, str]
"""One public key as RFC 7517 writes it."""


class MalformedToken(ValueError):
    """The text does not have the shape of a token."""


class InvalidToken(ValueError):
    """The token has the right shape and no valid signature."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the id under which its public half is found."""

    private: RSAPrivateKey
    kid: str

    @classmethod
    def generate(cls, kid: str) -> Self:
        """Make a new key."""
        return cls(generate_private_key(public_exponent=65537, key_size=2048), kid)

    def jwk(self) -> dict[str, str]:
        """Return the public half."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.kid,
            "n": _encode(_to_bytes(numbers.n)),
            "e": _encode(_to_bytes(numbers.e)),
        }

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return a signed token that holds the claims."""
        header = {"typ": "JWT", "alg": "RS256", "kid": self.kid}
        signed = f"{_encode_json(header)}.{_encode_json(claims)}"
        return f"{signed}.{_encode(self.private.sign(signed.encode(), PKCS1v15(), SHA256()))}"


@cache
def shared_key() -> SigningKey:
    """Return the key that all fakes of this process share, because making one takes a while."""
    return SigningKey.generate("shared-key")


def parse_claims(token: str) -> dict[str, object]:
    """Return the claims without verifying anything; raise `MalformedToken`."""
    return _parse(token)[1]


def verify(token: str, keys: Sequence[Jwk]) -> dict[str, object]:
    """Return the claims of a token that one of the keys has signed; raise `MalformedToken` or `InvalidToken`."""
    header, claims = _parse(token)
    key = next((key for key in keys if key["kid"] == header.get("kid")), None)
    if key is None or header.get("alg") != "RS256":
        raise InvalidToken("no such key")
    public = RSAPublicNumbers(e=_to_int(key["e"]), n=_to_int(key["n"])).public_key()
    signed, _, signature = token.rpartition(".")
    try:
        public.verify(_decode(signature), signed.encode(), PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise InvalidToken("the signature does not match") from error
    return claims


def _parse(token: str) -> tuple[dict[str, object], dict[str, object]]:
    try:
        header, claims, _ = token.split(".")
        parsed = json.loads(_decode(header)), json.loads(_decode(claims))
    except ValueError as error:
        raise MalformedToken("not a token") from error
    if not all(isinstance(part, dict) for part in parsed):
        raise MalformedToken("not a token")
    return parsed


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _encode_json(value: Mapping[str, object]) -> str:
    return _encode(json.dumps(value).encode())


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _to_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def _to_int(text: str) -> int:
    return int.from_bytes(_decode(text))
