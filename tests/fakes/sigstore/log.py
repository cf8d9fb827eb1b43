"""A transparency log like Rekor v1: a Merkle tree with signed checkpoints and signed entry timestamps."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.fakes.sigstore.authority import key_id, new_key

ORIGIN = "log.sigstore.example - 4711"
SIGNER = "log.sigstore.example"


class BadEntry(ValueError):
    """The log does not accept the proposed entry."""


@dataclass(slots=True)
class TransparencyLog:
    """Add signed envelopes and prove their inclusion."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    leaves: list[bytes] = field(default_factory=list)

    def add(self, proposed: object, now: float) -> dict[str, object]:
        """Return the answer for a new entry of the kind `dsse`; raise `BadEntry`."""
        body = _canonicalize(_build_body(proposed))
        self.leaves.append(hashlib.sha256(b"\0" + body).digest())
        index = len(self.leaves) - 1
        entry: dict[str, object] = {
            "body": base64.b64encode(body).decode(),
            "integratedTime": int(now),
            "logID": key_id(self.key).hex(),
            "logIndex": index,
        }
        promise = self.key.sign(_canonicalize(entry), ec.ECDSA(SHA256()))
        entry["verification"] = {
            "signedEntryTimestamp": base64.b64encode(promise).decode(),
            "inclusionProof": {
                "checkpoint": self._checkpoint(),
                "hashes": [node.hex() for node in _path(index, self.leaves)],
                "logIndex": index,
                "rootHash": _root(self.leaves).hex(),
                "treeSize": len(self.leaves),
            },
        }
        return {self.leaves[index].hex(): entry}

    def _checkpoint(self) -> str:
        """Return the signed state of the tree."""
        note = f"{ORIGIN}\n{len(self.leaves)}\n{base64.b64encode(_root(self.leaves)).decode()}\n"
        signature = key_id(self.key)[:4] + self.key.sign(note.encode(), ec.ECDSA(SHA256()))
        return f"{note}\n\N{EM DASH} {SIGNER} {base64.b64encode(signature).decode()}\n"


def _build_body(proposed: object) -> dict[str, object]:
    """Return the logged form of a proposed entry after verifying its signature."""
    match proposed:
        case {
            "kind": "dsse",
            "apiVersion": "0.0.1",
            "spec": {"proposedContent": {"envelope": str(text), "verifiers": [str(verifier)]}},
        }:
            envelope = json.loads(text)
        case _:
            raise BadEntry("not an entry of the kind dsse")
    payload, signature = base64.b64decode(envelope["payload"]), envelope["signatures"][0]["sig"]
    _verify(verifier, signature, envelope["payloadType"], payload)
    return {
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {
            "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(text.encode()).hexdigest()},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": signature, "verifier": verifier}],
        },
    }


def _verify(verifier: str, signature: str, kind: str, payload: bytes) -> None:
    key = x509.load_pem_x509_certificate(base64.b64decode(verifier)).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signed = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    try:
        key.verify(base64.b64decode(signature), signed, ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise BadEntry("the signature does not match") from error


def _canonicalize(value: Mapping[str, object]) -> bytes:
    """Serialize like RFC 8785, for ASCII and integers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _root(leaves: Sequence[bytes]) -> bytes:
    """Return the hash of a tree (RFC 6962, section 2.1)."""
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return _join(_root(leaves[:split]), _root(leaves[split:]))


def _path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the inclusion proof of a leaf (RFC 6962, section 2.1.1)."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*_path(index, leaves[:split]), _root(leaves[split:])]
    return [*_path(index - split, leaves[split:]), _root(leaves[:split])]


def _split(count: int) -> int:
    return int(1 << (count - 1).bit_length() - 1)


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
