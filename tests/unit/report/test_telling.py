from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from publisher.distributions.model import Unreadable
from publisher.errors import NothingToPublish
from publisher.index.outcome import Existing, Failed, NotTried, Refused, Skipped, Uploaded, WouldUpload
from publisher.preflight.finding import Finding, Severity
from publisher.report.headline import count, render_headline
from publisher.report.model import Report
from publisher.report.news import find_news
from publisher.report.telling import tell_bug, tell_report
from tests.unit.report.examples import CLAIMS, PYPI, SDIST, TESTPYPI, WHEEL, refused_mint, row
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
    assert annotation.startswith(f"::error title=Refused%3A {WHEEL}::PyPI refused")
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


def test_tell_report__of_a_refused_exchange_shows_the_claims_in_the_log() -> None:
    spoken = Spoken()
    claims = CLAIMS | {"environment": None, "ref": "a\n::error::b"}
    tell_report(Report(PYPI, (row(outcome=NotTried("x")),), error=refused_mint(claims=claims)), spoken.runner)
    begin, end = spoken.lines.index("::group::What this run claims"), spoken.lines.index("::endgroup::")
    told = spoken.lines[begin + 1 : end]
    assert told[:3] == ["Owner: octo-org", "Repository name: sample-project", "Workflow filename: release.yml"]
    assert told[3].startswith("Environment name: (none)  <- not set: if the registration names an environment")
    assert r"Ref: a\n::error::b" in told
    assert told[-2].startswith(f"Register for sample, a project that exists: {PYPI.pages}manage/project/sample/")
    assert told[-1].startswith(f"Register for sample, a new project: {PYPI.pages}manage/account/publishing/")
    assert spoken.lines[end + 1].startswith("::error title=Trusted Publishing was refused::")


def test_tell_report__of_a_refused_exchange_without_claims_has_no_group() -> None:
    spoken = Spoken()
    tell_report(Report(PYPI, (row(outcome=NotTried("x")),), error=refused_mint(claims={})), spoken.runner)
    assert not any(line.startswith("::group::") for line in spoken.lines)


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
        ("error", "metadata-summary-length"),
        ("warning", "classifiers-unknown"),
        ("error", f"Refused: {WHEEL}"),
        ("warning", f"Skipped: {SDIST}"),
        ("error", "Failed: x.whl"),
    ]


def test_find_news__explains_an_unreadable_file_once() -> None:
    unreadable = Unreadable(Path(WHEEL), WHEEL, "it is no zip archive")
    assert news(Report(PYPI, unreadable=(unreadable,), findings=(ERROR,))) == [("error", "metadata-summary-length")]


def test_find_news__names_the_files_in_the_text() -> None:
    alike = tuple(replace(ERROR, filename=name) for name in (WHEEL, SDIST))
    ((_, message),) = find_news(Report(PYPI, findings=alike))
    assert message.text.startswith(f"`{WHEEL}`, `{SDIST}`: It has `513` characters.\n")


def test_find_news__of_a_rehearsal_says_that_nothing_was_skipped_for_good() -> None:
    rehearsal = Report(TESTPYPI, (row(outcome=Skipped("other")),), is_rehearsal=True)
    ((severity, message),) = find_news(Report(PYPI, (row(),), rehearsal=rehearsal))
    assert (severity, message.title) == (Severity.WARNING, f"Rehearsal: Other content: {WHEEL}")
    assert message.what == f"`{WHEEL}` was not rehearsed on TestPyPI: other"
    assert "skip-existing" not in message.text


def test_find_news__says_cancelled_once() -> None:
    assert news(Report(PYPI, (row(),), cancelled=True)) == [("error", "Cancelled")]
    rehearsal = Report(TESTPYPI, (row(),), cancelled=True)
    assert news(Report(PYPI, (row(),), cancelled=True, rehearsal=rehearsal)) == [("error", "Cancelled")]


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
        render_headline(Report(PYPI, (row(outcome=Existing()),) * 2)),
        render_headline(Report(PYPI, (row(outcome=WouldUpload()),), dry_run=True)),
        render_headline(Report(PYPI, (refused,), dry_run=True)),
        render_headline(Report(PYPI, dry_run=True, error=NothingToPublish((), (), ()))),
        render_headline(Report(PYPI, (row(), refused))),
        render_headline(Report(PYPI, (refused,))),
        render_headline(Report(PYPI, (row(outcome=NotTried("x")),), rehearsal=Report(TESTPYPI, (refused,)))),
        render_headline(Report(PYPI, (row(), row(outcome=NotTried("x"))), cancelled=True)),
        render_headline(Report(PYPI, (row(),), error=NothingToPublish((), (), ()))),
        render_headline(Report(error=NothingToPublish((), (), ()))),
    ]
    assert told == [
        "Published to PyPI: 2 uploaded, 1 existing",
        "Nothing to do: PyPI already has it",
        "Nothing to do: PyPI already has all 2 distributions",
        "Dry run: 1 distribution checked for PyPI, nothing was uploaded",
        "Dry run: not everything would be accepted by PyPI",
        "Dry run: it ended before everything was checked for PyPI",
        "Published in part: 1 of 2 distributions on PyPI",
        "Nothing was published to PyPI",
        "Nothing was published to PyPI: the rehearsal on TestPyPI failed",
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
