"""Workflow commands of GitHub's runner, and how to keep text from outside from being one.

The runner reads both output streams line by line. It obeys `::name properties::data` at the start of a line, leading
white space aside, and the older `##[name properties]data` anywhere in a line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ANNOTATION_LIMIT = 4096
"""UTF-16 code units of an annotation's message that GitHub keeps."""

_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Controls (C0, DEL, C1), line and paragraph separators, lone surrogates, format characters (bidi overrides, zero-width
# ones), and the other characters that Unicode calls ignorable: .NET's string searches may look through those, so that
# an invisible character between two colons would not break a command up.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# A command may only be preceded by white space; we take everything that is no letter, digit or ASCII sign as such.
_COMMAND_START = re.compile(r"\A([^\w!-~]*):(?=:)")


def neutralize(text: str) -> str:
    r"""Make text from outside harmless in one line of a log: what could act is shown as an escape such as `\x1b`."""
    text = _INVISIBLE.sub(_visible, text)
    text = text.replace("##[", r"#\x23[")
    return _COMMAND_START.sub(r"\1\\x3a", text)


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if code > 0xFFFF:  # noqa: PLR2004 -- the last character that four hex digits can name
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 -- and two


def escape_data(text: str) -> str:
    """Escape the part of a command after its second `::`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape a property's value."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def render_command(name: str, message: str, **properties: str) -> str:
    """Render one command as a line without its end; empty properties are left out."""
    rendered = ",".join(f"{key}={escape_property(value)}" for key, value in properties.items() if value)
    return f"::{name} {rendered}::{escape_data(message)}" if rendered else f"::{name}::{escape_data(message)}"


def render_annotation(kind: str, message: str, title: str = "") -> str:
    """Render an `error` or `warning`; the message is cut before it is escaped, so that no escape is cut in two."""
    return render_command(kind, _cut(message, ANNOTATION_LIMIT), title=title)


def render_mask(value: str) -> Iterator[str]:
    """Render the commands that hide a value: the whole, and each line, as a log shows a value line by line."""
    for part in dict.fromkeys((value, *value.splitlines())):
        if part.strip():
            yield render_command("add-mask", part)


def _cut(text: str, limit: int) -> str:
    """Shorten text to so many UTF-16 code units, the unit in which .NET counts."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    if len(encoded) <= 2 * limit:
        return text
    return encoded[: 2 * (limit - 1)].decode("utf-16-le", "ignore") + "…"
