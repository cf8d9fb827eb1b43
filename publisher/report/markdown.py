"""Put text from outside into GitHub Markdown so that it is shown and does nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.report.workflow_commands import neutralize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STRUCTURAL = re.compile(r"[\\`*_{}\[\]<>|~&$!^]")
# What makes a block of a line that begins with it: lists, rules, underlined headings, indented code.
_BLOCK_START = re.compile(r"\A\s*(?:[-+=]|\d+[.)])")
# GitHub also makes links of what looks like one after Markdown is done, so that no escape helps: `@name`, `#1`, `GH-1`,
# `www.…`, `https://…`, `:emoji:`. An empty comment in the middle does. Entities are matched first to stay whole.
_LINK_LIKE = re.compile(r"&#\d+;|[@#]|:(?=\S)|\bwww(?=\.)|\bGH(?=-)", re.IGNORECASE)
_CODE_LIMIT = 1000


def code(text: str) -> str:
    """Return a code span; a backtick or a pipe, which would end it or its table cell, is shown as an escape."""
    if len(text) > _CODE_LIMIT:
        text = f"{text[: _CODE_LIMIT - 1]}…"
    harmless = neutralize(text).replace("`", r"\x60").replace("|", r"\x7c")
    return f"`{harmless}`" if harmless.strip() else "` `"


def prose(text: str) -> str:
    """Return running text; what stands between two backticks becomes a code span."""
    text = text.strip()
    parts = text.split("`")
    if len(parts) % 2 == 0:  # an odd backtick has no partner
        parts[-2:] = ["`".join(parts[-2:])]
    rendered = "".join(code(part) if number % 2 else _escape(neutralize(part)) for number, part in enumerate(parts))
    return f"&#8203;{rendered}" if _BLOCK_START.match(text) else rendered


def link(label: str, url: str) -> str:
    """Return a link; `label` is Markdown, the URL one that we have built."""
    return f"[{label}](<{url}>)"


def fenced(text: str, language: str = "") -> str:
    """Return a block of code."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table of cells that are Markdown already: head, rule, and one for each row."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _escape(text: str) -> str:
    text = _STRUCTURAL.sub(lambda match: f"&#{ord(match[0])};", text)
    return _LINK_LIKE.sub(_break_up, text)


def _break_up(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith("&") else f"{match[0]}<!-- -->"
