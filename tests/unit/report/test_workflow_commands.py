from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.report.workflow_commands import (
    ANNOTATION_LIMIT,
    escape_data,
    neutralize,
    render_annotation,
    render_command,
    render_mask,
)

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


@given(st.text())
def test_escape_data__can_be_read_back(text: str) -> None:
    escaped = escape_data(text)
    assert not set("\r\n") & set(escaped)
    assert escaped.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") == text


def test_render_command__leaves_empty_properties_out() -> None:
    assert render_command("error", "50 %\nlost", title="a,b", file="") == "::error title=a%2Cb::50 %25%0Alost"
    assert render_command("endgroup", "") == "::endgroup::"


def test_render_annotation__cuts_between_escapes() -> None:
    command = render_annotation("error", "%" * (ANNOTATION_LIMIT + 1))
    assert command == "::error::" + "%25" * (ANNOTATION_LIMIT - 1) + "…"


def test_render_annotation__counts_as_dotnet_does() -> None:
    cut = render_annotation("warning", "x" + "🎉" * ANNOTATION_LIMIT).removeprefix("::warning::")
    assert cut == "x" + "🎉" * (ANNOTATION_LIMIT // 2 - 1) + "…"


def test_render_mask__names_the_whole_and_every_line() -> None:
    assert list(render_mask("one%\n\ntwo")) == ["::add-mask::one%25%0A%0Atwo", "::add-mask::one%25", "::add-mask::two"]
    assert list(render_mask(" \n")) == []
