"""Render external text as GitHub Markdown that displays it and does nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from publisher.report.workflow_commands import neutralize

_STRUCTURAL = re.compile(r"[\\`*_{}\[\]<>|~&$!^]")
# Starts a block at the beginning of a line: lists, rules, underlined headings, indented code.
_BLOCK_START = re.compile(r"\A\s*(?:[-+=]|\d+[.)])")
# GitHub autolinks these after rendering, when escapes are gone; an empty comment breaks them up. Entities match first
# so that they stay whole.
_AUTOLINK = re.compile(r"&#\d+;|[@#]|:(?=\S)|\bwww(?=\.)|\bGH(?=-)", re.IGNORECASE)
_CODE_LIMIT = 1000


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
