"""Keep secrets out of everything the action writes, whether or not the runner masks them."""

import base64
import json
from collections.abc import Iterator
from html import escape
from os.path import commonprefix
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from publisher.report.harmless import code, neutralize, prose

_REPLACEMENT = "***"
_SHORTEST_ENCODED = 6  # characters; shorter pieces of base64 occur in ordinary text
_STUMP = 16  # characters that identify the beginning of a secret in text that was cut off


class Masker:
    """Replace the secrets of a run, in plain or encoded form, in any text."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()

    def add(self, secret: SecretStr) -> bool:
        """Replace this secret from now on: plain, encoded as base64, URL, HTML, or JSON, and as this action renders it.

        Returns False if it was added before.
        """
        if secret.get_secret_value() in self._forms:
            return False
        encoded = _encode(secret.get_secret_value())
        forms = {*self._forms, *(rendered for form in encoded for rendered in _render(form))}
        # Longest first: one form may be part of another, and the rest of the longer one must not survive.
        self._forms = tuple(sorted(forms, key=len, reverse=True))
        return True

    def scrub(self, text: str) -> str:
        """Return the text with `***` in place of every secret and of every secret that was cut off."""
        forms = self._forms
        for form in forms:
            text = text.replace(form, _REPLACEMENT)
        for stump in {form[:_STUMP] for form in forms if len(form) > _STUMP}:
            while (start := text.find(stump)) >= 0:
                rest = text[start:]
                length = max(len(commonprefix((rest, form))) for form in forms)  # noqa: RUF071 -- not paths
                text = f"{text[:start]}{_REPLACEMENT}{rest[length:]}"
        return text


def _render(form: str) -> Iterator[str]:
    """Yield a form as logs and Markdown show it, because servers quote secrets in their answers."""
    line = " ".join(form.split())
    yield form
    # Some characters are escaped only at the start of a text.
    for text in (line, f"x {line}"):
        yield from (shown.removeprefix("x ") for shown in (text, neutralize(text), prose(text), code(text)[1:-1]))


def _encode(value: str) -> Iterator[str]:
    for part in (value, *value.splitlines()):
        if part.strip():
            yield from (
                part,
                part.strip(),
                escape(part),
                escape(part, quote=False),
                quote(part, "", errors="surrogatepass"),
                quote_plus(part, errors="surrogatepass"),
            )
            yield from (json.dumps(part, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
            yield from _encode_base64(part.encode("utf-8", "surrogatepass"))


def _encode_base64(value: bytes) -> Iterator[str]:
    """Yield the base64 forms of a value inside longer text: three alignments, without and with the mixed end."""
    for offset in range(3):
        shifted = bytes(offset) + value
        start = 4 if offset else 0
        inner_end = len(shifted) // 3 * 4
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(shifted).decode("ascii")
            yield from (form for form in (encoded[start:], encoded[start:inner_end]) if len(form) >= _SHORTEST_ENCODED)
