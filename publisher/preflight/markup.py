"""Render reStructuredText as the index does, within a bound on the work: docutils itself has none."""

from __future__ import annotations

import re
import sys
from io import StringIO
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

RENDERED_LIMIT = 128 << 10
"""Characters of a text that are rendered; of a longer one only what begins it is looked at."""

CALLS_LIMIT = 1_500_000
"""Calls of functions that rendering may take, some two seconds; whether the text can be shown is then not known.

A readme takes ten to fifteen for each character. Substitutions in substitutions, and tables of contents for many
sections, take as many as one likes, with a few hundred bytes.
"""

WORDS_LIMIT = 150_000_000
"""Squares of the lengths of all words, together: in a long word docutils looks for markup at every letter anew."""

PIPES_LIMIT = 2000
"""Bars in a text that defines substitutions: what these stand for is copied to each place that names one."""

CODE_LIMIT = 200_000_000
"""Squares of the lengths of indented texts, together, where code is colored: some lexers begin anew at each letter."""

ODD_CODE_LIMIT = 4_000_000
"""The same for languages that readmes seldom show: their lexers take longer still."""

LINE_LIMIT = 10_000
"""Characters of a line of reStructuredText that docutils takes."""

_NOTHING = "nothing of it can be shown."

_SHORT = 16 << 10
# What makes much of little. A short text without it does not take long; counting takes as much time as rendering.
_GROWING = re.compile("replace|contents|sectnum|section-numbering|target-notes", re.IGNORECASE)

_LANGUAGE = re.compile(r"(?:code|code-block|sourcecode|language)[ ]?::?[ \t]*\n?[ \t]*([\w+#.-]+)", re.IGNORECASE)
_CODE = re.compile(
    r"^([ \t]*[.][.][ \t]+(?:code|code-block|sourcecode)::[ \t]+)[\w+#.-]+(?=[ \t]*$)", re.MULTILINE | re.IGNORECASE
)
_INDENTED = re.compile(r"(?:^[ \t]+\S.*\n(?:[ \t]*\n)*)+", re.MULTILINE)
_NO_LANGUAGE = "text"
_USUAL_LANGUAGES = frozenset(
    {
        "bash",
        "bat",
        "c",
        "console",
        "cpp",
        "css",
        "diff",
        "docker",
        "dockerfile",
        "html",
        "java",
        "javascript",
        "js",
        "json",
        "make",
        "powershell",
        "ps1",
        "py",
        "pycon",
        "python",
        "python3",
        "rst",
        "sh",
        "shell",
        "sql",
        "toml",
        "xml",
        "yaml",
    }
)

_SUBSTITUTION = re.compile(r"[.][.][ \t]+[|]")

# docutils says `<string>:12: (ERROR/3) Unknown directive type "toctree".`, and repeats the source below it.
_COMPLAINT = re.compile(r"<string>:(?P<line>\d*): \((?:WARNING|ERROR|SEVERE)/\d\) (?P<text>.+)")

# What is said while a text is read from front to back, and stays true whatever follows the paragraph or block.
_FINAL = re.compile(
    r"Unknown directive type |Unknown interpreted text role |Inline [a-z_ ]+ start-string without end-string[.]"
    r'|Unexpected indentation[.]|Title underline too short[.]|"(?:include|raw)" directive disabled[.]'
    r"|[A-Z][a-z ]+ ends without a blank line; unexpected unindent[.]"
)
_BLOCK_START = re.compile(r"\n[ \t\r]*\n(?=\S)")


class _Enough(BaseException):
    """The bound is reached; no handler of exceptions in a library takes it for one of its own."""


def find_complaint(text: str) -> str | None:
    """Say why the index cannot show a text; None where it can, or where nobody can tell."""
    is_whole = len(text) <= RENDERED_LIMIT
    begin = text if is_whole else _cut(text)
    if _has_much_code(begin):
        # Colors change nothing about whether a text can be shown; only a language that nobody knows goes unnoticed.
        begin = _CODE.sub(rf"\1{_NO_LANGUAGE}", begin)
    takes_long = _takes_long(begin)
    if (takes_long or not is_whole) and (complaint := _find_long_line(text)):
        return complaint
    if takes_long:
        return None
    line, complaint = _render(begin)
    if not is_whole and not (complaint and _FINAL.match(complaint) and line < _count_lines_before_last(begin)):
        return None
    return f"line {line}: {complaint}" if complaint and line else complaint


def call_within(limit: int, function: Callable[[], T]) -> T | None:
    """Call a function that may call `limit` others at most; None where it does not end by then."""
    outer, left = sys.gettrace(), limit

    def count(*_: object) -> None:  # pragma: no cover -- what counts cannot be seen by what else does
        nonlocal left
        left -= 1
        if left < 0:
            raise _Enough

    sys.settrace(count)
    try:
        return function()
    except _Enough:  # pragma: no cover -- as above
        return None
    finally:
        sys.settrace(outer)


def _find_long_line(text: str) -> str | None:
    """Name a line that is longer than docutils takes: that needs no rendering."""
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line.rstrip()) > LINE_LIMIT:
            return f"line {number} has more than {LINE_LIMIT:,} characters."
    return None


def _cut(text: str) -> str:
    """Give the beginning of a long text, up to a blank line behind which something new begins at the margin."""
    ends = [match.start() for match in _BLOCK_START.finditer(text, 0, RENDERED_LIMIT)]
    return text[: ends[-1] + 1] if ends else ""


def _count_lines_before_last(text: str) -> int:
    """Count the lines before the last block at the margin, which may be cut off where it has blank lines in it."""
    starts = [match.end() for match in _BLOCK_START.finditer(text)]
    return text.count("\n", 0, starts[-1]) if starts else 0


def _takes_long(text: str) -> bool:
    words = sum(len(word) ** 2 for word in text.split())
    return (
        words > WORDS_LIMIT
        or _has_much_code(text)
        or (text.count("|") > PIPES_LIMIT and bool(_SUBSTITUTION.search(text)))
    )


def _has_much_code(text: str) -> bool:
    languages = {language.lower() for language in _LANGUAGE.findall(text)} - {_NO_LANGUAGE}
    if not languages:
        return False
    # A role for code is used in the middle of a paragraph.
    parts = [text] if ":language:" in text.lower() else _INDENTED.findall(text)
    return sum(len(part) ** 2 for part in parts) > (CODE_LIMIT if languages <= _USUAL_LANGUAGES else ODD_CODE_LIMIT)


def _render(text: str) -> tuple[int, str | None]:
    """Give the line, 0 where it is not known, and the text of the first complaint; None where there is none."""
    from readme_renderer.rst import render

    complaints = StringIO()
    try:
        if len(text) <= _SHORT and not _GROWING.search(text):
            shown = render(text, complaints)
        else:
            shown = call_within(CALLS_LIMIT, lambda: render(text, complaints))
    except Exception:  # noqa: BLE001 -- docutils has no error that stands for its own mistakes, of which there are some
        return 0, None  # What it stumbles over here need not make it stumble in the index, which has its own limits.
    first = _COMPLAINT.search(complaints.getvalue())
    if shown or (first is None and not complaints.getvalue()):
        return 0, None
    return (int(first["line"] or 0), first["text"]) if first else (0, _NOTHING)
