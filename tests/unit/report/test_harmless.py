import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from publisher.report.harmless import code, fenced, link, neutralize, prose, table
from tests.unit.report.examples import HOSTILE

# What .NET treats as white space, and what its culture-aware comparisons ignore.
_WHITE = {"\t", "\n", "\v", "\f", "\r", "\x85", "\xa0"}
_UNSEEN = {"\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0"} | {
    chr(code) for code in range(0xFE00, 0xFE10)
}

_ODD = ":#[] \t\n\r\v\f\x85\u2028\u2029\xa0\u3000\xad\u200b\u200d\u202e\ufeff\u034f\ufe0f\x1b\x00a%"
tricky = st.text(st.one_of(st.sampled_from(_ODD), st.characters()), max_size=30)


def find_command(text: str) -> str | None:
    """Return the first line that any version of the runner may execute."""
    for line in text.splitlines():
        seen = "".join(each for each in line if not _is_unseen(each))
        if seen.lstrip("".join(_white_space(seen))).startswith("::") or "##[" in seen:
            return line
    return None


def _is_unseen(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Cf", "Cc", "Cs"} - {"Cc" if character in _WHITE else ""}
        or character in _UNSEEN
    )


def _white_space(text: str) -> set[str]:
    return {each for each in text if each in _WHITE or unicodedata.category(each) in {"Zs", "Zl", "Zp"}}


@given(tricky)
@example(":::error::x")
@example("###[error]")
@example("##\u200b[error]")
@example("\u0301::error::")
def test_neutralize__leaves_one_line_without_commands_and_controls(text: str) -> None:
    harmless = neutralize(text)
    assert find_command(harmless) is None
    assert len(harmless.splitlines()) <= 1
    assert not [each for each in harmless if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert neutralize(harmless) == harmless


@pytest.mark.parametrize("unseen", sorted(_UNSEEN))
def test_neutralize__shows_what_a_search_may_ignore(unseen: str) -> None:
    assert find_command(neutralize(f":{unseen}:error::x")) is None
    assert find_command(neutralize(f"x ##{unseen}[error]y")) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sample-1.0-py3-none-any.whl", "sample-1.0-py3-none-any.whl"),
        ("naïve 包 🎉", "naïve 包 🎉"),
        ("a\r\n::error::b", r"a\r\n::error::b"),
        ("::error::b", r"\x3a:error::b"),
        (" \t::error::b", r" \t::error::b"),
        ("\u3000::x", "\u3000" + r"\x3a:x"),
        ("x ##[error]y", r"x #\x23[error]y"),
        ("\x1b[31mred\x9b0m", r"\x1b[31mred\x9b0m"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),
        ("\U000e0041", r"\U000e0041"),
        ("\udc80", r"\udc80"),
    ],
)
def test_neutralize__shows_what_could_be_executed(text: str, shown: str) -> None:
    assert neutralize(text) == shown


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
def test_prose__is_only_text_and_code(text: str) -> None:
    rendered = prose(text)
    shown = {"code_inline", "html_inline", "text", "text_special"}
    assert kinds(rendered) <= {"paragraph_open", "inline", "paragraph_close"} | shown
    assert tags(rendered) <= {"<!-- -->"}


@given(marked_up)
def test_prose__leaves_github_nothing_to_link(text: str) -> None:
    outside_code = re.sub(r"`[^`]*`", "", prose(text))
    assert not re.search(r"@\w|(?<!&)#\d|://|\bwww\.|\bGH-\d|:\w+:", outside_code, re.IGNORECASE)


def test_prose__shows_backticks_as_code() -> None:
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
