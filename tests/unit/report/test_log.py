from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from publisher.preflight.model import Severity
from publisher.report.log import (
    ANNOTATION_LIMIT,
    Console,
    configure_logging,
    escape_data,
    render_annotation,
    render_command,
)
from tests.unit.report.examples import HOSTILE, Output
from tests.unit.report.test_harmless import find_command


def test_write_line__is_harmless_and_scrubbed() -> None:
    output = Output()
    output.console.masker.add(SecretStr("canary-token"))
    output.console.write_line(f"{HOSTILE} canary-token")
    output.console.write_line("::error::x")
    assert find_command(output.stream.getvalue()) is None
    assert len(output.lines) == 2
    assert output.lines[0].endswith(" ***")


@pytest.mark.parametrize(
    ("in_actions", "lines"), [(True, [r"::group::Digests\nof", "::endgroup::"]), (False, [r"Digests\nof"])]
)
def test_group__is_closed_by_an_exception_too(in_actions: bool, lines: list[str]) -> None:
    output = Output(in_actions=in_actions)
    with pytest.raises(ValueError, match="x"), output.console.group("Digests\nof"):
        raise ValueError("x")
    assert output.lines == lines


@pytest.mark.parametrize(
    ("in_actions", "secret", "lines"),
    [
        (True, "canary-token", ["::add-mask::canary-token"]),
        (True, "one%\n\ntwo", ["::add-mask::one%25%0A%0Atwo", "::add-mask::one%25", "::add-mask::two"]),
        (True, " \n", []),
        (False, "canary-token", []),
    ],
)
def test_mask__sends_the_whole_and_every_line_to_the_runner_only(
    in_actions: bool, secret: str, lines: list[str]
) -> None:
    output = Output(in_actions=in_actions)
    output.console.mask(SecretStr(secret))
    output.console.mask(SecretStr(secret))
    output.console.write_line("canary-token" if "canary" in secret else "x")
    assert output.lines == [*lines, "***" if "canary" in secret else "x"]


@pytest.mark.parametrize(
    ("in_color", "error", "warning"),
    [
        (True, "\x1b[31merror: a\\x1b[0mb ***\x1b[0m", "\x1b[33mwarning: Title: what why\x1b[0m"),
        (False, "error: a\\x1b[0mb ***", "warning: Title: what why"),
    ],
)
def test_write_line__colors_only_what_is_ours(in_color: bool, error: str, warning: str) -> None:
    output = Output()
    console = Console(output.stream, in_actions=True, masker=output.console.masker, in_color=in_color)
    console.masker.add(SecretStr("canary-token"))
    console.write_line("a\x1b[0mb canary-token", Severity.ERROR)
    replace(console, in_actions=False).write_annotation(Severity.WARNING, "what\nwhy", "Title")
    console.write_annotation(Severity.ERROR, "no color")
    assert output.lines == [error, warning, "::error::no color"]


@pytest.mark.parametrize(
    ("in_actions", "line"),
    [(True, r"::notice::Published%0A\x3a:error::x 1.0%25"), (False, r"Published\n::error::x 1.0%")],
)
def test_write_notice__is_one_harmless_line(in_actions: bool, line: str) -> None:
    output = Output(in_actions=in_actions)
    output.console.write_notice("Published\n::error::x 1.0%")
    assert output.lines == [line]


@pytest.mark.parametrize(("verbose", "expected"), [(False, ["shown"]), (True, ["detail", "shown"])])
def test_configure_logging__writes_debug_events_only_if_verbose(verbose: bool, expected: list[str]) -> None:
    output = Output()
    log = configure_logging(output.console.write_line, verbose=verbose)
    log.debug("detail")
    log.info("shown")
    assert output.lines == expected


def test_configure_logging__scrubs_and_names_the_level() -> None:
    output = Output()
    log = configure_logging(output.console.write_line, verbose=True)
    output.console.masker.add(SecretStr("canary-token"))
    log.error("refused canary-token")
    log.warning("again")
    assert output.lines == ["error: refused ***", "warning: again"]


def write(output: Output, severity: Severity, count: int) -> None:
    for number in range(count):
        output.console.write_annotation(severity, f"{severity} {number}")


def test_write_annotation__only_once() -> None:
    output = Output()
    for _ in range(2):
        output.console.write_annotation(Severity.ERROR, "what\nwhy 100%", "A title: x")
    output.console.write_tenth_annotations()
    assert output.lines == ["::error title=A title%3A x::what%0Awhy 100%25"]


def test_write_annotation__outside_of_actions_is_a_plain_line() -> None:
    output = Output(in_actions=False)
    write(output, Severity.ERROR, 12)
    output.console.write_annotation(Severity.WARNING, "what\nwhy", "Title")
    output.console.write_tenth_annotations()
    assert output.lines[0] == "error: error 0"
    assert output.lines[-1] == "warning: Title: what why"
    assert len(output.lines) == 13


def test_write_annotation__scrubs_and_neutralizes_each_line() -> None:
    output = Output()
    output.console.masker.add(SecretStr("canary-token"))
    output.console.write_annotation(Severity.ERROR, "canary-token\n##[error]x", "a\ncanary-token")
    assert output.lines == [r"::error title=a\n***::***%0A#\x23[error]x"]


def test_write_tenth_annotations__counts_the_rest_in_the_tenth() -> None:
    output = Output()
    write(output, Severity.ERROR, 12)
    write(output, Severity.WARNING, 10)
    output.console.write_tenth_annotations()
    assert [line for line in output.lines if line.startswith("::warning")] == [
        *(f"::warning::warning {number}" for number in range(9)),
        "::warning title=More warnings::1 more warning is in the log above and in the job summary.",
    ]
    assert [line for line in output.lines if "warning" not in line] == [
        *(f"::error::error {number}" for number in range(9)),
        *(f"error: error {number}" for number in range(9, 12)),
        "::error title=More errors::3 more errors are in the log above and in the job summary.",
    ]


@given(st.text())
def test_escape_data__can_be_read_back(text: str) -> None:
    escaped = escape_data(text)
    assert not set("\r\n") & set(escaped)
    assert escaped.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") == text


def test_render_command__leaves_empty_properties_out() -> None:
    assert render_command("error", "50 %\nlost", "a,b") == "::error title=a%2Cb::50 %25%0Alost"
    assert render_command("endgroup", "") == "::endgroup::"


def test_render_annotation__cuts_between_escapes() -> None:
    command = render_annotation("error", "%" * (ANNOTATION_LIMIT + 1))
    assert command == "::error::" + "%25" * (ANNOTATION_LIMIT - 1) + "…"


def test_render_annotation__counts_as_dotnet_does() -> None:
    cut = render_annotation("warning", "x" + "🎉" * ANNOTATION_LIMIT).removeprefix("::warning::")
    assert cut == "x" + "🎉" * (ANNOTATION_LIMIT // 2 - 1) + "…"
