from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from publisher.preflight.finding import Severity
from publisher.preflight.markup import PIPES_LIMIT, RENDERED_LIMIT, call_within
from publisher.preflight.rules.description import TYPES, parse_type, render_fails
from tests.builders import build_wheel
from tests.unit.preflight.reading import find, read_plan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "written", [*TYPES, "Text/Markdown; charset=UTF-8", 'text/x-rst; charset="UTF-8"', "text/plain;"]
)
def test_parse_type__types_there_are(written: str) -> None:
    assert parse_type(written)[0] in TYPES


@pytest.mark.parametrize(
    "written", ["text/markdown, charset=UTF-8", "markdown", "text/x-markdown", "", "text/plain; x*"]
)
def test_parse_type__others_are_none(written: str) -> None:
    assert parse_type(written)[0] not in TYPES or written == "text/plain; x*"


def test_parse_type__too_long_or_too_deep() -> None:
    assert parse_type("text/markdown; a=" + "b" * 1000) == ("text/plain", {})
    assert parse_type("text/markdown; " + "(" * 900)[0] == ""


def test_description__lower_case_charset_is_a_doubt_and_another_charset_an_error(tmp_path: Path) -> None:
    build_wheel(tmp_path, "one", metadata=[("Description-Content-Type", "text/markdown; charset=utf-8")])
    build_wheel(tmp_path, "two", metadata=[("Description-Content-Type", "text/markdown; charset=us-ascii")])
    found = find("description-type", read_plan(tmp_path))
    assert [finding.severity for finding in found] == [Severity.WARNING, Severity.ERROR]


@pytest.mark.parametrize(
    "text", ["# Title", "A word", "![picture](x)", "[![badge](x)](y)", "<p>x</p>", "- a\n- b", "<!-- a -->\n\nA word"]
)
def test_render__markdown_that_shows_something(text: str) -> None:
    assert render_fails(text, "text/markdown") is None


@pytest.mark.parametrize("text", ["[a]: https://example.com", "<? never ends", "<!doctype"])
def test_render__markdown_that_shows_nothing(text: str) -> None:
    assert render_fails(text, "text/markdown") == "nothing of it can be shown."


@pytest.mark.parametrize("text", ["<p>" * 40_000, f"<i>\n\n{'>' * 40_000}", f"[a]: b\n\n{'>' * 40_000}", "[" * 100_000])
def test_render__markdown_that_would_take_hours(text: str) -> None:
    assert render_fails(text, "text/markdown") is None


@pytest.mark.parametrize(
    "text",
    [
        ".. raw:: html\n\n   <b>x</b>",
        ".. include:: /etc/passwd",
        ":ref:`a`",
        "*open",
        "see [1]_",
        ".. nothing but a comment",
        ".. csv-table::\n   :file: /etc/passwd",
    ],
)
def test_render__restructured_text_that_is_refused(text: str) -> None:
    assert render_fails(text, "text/x-rst")


@pytest.mark.parametrize(
    ("text", "severity"), [("<!-- never ends", Severity.WARNING), ("[a]: https://example.com", Severity.ERROR)]
)
def test_description__what_libraries_differ_over_is_a_doubt(text: str, severity: Severity, tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[("Description-Content-Type", "text/markdown")], description=text)
    (finding,) = find("description-rendering", read_plan(tmp_path))
    assert finding.severity is severity


def test_render__restructured_text_nested_beyond_all_measure() -> None:
    assert render_fails("\n\n".join(" " * depth + "- a" for depth in range(320)), "text/x-rst") is None


def test_render__restructured_text_that_breaks_docutils() -> None:
    assert render_fails(".. |a| replace:: |b| |c|\n.. |b| replace:: |c| |c|\n\n|a|\n", "text/x-rst") is None


def test_description__markdown_without_content_type_is_explained(tmp_path: Path) -> None:
    build_wheel(tmp_path, description="A **bold word\n")
    (finding,) = find("description-rendering", read_plan(tmp_path))
    assert "no content type" in finding.message
    assert 'readme = "README.md"' in finding.remedy


def test_render__lines_that_are_too_long_for_docutils() -> None:
    assert render_fails("Text\n\n" + "word " * 2001, "text/x-rst") == "Line 3 exceeds the line-length-limit."
    assert (
        render_fails("Text\n\n" + "word " * RENDERED_LIMIT, "text/x-rst") == "line 3 has more than 10,000 characters."
    )


LONG = "Some text in a paragraph.\n\n" * (RENDERED_LIMIT // 20)


@pytest.mark.parametrize(
    ("begin", "complaint"),
    [
        ("*open", "line 3: Inline emphasis start-string without end-string."),
        (".. toctree::", 'line 3: Unknown directive type "toctree".'),
        ("Long title\n----", "line 4: Title underline too short."),
        ("* a\nb", "line 4: Bullet list ends without a blank line; unexpected unindent."),
        ("a_", None),
        ("|a|", None),
        ("=\na\n\nb", None),
    ],
)
def test_render__beginning_of_a_long_text(begin: str, complaint: str | None) -> None:
    assert render_fails(f"a\n\n{begin}\n\n{LONG}\n.. _a: b\n\n.. |a| replace:: c\n", "text/x-rst") == complaint


@pytest.mark.parametrize(
    "begin", ["=  =\n" + LONG, "*open\n" * RENDERED_LIMIT, LONG + "*open", LONG.replace("\n\n", "\n\n ")]
)
def test_render__what_may_not_be_final_in_a_long_text_is_left_to_the_index(begin: str) -> None:
    assert render_fails(begin, "text/x-rst") is None


@pytest.mark.parametrize(
    "text",
    [
        "".join(f".. |{n}| replace:: {f'|{n + 1}| ' * 10}\n" for n in range(5)) + ".. |5| replace:: x\n\n|0|\n",
        ".. contents::\n\n" * 50 + "s\n=\n" * 1000,
        "a-" * 4900 + "\n" + "b-" * 4900,
        ".. code::\n   java\n\n" + "   a\n" * 4000,
        ".. role:: x(code)\n   :language: java\n\n" + "a\n" * 8000,
        ".. |a| image:: b\n\n" + "|a|\n" * (PIPES_LIMIT // 2),
    ],
    ids=["nested substitutions", "tables of contents", "long words", "code", "role", "substitutions"],
)
def test_render__what_would_take_minutes_is_left_to_the_index(text: str) -> None:
    assert render_fails(f"{text}\n\nunknown_", "text/x-rst") is None


@pytest.mark.parametrize("code", [("java", 4000), ("systemd", 1000), ("text", 6000)])
def test_render__much_code_is_not_colored(code: tuple[str, int]) -> None:
    language, lines = code
    text = f"Example\n=======\n\n.. code-block:: {language}\n\n" + "   a\n" * lines
    assert render_fails(f"{text}\nunknown_\n", "text/x-rst") == f'line {lines + 7}: Unknown target name: "unknown".'
    assert render_fails(text, "text/x-rst") is None


def test_call_within__no_more_calls_than_may_be() -> None:
    def call(times: int) -> int:
        return times and call(times - 1)

    tracing = sys.gettrace()
    assert call_within(10, lambda: call(8)) == 0
    assert call_within(10, lambda: call(9)) is None
    assert sys.gettrace() is tracing
