"""GitHub's workflow commands, and how to keep external text from acting as one.

The runner reads both output streams line by line. It executes `::name properties::data` at the start of a line, after
optional white space, and the older `##[name properties]data` anywhere in a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

ANNOTATION_LIMIT = 4096  # UTF-16 code units of an annotation's message that GitHub keeps

# Controls, separators, lone surrogates, format characters, and everything Unicode calls ignorable: string searches in
# .NET may ignore these, so an invisible character between two colons would not break up a command.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Only white space may precede a command; treat everything but letters, digits, and printable ASCII as white space.
_COMMAND_START = re.compile(r"\A([^\w!-~]*):(?=:)")


def neutralize(text: str) -> str:
    r"""Return external text as one harmless line; characters that could act become escapes such as `\x1b`."""
    text = _INVISIBLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
    text = text.replace("##[", r"#\x23[")
    return _COMMAND_START.sub(r"\1\\x3a", text)


def escape_data(text: str) -> str:
    """Escape the data of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def render_command(name: str, data: str, **properties: str) -> str:
    """Render a command without a line end; empty properties are omitted."""
    escaped = {key: escape_data(value).replace(":", "%3A").replace(",", "%2C") for key, value in properties.items()}
    rendered = ",".join(f"{key}={value}" for key, value in escaped.items() if value)
    return f"::{name} {rendered}::{escape_data(data)}" if rendered else f"::{name}::{escape_data(data)}"


def render_annotation(kind: str, message: str, title: str = "") -> str:
    """Render an `error` or `warning`; the message is cut before it is escaped, so no escape is cut in two."""
    encoded = message.encode("utf-16-le", "surrogatepass")
    if len(encoded) > 2 * ANNOTATION_LIMIT:
        message = encoded[: 2 * (ANNOTATION_LIMIT - 1)].decode("utf-16-le", "ignore") + "…"
    return render_command(kind, message, title=title)


def render_mask(value: str) -> Iterator[str]:
    """Render the commands that mask a value: the whole value and each line, because logs are masked line by line."""
    for part in dict.fromkeys((value, *value.splitlines())):
        if part.strip():
            yield render_command("add-mask", part)
