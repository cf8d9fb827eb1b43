import pytest

from tests.fakes.commands import parse_commands, parse_file_commands


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("text ::error::no command", []),
        ("text ##[error]boom", [("error", "boom")]),
        ("text\r::error::boom", [("error", "boom")]),
        ("text\u2028::error::no command", []),
        ("::unheard-of::x", []),
        ("::stop-commands::abc\n::error::quiet\n::abc::\n::error::a%0Ab%25", [("abc", ""), ("error", "a\nb%")]),
    ],
)
def test_parse_commands__as_the_runner_does(log: str, expected: list[tuple[str, str]]) -> None:
    found = [(command.name, command.data) for command in parse_commands(log)]
    assert [command for command in found if command[0] != "stop-commands"] == expected


def test_parse_commands__properties_after_white_space() -> None:
    (command,) = parse_commands("  ::error file=a%2Cb,title=50%25 %3A::one")
    assert command.properties == {"file": "a,b", "title": "50% :"}


def test_outputs__both_forms() -> None:
    assert parse_file_commands("a=1=2\nb<<END\nx=1\n\ny\nEND\nc=\n") == {"a": "1=2", "b": "x=1\n\ny", "c": ""}
    for text in ("nonsense\n", "a<<END\nnever ends\n"):
        with pytest.raises(ValueError, match=r"invalid line|not found"):
            parse_file_commands(text)
