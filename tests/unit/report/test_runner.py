from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from publisher.preflight.finding import Severity
from publisher.report.masker import Masker
from publisher.report.runner import ANNOTATIONS_PER_KIND, Runner, Surroundings
from tests.unit.report.examples import HOSTILE
from tests.unit.report.test_workflow_commands import find_command

if TYPE_CHECKING:
    from pathlib import Path


class Spoken:
    """A runner and what it said."""

    def __init__(self, *, in_actions: bool = True, output: Path | None = None, summary: Path | None = None) -> None:
        self.stream = io.StringIO()
        self.masker = Masker()
        self.runner = Runner(self.stream, Surroundings(in_actions, output, summary), self.masker)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().split("\n")[:-1]


def test_write_line__is_harmless_and_scrubbed() -> None:
    spoken = Spoken()
    spoken.masker.add(SecretStr("canary-token"))
    spoken.runner.write_line(f"{HOSTILE} canary-token")
    spoken.runner.write_line("::error::x")
    assert find_command(spoken.stream.getvalue()) is None
    assert len(spoken.lines) == 2
    assert spoken.lines[0].endswith(" ***")


def test_write_line__without_text_is_an_empty_line() -> None:
    spoken = Spoken()
    spoken.runner.write_line()
    assert spoken.stream.getvalue() == "\n"


def test_group__is_closed_also_by_an_exception() -> None:
    spoken = Spoken()
    with pytest.raises(ValueError, match="x"), spoken.runner.group("Digests\nof"):
        raise ValueError("x")
    assert spoken.lines == [r"::group::Digests\nof", "::endgroup::"]


def test_group__is_a_title_outside_of_actions() -> None:
    spoken = Spoken(in_actions=False)
    with spoken.runner.group("Digests"):
        spoken.runner.write_line("one")
    assert spoken.lines == ["Digests", "one"]


def test_mask__tells_the_runner_and_our_own_log() -> None:
    spoken = Spoken()
    spoken.runner.mask(SecretStr("canary-token"))
    spoken.runner.write_line("canary-token")
    assert spoken.lines == ["::add-mask::canary-token", "***"]


def test_mask__prints_nothing_outside_of_actions() -> None:
    spoken = Spoken(in_actions=False)
    spoken.runner.mask(SecretStr("canary-token"))
    spoken.runner.write_line("canary-token")
    assert spoken.lines == ["***"]


def test_annotate__waits_for_flush_and_is_written_once() -> None:
    spoken = Spoken()
    spoken.runner.annotate(Severity.ERROR, "what\nwhy 100%", "A title: x")
    assert spoken.lines == []
    spoken.runner.flush_annotations()
    spoken.runner.flush_annotations()
    assert spoken.lines == ["::error title=A title%3A x::what%0Awhy 100%25"]


def test_annotate__is_a_plain_line_outside_of_actions() -> None:
    spoken = Spoken(in_actions=False)
    spoken.runner.annotate(Severity.WARNING, "what\nwhy", "Title")
    spoken.runner.annotate(Severity.ERROR, "what")
    spoken.runner.flush_annotations()
    assert spoken.lines == ["error: what", "warning: Title: what why"]


def test_annotate__scrubs_message_and_title() -> None:
    spoken = Spoken()
    spoken.masker.add(SecretStr("canary-token"))
    spoken.runner.annotate(Severity.ERROR, "canary-token", "canary-token")
    spoken.runner.flush_annotations()
    assert spoken.lines == ["::error title=***::***"]


def test_flush_annotations__writes_ten_of_a_kind() -> None:
    spoken = Spoken()
    for number in range(ANNOTATIONS_PER_KIND):
        spoken.runner.annotate(Severity.ERROR, f"error {number}")
        spoken.runner.annotate(Severity.WARNING, f"warning {number}")
    spoken.runner.flush_annotations()
    assert spoken.lines == [f"::{kind}::{kind} {number}" for kind in ("error", "warning") for number in range(10)]


def test_flush_annotations__counts_the_rest_in_the_tenth() -> None:
    spoken = Spoken()
    for number in range(12):
        spoken.runner.annotate(Severity.ERROR, f"number {number}")
    spoken.runner.flush_annotations()
    commands = [line for line in spoken.lines if line.startswith("::")]
    assert commands[:9] == [f"::error::number {number}" for number in range(9)]
    assert commands[9:] == ["::error::3 more errors stand in the log above and in the job summary"]
    assert [line for line in spoken.lines if not line.startswith("::")] == [
        "error: number 9",
        "error: number 10",
        "error: number 11",
    ]


def test_write_outputs__appends(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("before=1\n", encoding="utf-8")
    Spoken(output=path).runner.write_outputs({"result": "published"})
    before, start, value, end = path.read_text(encoding="utf-8").splitlines()
    assert (before, value) == ("before=1", "published")
    assert start == f"result<<{end}"


def test_write_summary__appends_and_scrubs(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    spoken = Spoken(summary=path)
    spoken.masker.add(SecretStr("canary-token"))
    spoken.runner.write_summary("# One canary-token\n")
    spoken.runner.write_summary("lone \udc80\n")
    assert path.read_bytes() == b"# One ***\nlone \\udc80\n"


def test_write_summary__without_a_file_is_quiet() -> None:
    spoken = Spoken()
    spoken.runner.write_summary("# One\n")
    spoken.runner.write_outputs({"result": "published"})
    spoken.runner.flush_annotations()
    assert spoken.lines == []


def test_write_outputs__to_an_unusable_file_is_a_warning(tmp_path: Path) -> None:
    spoken = Spoken(output=tmp_path)
    spoken.runner.write_outputs({"result": "published"})
    spoken.runner.flush_annotations()
    assert spoken.lines == ["::warning::The outputs could not be written: Is a directory"]
