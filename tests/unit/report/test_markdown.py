from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from publisher.report.markdown import code, fenced, link, prose, table
from tests.unit.report.examples import HOSTILE

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

marked_up = st.text(
    st.one_of(st.sampled_from(list("`|\\*_[]()<>!#&;:@~$-+=1. \n\t/wW'\"")), st.characters(exclude_categories=["Cs"])),
    max_size=40,
)


def tokens(markdown: str) -> list[Token]:
    return [each for token in PARSER.parse(markdown) for each in (token, *(token.children or ()))]


def kinds(markdown: str) -> set[str]:
    """Return what a Markdown parser sees."""
    return {each.type for each in tokens(markdown)}


def tags(markdown: str) -> set[str]:
    """Return the raw HTML that a Markdown parser lets through."""
    return {each.content for each in tokens(markdown) if each.type in {"html_inline", "html_block"}}


@given(marked_up)
@example(HOSTILE)
@example("[a](https://evil.example)")
@example("- a")
@example("===")
@example("    indented")
def test_prose__is_nothing_but_text_and_code(text: str) -> None:
    rendered = prose(text)
    shown = {"code_inline", "html_inline", "text", "text_special"}
    assert kinds(rendered) <= {"paragraph_open", "inline", "paragraph_close"} | shown
    assert tags(rendered) <= {"<!-- -->"}


@given(marked_up)
def test_prose__has_nothing_that_github_links_afterwards(text: str) -> None:
    outside_code = re.sub(r"`[^`]*`", "", prose(text))
    assert not re.search(r"@\w|(?<!&)#\d|://|\bwww\.|\bGH-\d|:\w+:", outside_code, re.IGNORECASE)


def test_prose__shows_what_stands_in_backticks_as_code() -> None:
    assert prose("The name `a*b` is *odd*") == "The name `a*b` is &#42;odd&#42;"
    assert prose("a `b` c`d") == "a `b` c&#96;d"


@pytest.mark.parametrize("text", ["Compare: owner, name (see above).", "400 File already exists", "It's done; 5 > 4"])
def test_prose__leaves_ordinary_sentences_readable(text: str) -> None:
    assert prose(text).replace("&#62;", ">") == text


@given(marked_up)
@example("a|b`c")
@example("\\")
@example("`")
@example("")
def test_code__stays_in_its_cell(text: str) -> None:
    parsed = PARSER.parse("\n".join(table(("one", "two"), [(code(text), "end")])))
    cells = [token for number, token in enumerate(parsed) if number and parsed[number - 1].type == "td_open"]
    assert len(cells) == 2
    assert [each.type for each in cells[0].children or ()] == ["code_inline"]
    assert cells[1].content == "end"


def test_link__keeps_brackets_of_its_label_inside_code() -> None:
    children = PARSER.parse(link(code("a](b"), "https://index.example/x"))[1].children or []
    assert [each.type for each in children] == ["link_open", "code_inline", "link_close"]
    assert children[0].attrs == {"href": "https://index.example/x"}


@given(st.text("`~ab\n"))
def test_fenced__holds_any_text(text: str) -> None:
    (token,) = PARSER.parse(fenced(text, "sh"))
    assert (token.type, token.content) == ("fence", f"{text}\n" if text else "\n")
