from __future__ import annotations

from pathlib import Path

from publisher.distributions.model import Unreadable
from publisher.errors import NothingToPublish
from publisher.index.outcome import Existing, Failed, NotTried, Refused, Skipped, Uploaded, WouldUpload
from publisher.preflight.finding import Finding, Severity
from publisher.report.headline import count, render_headline
from publisher.report.model import Report
from publisher.report.news import find_news
from publisher.report.telling import tell_bug, tell_report
from tests.unit.report.examples import PYPI, SDIST, TESTPYPI, WHEEL, row
from tests.unit.report.test_runner import Spoken

ERROR = Finding("metadata-summary-length", Severity.ERROR, "It has `513` characters.", "Shorten it.", WHEEL)
WARNING = Finding("classifiers-unknown", Severity.WARNING, "`Foo` is not in the list.", "Correct it.", WHEEL)


def news(report: Report) -> list[tuple[str, str]]:
    return [(severity.value, message.title) for severity, message in find_news(report)]


def test_tell_report__of_a_success_ends_with_the_result() -> None:
    spoken = Spoken()
    tell_report(Report(PYPI, (row(), row(SDIST))), spoken.runner)
    assert spoken.lines == ["Published to PyPI: 2 uploaded"]


def test_tell_report__names_what_was_not_tried_before_annotations_and_result() -> None:
    spoken = Spoken()
    report = Report(PYPI, (row(outcome=Refused(400, "no")), row(SDIST, NotTried("`x` was not published"))))
    tell_report(report, spoken.runner)
    first, annotation, last = spoken.lines
    assert first == f"Not tried {SDIST}: `x` was not published"
    assert annotation.startswith(f"::error title=Refused%3A {WHEEL}::The index refused")
    assert last == "Nothing was published to PyPI"


def test_tell_report__of_a_run_that_never_began_names_no_file() -> None:
    spoken = Spoken()
    tell_report(
        Report(PYPI, (row(outcome=NotTried("not begun")),), error=NothingToPublish(("x",), (), ())), spoken.runner
    )
    assert not any(line.startswith("Not tried") for line in spoken.lines)


def test_tell_report__writes_outputs_and_summary(tmp_path: Path) -> None:
    spoken = Spoken(output=tmp_path / "output", summary=tmp_path / "summary")
    tell_report(Report(PYPI, (row(),)), spoken.runner)
    assert "\npublished\n" in (tmp_path / "output").read_text(encoding="utf-8")
    assert (tmp_path / "summary").read_text(encoding="utf-8").startswith("## ✅ Published to PyPI: 1 uploaded\n")


def test_tell_report__annotates_that_a_file_could_not_be_written(tmp_path: Path) -> None:
    spoken = Spoken(output=tmp_path, summary=tmp_path)
    tell_report(Report(PYPI, (row(),)), spoken.runner)
    assert [line.split("::")[1] for line in spoken.lines[:-1]] == ["warning", "warning"]


def test_find_news__of_a_success_is_nothing() -> None:
    assert news(Report(PYPI, (row(), row(SDIST, Existing())))) == []


def test_find_news__is_complete_and_in_order() -> None:
    report = Report(
        PYPI,
        (row(outcome=Refused(400, "no")), row(SDIST, Skipped("other")), row("x.whl", Failed("no", 1)), row("y.whl")),
        unreadable=(Unreadable(Path("broken.whl"), "broken.whl", "it is no zip archive"),),
        findings=(ERROR, WARNING),
        error=NothingToPublish(("dist",), (), ()),
        rehearsal=Report(TESTPYPI, (row(outcome=Refused(403, "no")),)),
    )
    assert news(report) == [
        ("error", f"Rehearsal: Refused: {WHEEL}"),
        ("error", "Nothing to publish"),
        ("error", "Unreadable: broken.whl"),
        ("error", f"{WHEEL}: metadata-summary-length"),
        ("warning", f"{WHEEL}: classifiers-unknown"),
        ("error", f"Refused: {WHEEL}"),
        ("warning", f"Skipped: {SDIST}"),
        ("error", "Failed: x.whl"),
    ]


def test_find_news__explains_an_unreadable_file_once() -> None:
    unreadable = Unreadable(Path(WHEEL), WHEEL, "it is no zip archive")
    assert news(Report(PYPI, unreadable=(unreadable,), findings=(ERROR,))) == [
        ("error", f"{WHEEL}: metadata-summary-length")
    ]


def test_find_news__says_cancelled_once() -> None:
    assert news(Report(PYPI, (row(),), cancelled=True)) == [("error", "Cancelled")]
    rehearsal = Report(TESTPYPI, (row(),), cancelled=True)
    assert news(Report(PYPI, (row(),), cancelled=True, rehearsal=rehearsal)) == [("error", "Cancelled")]


def test_find_news__what_was_not_rehearsed() -> None:
    rehearsal = Report(TESTPYPI, (row(outcome=Skipped("other")),))
    ((severity, message),) = find_news(Report(PYPI, (row(),), rehearsal=rehearsal))
    assert (severity.value, message.title) == ("warning", f"Not rehearsed: {WHEEL}")
    assert message.what == f"`{WHEEL}` was not rehearsed: other"


def test_tell_bug__shows_the_traceback_and_flushes_what_was_kept() -> None:
    spoken = Spoken()
    spoken.runner.annotate(Severity.WARNING, "kept")
    tell_bug(["Traceback\n", "::error::in a line\n"], spoken.runner)
    assert spoken.lines[:4] == ["::group::Where it happened", "Traceback", r"\x3a:error::in a line", "::endgroup::"]
    assert spoken.lines[4].startswith("::error title=The action broke::")
    assert spoken.lines[5] == "::warning::kept"


def test_render_headline__of_every_result() -> None:
    refused = row(outcome=Refused(400, "no"))
    told = [
        render_headline(Report(PYPI, (row(), row(), row(SDIST, Existing())))),
        render_headline(Report(PYPI, (row(outcome=Existing()),))),
        render_headline(Report(PYPI, (row(outcome=WouldUpload()),), dry_run=True)),
        render_headline(Report(PYPI, (refused,), dry_run=True)),
        render_headline(Report(PYPI, (row(), refused))),
        render_headline(Report(PYPI, (refused,))),
        render_headline(Report(PYPI, (row(), row(outcome=NotTried("x"))), cancelled=True)),
        render_headline(Report(PYPI, (row(),), error=NothingToPublish((), (), ()))),
        render_headline(Report(error=NothingToPublish((), (), ()))),
    ]
    assert told == [
        "Published to PyPI: 2 uploaded, 1 existing",
        "Nothing to do: PyPI has all of 1 distribution already",
        "Dry run: 1 distribution checked for PyPI, nothing was uploaded",
        "Dry run: not everything would be accepted by PyPI",
        "Published in part: 1 of 2 distributions on PyPI",
        "Nothing was published to PyPI",
        "Cancelled: 1 of 2 distributions on PyPI",
        "Published to PyPI, but not all is well",
        "Nothing was published to the index",
    ]


def test_count__knows_one_from_many() -> None:
    assert [count(0, "file"), count(1, "file"), count(2, "entry", "entries")] == ["0 files", "1 file", "2 entries"]


def test_outcome_of_skipping__is_a_success_with_a_warning() -> None:
    report = Report(PYPI, (row(outcome=Skipped("other")), row(SDIST, Uploaded())))
    assert report.is_success
    assert news(report) == [("warning", f"Skipped: {WHEEL}")]
