"""Render external text so that it is displayed and does nothing else: in lines of the log, and in GitHub Markdown.

The runner reads both output streams line by line. It executes `::name properties::data` at the start of a line, after
optional white space, and the older `##[name properties]data` anywhere in a line.
"""

import re
from collections.abc import Iterable, Iterator

# Controls, separators, lone surrogates, format characters, and everything Unicode calls ignorable: string searches in
# .NET may ignore these, so an invisible character between two colons would not break up a command.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Only white space may precede a command; treat everything but letters, digits, and printable ASCII as white space.
_COMMAND_START = re.compile(r"\A([^\w!-~]*):(?=:)")
_STRUCTURAL = re.compile(r"[\\`*_{}\[\]<>|~&$!^]")
# Starts a block at the beginning of a line: lists, rules, underlined headings, indented code.
_BLOCK_START = re.compile(r"\A\s*(?:[-+=]|\d+[.)])")
# GitHub autolinks these after rendering, when escapes are gone; an empty comment breaks them up. Entities match first
# so that they stay whole.
_AUTOLINK = re.compile(r"&#\d+;|[@#]|:(?=\S)|\bwww(?=\.)|\bGH(?=-)", re.IGNORECASE)
_CODE_LIMIT = 1000


def neutralize(text: str) -> str:
    r"""Return external text as one harmless line; characters that could act become escapes such as `\x1b`."""
    text = _INVISIBLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
    text = text.replace("##[", r"#\x23[")
    return _COMMAND_START.sub(r"\1\\x3a", text)


def code(text: str) -> str:
    """Return a code span; backticks and pipes, which would end the span or its table cell, become escapes."""
    if len(text) > _CODE_LIMIT:
        text = f"{text[: _CODE_LIMIT - 1]}…"
    harmless = neutralize(text).replace("`", r"\x60").replace("|", r"\x7c")
    return f"`{harmless}`" if harmless.strip() else "` `"


def prose(text: str) -> str:
    """Return running text; anything between two backticks becomes a code span."""
    text = text.strip()
    parts = text.split("`")
    if len(parts) % 2 == 0:  # the last backtick is unpaired
        parts[-2:] = ["`".join(parts[-2:])]
    rendered = "".join(code(part) if number % 2 else _escape(neutralize(part)) for number, part in enumerate(parts))
    return f"&#8203;{rendered}" if _BLOCK_START.match(text) else rendered


def link(label: str, url: str) -> str:
    """Return a link; `label` is Markdown, `url` one of our own."""
    return f"[{label}](<{url}>)"


def fenced(text: str, language: str = "") -> str:
    """Return a fenced code block."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table whose cells are Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _escape(text: str) -> str:
    text = _STRUCTURAL.sub(lambda match: f"&#{ord(match[0])};", text)
    return _AUTOLINK.sub(lambda match: match[0] if match[0].startswith("&") else f"{match[0]}<!-- -->", text)
