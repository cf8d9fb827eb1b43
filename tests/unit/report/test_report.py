from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from publisher.errors import NothingToPublish
from publisher.index.outcome import Failed, NotTried, Refused, Skipped
from publisher.network.reply import Cause, NoReply
from publisher.preflight.model import Finding, Severity
from publisher.report import write_bug, write_messages, write_report
from publisher.report.messages import find_messages
from publisher.report.model import Report
from publisher.settings.environment import Environment
from tests.unit.report.examples import PYPI, TESTPYPI, Output, row
from tests.values import SDIST, WHEEL

ERROR = Finding("metadata-summary-length", Severity.ERROR, "It has `513` characters.", "Shorten it.", WHEEL)
WARNING = Finding("classifiers-unknown", Severity.WARNING, "`Foo` is not in the list.", "Correct it.", WHEEL)
NO_FILES = Environment.read({})


def write(report: Report, files: Environment = NO_FILES) -> list[str]:
    output = Output()
    write_report(report, output.console, files)
    return output.lines


def runner_files(output: Path, summary: Path) -> Environment:
    return Environment.read({"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)})


def titles(report: Report) -> list[tuple[str, str]]:
    return [(severity.value, message.title) for severity, message in find_messages(report)]


def test_write_report__names_what_was_not_tried_before_annotations_and_result() -> None:
    first, annotation, last = write(
        Report(PYPI, (row(outcome=Refused(400, "no")), row(SDIST, NotTried("`x` was not published"))))
    )
    assert first == f"Not uploaded, because `x` was not published: {SDIST}"
    assert annotation.startswith("::error title=Refused::PyPI ")
    assert last == "Nothing was published to PyPI (sample 1.0)"


def test_write_report__appends_outputs_and_summary(tmp_path: Path) -> None:
    files = runner_files(tmp_path / "output", tmp_path / "summary")
    (tmp_path / "output").write_text("before=1\n", encoding="utf-8")
    write(Report(PYPI, (row(),)), files)
    outputs = (tmp_path / "output").read_text(encoding="utf-8")
    assert outputs.startswith("before=1\nresult<<end-")
    assert "\npublished\n" in outputs
    assert (tmp_path / "summary").read_text(encoding="utf-8").startswith("## ✅ Published sample 1.0 to PyPI: 1")


def test_write_report__scrubs_the_summary_and_survives_surrogates(tmp_path: Path) -> None:
    output, files = Output(), runner_files(tmp_path / "output", tmp_path / "summary")
    output.console.masker.add(SecretStr("canary-token"))
    report = Report(PYPI, (row(outcome=Refused(400, "canary-token \udc80")),))
    write_report(report, output.console, files)
    summary = (tmp_path / "summary").read_text(encoding="utf-8")
    assert "canary" not in summary
    assert "***" in summary


def test_write_report__warns_if_a_file_cannot_be_written(tmp_path: Path) -> None:
    lines = write(Report(PYPI, (row(),)), runner_files(tmp_path, tmp_path))
    assert lines[:-1] == [
        "::warning title=Job summary not written::Could not write the job summary: Is a directory",
        "::warning title=Outputs not written::Could not write the outputs: Is a directory",
    ]


def test_write_messages__comes_first_and_is_not_repeated() -> None:
    output = Output()
    report = Report(PYPI, (row(),), findings=[WARNING])
    write_messages(report, output.console)
    assert len(output.lines) == 1
    report.findings = [WARNING, replace(WARNING, rule="published-other")]
    write_messages(report, output.console)
    assert len(output.lines) == 2
    write_report(report, output.console, NO_FILES)
    assert [line.split("::")[1] for line in output.lines[:-1]] == [
        "warning title=classifiers-unknown",
        "warning title=published-other",
    ]


def test_write_bug__shows_the_traceback_and_what_was_kept(tmp_path: Path) -> None:
    output, files = Output(), runner_files(tmp_path / "output", tmp_path / "summary")
    output.console.write_annotation(Severity.WARNING, "kept")
    write_bug("Traceback\n::error::in a line\n", output.console, files)
    group = ["::group::Traceback", "Traceback", r"\x3a:error::in a line", "::endgroup::"]
    assert output.lines[:-1] == ["::warning::kept", *group]
    assert output.lines[-1].startswith("::error title=The action failed::")
    assert "\nfailed\n" in (tmp_path / "output").read_text(encoding="utf-8")
    assert (tmp_path / "summary").read_text(encoding="utf-8").startswith("## ❌ The action failed\n")


def test_find_messages__are_complete_and_in_order() -> None:
    report = Report(
        PYPI,
        (
            row(outcome=Refused(400, "no")),
            row(SDIST, Skipped("other")),
            row("x.whl", Failed(NoReply(Cause.RESET), 1)),
            row("y.whl"),
        ),
        findings=(ERROR, WARNING),
        error=NothingToPublish(("dist",), (), ()),
        rehearsal=Report(TESTPYPI, (row(outcome=Refused(403, "no")),), is_rehearsal=True),
    )
    assert titles(report) == [
        ("error", "Rehearsal: No permission"),
        ("error", "Nothing to publish"),
        ("error", "metadata-summary-length"),
        ("warning", "classifiers-unknown"),
        ("error", "Refused"),
        ("warning", "Skipped"),
        ("error", "Upload failed"),
    ]
