"""Keep secrets out of everything we write, whatever the runner does."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import SecretStr

_REPLACEMENT = "***"
_SHORTEST_ENCODED = 6
"""Characters; what base64 leaves of a shorter value occurs in ordinary text."""


class Masker:
    """Hold the secrets of this run and replace them, also encoded, in any text."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Masker({len(self._forms)} forms)"

    def add(self, secret: SecretStr) -> None:
        """Replace this value from now on, as it is and as base64, URL and JSON encoding show it."""
        forms = {*self._forms, *_forms_of(secret.get_secret_value())}
        # The longest first: a form may be part of another, and the rest of the longer one must not stay.
        self._forms = tuple(sorted(forms, key=len, reverse=True))

    def scrub(self, text: str) -> str:
        """Return the text with `***` in place of every secret."""
        # No regular expression: compiling one of forms this long takes longer than all else that a small run does.
        for form in self._forms:
            text = text.replace(form, _REPLACEMENT)
        return text


def _forms_of(value: str) -> Iterator[str]:
    for part in (value, *value.splitlines()):
        if not part.strip():
            continue
        yield part
        yield part.strip()
        yield quote(part, safe="")
        yield quote_plus(part)
        yield json.dumps(part)[1:-1]
        yield from _base64_forms(part.encode("utf-8", "surrogatepass"))


def _base64_forms(value: bytes) -> Iterator[str]:
    """Yield what base64 makes of a value within longer text (three alignments, mixed ends left out) and at its end."""
    for offset in range(3):
        shifted = bytes(offset) + value
        start = 4 if offset else 0
        inner_end = len(shifted) // 3 * 4
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(shifted).decode("ascii")
            for form in (encoded[start:], encoded[start:inner_end]):
                if len(form) >= _SHORTEST_ENCODED:
                    yield form
