"""Look into an ID token without verifying it: good for messages and for nothing else."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

_PARTS_OF_A_JWT = 3


def parse_unverified_claims(secret: SecretStr) -> Mapping[str, object]:
    """Return the claims as they stand (RFC 7519), empty where the text is no JWT."""
    parts = secret.get_secret_value().split(".")
    if len(parts) != _PARTS_OF_A_JWT:
        return {}
    encoded = parts[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
