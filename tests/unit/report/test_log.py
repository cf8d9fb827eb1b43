from __future__ import annotations

import pytest
from pydantic import SecretStr

from publisher.preflight.model import Severity
from publisher.report.log import Annotations, Console, configure_logging
from tests.unit.report.examples import HOSTILE, Output
from tests.unit.report.test_workflow_commands import find_command


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


@pytest.mark.parametrize(("in_actions", "lines"), [(True, ["::add-mask::canary-token", "***"]), (False, ["***"])])
def test_mask__sends_the_secret_to_the_runner_only(in_actions: bool, lines: list[str]) -> None:
    output = Output(in_actions=in_actions)
    output.console.mask(SecretStr("canary-token"))
    output.console.write_line("canary-token")
    assert output.lines == lines


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
    console.write_plain(Severity.WARNING, "what\nwhy", "Title")
    console.write_annotation(Severity.ERROR, "no color")
    assert output.lines == [error, warning, "::error::no color"]


@pytest.mark.parametrize(
    ("in_actions", "line"), [(True, r"::notice::Published\n::error::x 1.0%25"), (False, r"Published\n::error::x 1.0%")]
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


def add(annotations: Annotations, severity: Severity, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        annotations.add(severity, f"{severity} {number}")


def test_add__waits_for_flush_and_is_written_once() -> None:
    output = Output()
    output.annotations.add(Severity.ERROR, "what\nwhy 100%", "A title: x")
    assert output.lines == []
    output.annotations.flush()
    output.annotations.add(Severity.ERROR, "what\nwhy 100%", "A title: x")
    output.annotations.finish()
    assert output.lines == ["::error title=A title%3A x::what%0Awhy 100%25"]


def test_flush__outside_of_actions_writes_plain_lines() -> None:
    output = Output(in_actions=False)
    output.annotations.add(Severity.WARNING, "what\nwhy", "Title")
    add(output.annotations, Severity.ERROR, 12)
    output.annotations.finish()
    assert output.lines[0] == "error: error 0"
    assert output.lines[-1] == "warning: Title: what why"
    assert len(output.lines) == 13


def test_flush__scrubs_and_neutralizes_each_line() -> None:
    output = Output()
    output.annotations.add(Severity.ERROR, "canary-token\n##[error]x", "a\ncanary-token")
    output.console.masker.add(SecretStr("canary-token"))
    output.annotations.flush()
    assert output.lines == [r"::error title=a\n***::***%0A#\x23[error]x"]


def test_finish__counts_the_rest_in_the_tenth() -> None:
    output = Output()
    add(output.annotations, Severity.ERROR, 12)
    add(output.annotations, Severity.WARNING, 10)
    output.annotations.finish()
    assert [line for line in output.lines if line.startswith("::warning")] == [
        *(f"::warning::warning {number}" for number in range(9)),
        "::warning title=More warnings::1 more warning is in the log above and in the job summary.",
    ]
    assert [line for line in output.lines if "warning" not in line] == [
        *(f"::error::error {number}" for number in range(9)),
        *(f"error: error {number}" for number in range(9, 12)),
        "::error title=More errors::3 more errors are in the log above and in the job summary.",
    ]


def test_finish__holds_the_limit_over_several_flushes() -> None:
    output = Output()
    add(output.annotations, Severity.WARNING, 12)
    output.annotations.flush()
    assert len(output.lines) == 12  # every finding is printed before the first request
    add(output.annotations, Severity.WARNING, 3, start=12)
    add(output.annotations, Severity.ERROR, 1)
    output.annotations.finish()
    warnings = [line for line in output.lines if line.startswith("::warning")]
    assert len(warnings) == 10
    assert warnings[-1] == "::warning title=More warnings::6 more warnings are in the log above and in the job summary."
    assert "warning: warning 14" in output.lines
    assert "::error::error 0" in output.lines
