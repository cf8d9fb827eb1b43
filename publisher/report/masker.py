"""Keep secrets out of everything we write, whatever the runner does."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from os.path import commonprefix
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from publisher.report.markdown import code, prose
from publisher.report.workflow_commands import neutralize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic import SecretStr

_REPLACEMENT = "***"
_SHORTEST_ENCODED = 6
"""Characters; what base64 leaves of a shorter value occurs in ordinary text."""

_STUMP = 16
"""Characters by which the beginning of a secret is known where the text around it was cut off."""

_PLAIN = re.compile(r"[A-Za-z0-9+/=%]*")
"""What looks the same wherever it is shown; most forms are, and rendering takes its time."""


class Masker:
    """Hold the secrets of this run and replace them, also encoded, in any text."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()
        self._long: dict[str, list[str]] = {}

    def __repr__(self) -> str:
        return f"Masker({len(self._forms)} forms)"

    def add(self, secret: SecretStr) -> None:
        """Replace this value from now on, as it is, as base64, URL and JSON encoding show it, and as we render it."""
        forms = {*self._forms, *_rendered(set(_forms_of(secret.get_secret_value())))}
        # The longest first: a form may be part of another, and the rest of the longer one must not stay.
        self._forms = tuple(sorted(forms, key=len, reverse=True))
        self._long = defaultdict(list)
        for form in self._forms:
            if len(form) > _STUMP:
                self._long[form[:_STUMP]].append(form)

    def scrub(self, text: str) -> str:
        """Return the text with `***` in place of every secret."""
        # No regular expression: compiling one of forms this long takes longer than all else that a small run does.
        for form in self._forms:
            text = text.replace(form, _REPLACEMENT)
        for stump, forms in self._long.items():
            text = _hide_beginnings(text, stump, forms)
        return text


def _hide_beginnings(text: str, stump: str, forms: Sequence[str]) -> str:
    """Replace what is left of a form in a text that was cut off in the middle of it; all `forms` begin with `stump`."""
    at = text.find(stump)
    while at >= 0:
        length = max(len(commonprefix((text[at : at + len(form)], form))) for form in forms)  # noqa: RUF071 -- no paths
        text = f"{text[:at]}{_REPLACEMENT}{text[at + length :]}"
        at = text.find(stump, at)
    return text


def _rendered(forms: Iterable[str]) -> Iterator[str]:
    """Yield each form, and what becomes of it in a log line and in Markdown: much of it is text that others quoted.

    A few characters mean something only where a text begins, so such a form is rendered there and behind a word.
    """
    for form in forms:
        yield form
        if _PLAIN.fullmatch(form):
            continue
        line = " ".join(form.split())
        yield line
        for render in (neutralize, prose, _in_code):
            yield render(f"x {line}").removeprefix("x ")
            if not line[:1].isalpha():
                yield render(line)


def _in_code(text: str) -> str:
    return code(text).strip("`")


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
