from __future__ import annotations

import pytest

from tests.fakes.commands import parse_commands, parse_file_commands


def names(log: str) -> list[tuple[str, str]]:
    return [(command.name, command.data) for command in parse_commands(log)]


def test_new_form__after_white_space_with_properties() -> None:
    (command,) = parse_commands("  ::error file=a%2Cb,title=50%25 %3A::one%0Atwo%25")
    assert command.properties == {"file": "a,b", "title": "50% :"}
    assert command.data == "one\ntwo%"


def test_new_form__only_at_the_start_of_a_line() -> None:
    assert names("text ::error::no command") == []


def test_old_form__anywhere_in_a_line() -> None:
    assert names("text ##[error]boom") == [("error", "boom")]


def test_line_ends__carriage_return_begins_a_line() -> None:
    assert names("text\r::error::boom") == [("error", "boom")]


def test_line_ends__other_separators_do_not() -> None:
    assert names("text\u2028::error::no command") == []


def test_names__unknown_is_text() -> None:
    assert names("::unheard-of::x") == []


def test_stop_commands__until_the_token() -> None:
    log = "::stop-commands::abc\n::error::quiet\n::abc::\n::error::heard"
    assert names(log) == [("stop-commands", "abc"), ("abc", ""), ("error", "heard")]


def test_outputs__both_forms() -> None:
    assert parse_file_commands("a=1=2\nb<<END\nx=1\n\ny\nEND\nc=\n") == {"a": "1=2", "b": "x=1\n\ny", "c": ""}


@pytest.mark.parametrize("text", ["nonsense\n", "a<<END\nnever ends\n"])
def test_outputs__what_the_runner_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"invalid line|not found"):
        parse_file_commands(text)
