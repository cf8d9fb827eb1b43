from pathlib import Path

import pytest

from publisher.preflight.model import Severity
from publisher.preflight.rules.description import HIGHLIGHTED_LIMIT, RENDERED_LIMIT, TYPES, find_complaint, parse_type
from tests.builders import build_wheel
from tests.unit.preflight.reading import find, read_plan


@pytest.mark.parametrize(
    ("valid", "written"),
    [
        (True, [*TYPES, "Text/Markdown; charset=UTF-8", 'text/x-rst; charset="UTF-8"', "text/plain;"]),
        (False, ["text/markdown, charset=UTF-8", "markdown", "text/x-markdown", ""]),
        (False, ["text/markdown; a=" + "b" * 1000, "text/markdown; " + "(" * 900]),
    ],
)
def test_parse_type__valid_or_not(valid: bool, written: list[str]) -> None:
    assert {parse_type(one)[0] in TYPES for one in written} == {valid}


@pytest.mark.parametrize(
    "text", ["# Title", "A word", "![picture](x)", "[![badge](x)](y)", "<p>x</p>", "- a\n- b", "<!-- a -->\n\nA word"]
)
def test_render__markdown_that_shows_something(text: str) -> None:
    assert find_complaint(text, "text/markdown") is None


@pytest.mark.parametrize("text", ["[a]: https://example.com", "<? never ends", "<!doctype"])
def test_render__markdown_that_shows_nothing(text: str) -> None:
    assert find_complaint(text, "text/markdown") == "it displays nothing"


@pytest.mark.parametrize(
    "text",
    [
        ".. raw:: html\n\n   <b>x</b>",
        ".. include:: /etc/passwd",
        ":ref:`a`",
        "see [1]_",
        ".. nothing but a comment",
        ".. csv-table::\n   :file: /etc/passwd",
    ],
)
def test_render__restructured_text_that_is_refused(text: str) -> None:
    assert find_complaint(text, "text/x-rst")
    assert find_complaint("Text\n\n" + "word " * 2001, "text/x-rst") == "Line 3 exceeds the line-length-limit"


@pytest.mark.parametrize(
    ("text", "severity"), [("<!-- never ends", Severity.WARNING), ("[a]: https://example.com", Severity.ERROR)]
)
def test_description__what_libraries_differ_over_is_a_doubt(text: str, severity: Severity, tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[("Description-Content-Type", "text/markdown")], description=text)
    (finding,) = find("description-rendering", read_plan(tmp_path))
    assert finding.severity is severity


def test_render__long_code_is_not_highlighted_and_what_follows_is_checked() -> None:
    text = "Example\n=======\n\n.. code-block:: java\n\n" + "   a\n" * HIGHLIGHTED_LIMIT
    text = text[: HIGHLIGHTED_LIMIT + 100].rpartition("\n")[0] + "\n"
    assert find_complaint(text, "text/x-rst") is None
    complaint = find_complaint(f"{text}\nunknown_\n", "text/x-rst")
    assert complaint == f'line {text.count(chr(10)) + 2}: Unknown target name: "unknown"'


@pytest.mark.parametrize(
    "line", ["Source code: https://git.example/demo", "Source code:: here", "``|a| replace:: |b|``"]
)
@pytest.mark.parametrize("size", [1, HIGHLIGHTED_LIMIT])
def test_render__no_word_switches_the_check_off(line: str, size: int) -> None:
    code = "::\n\n" + "    command\n" * (size // 10 + 1)
    complaint = find_complaint(f"Demo\n====\n\n{line}\n\n{code}\n.. toctree::\n\n   a\n", "text/x-rst")
    assert complaint
    assert 'Unknown directive type "toctree"' in complaint


def test_render__details_after_a_colon_are_part_of_the_complaint() -> None:
    complaint = find_complaint(".. code-block:: python\n   :linenos:\n\n   a\n", "text/x-rst")
    assert complaint == 'line 1: Error in "code-block" directive: unknown option: "linenos"'


@pytest.mark.parametrize("text", ["<p>" * 40_000, f"<i>\n\n{'>' * 40_000}", f"[a]: b\n\n{'>' * 40_000}", "[" * 100_000])
def test_render__markdown_that_would_take_hours(text: str) -> None:
    assert find_complaint(text, "text/markdown") is None


@pytest.mark.parametrize(
    "text",
    [
        "*open\n" * RENDERED_LIMIT,
        "\n\n".join(" " * depth + "- a" for depth in range(320)),
        ".. |a| replace:: |b| |c|\n.. |b| replace:: |c| |c|\n\n|a|\n",
        "".join(f".. |{n}| replace:: {f'|{n + 1}| ' * 10}\n" for n in range(9)) + ".. |9| replace:: x\n\n|0|\n",
    ],
    ids=["long text", "deep nesting", "broken docutils", "nested substitutions"],
)
def test_render__what_takes_too_long_is_left_to_the_index(text: str) -> None:
    assert find_complaint(text, "text/x-rst") is None
