from dataclasses import replace
from pathlib import Path

import pytest

from publisher.distributions.model import Unreadable
from publisher.errors import IdTokenUnavailable, NotListed, Situation
from publisher.index.outcome import Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded, WouldUpload
from publisher.network.url import Url
from publisher.preflight.model import Finding, Severity
from publisher.report.model import Report, Result
from tests.unit.report.examples import PYPI, TESTPYPI, distribution, refused_mint, row
from tests.values import SDIST, WHEEL

GOOD = Report(PYPI, (row(), row(SDIST, Existing())))
WARNING = Finding("rule", Severity.WARNING, "message", "remedy", WHEEL)


@pytest.mark.parametrize("outcomes", [(Existing(), Existing()), (Skipped("x"), Existing()), (Skipped("x"),)])
def test_report__is_unchanged_if_nothing_was_uploaded(outcomes: tuple[Outcome, ...]) -> None:
    assert Report(PYPI, [row(outcome=outcome) for outcome in outcomes]).result is Result.UNCHANGED


@pytest.mark.parametrize("outcome", [Refused(400, "x"), Failed(None, 1), NotTried("x"), WouldUpload()])
@pytest.mark.parametrize(
    ("other", "result"),
    [
        (Uploaded(), Result.PARTIAL),
        (Existing(), Result.PARTIAL),
        (Skipped("x"), Result.PARTIAL),
        (NotTried("x"), Result.FAILED),
    ],
)
def test_report__is_partial_if_some_files_are_on_the_index(outcome: Outcome, other: Outcome, result: Result) -> None:
    report = Report(PYPI, (row(outcome=other), row(SDIST, outcome)))
    assert (report.result, report.exit_status) == (result, 1)


@pytest.mark.parametrize(
    ("report", "result"),
    [
        (GOOD, Result.PUBLISHED),
        (replace(GOOD, findings=(WARNING,), rehearsal=Report(TESTPYPI, (row(),))), Result.PUBLISHED),
        (Report(PYPI, (row(outcome=WouldUpload()), row(SDIST, Existing())), dry_run=True), Result.DRY_RUN),
    ],
)
def test_report__of_a_success(report: Report, result: Result) -> None:
    assert (report.result, report.exit_status, report.has_errors) == (result, 0, False)


@pytest.mark.parametrize(
    "report",
    [
        Report(PYPI),
        replace(GOOD, cancelled=True),
        replace(GOOD, unreadable=(Unreadable(Path("x.whl"), "x.whl", "it is broken"),)),
        replace(GOOD, findings=(replace(WARNING, severity=Severity.ERROR),)),
        replace(GOOD, rehearsal=Report(TESTPYPI, (row(outcome=Refused(400, "x")),))),
        replace(GOOD, error=refused_mint()),
    ],
)
def test_report__with_an_error_fails(report: Report) -> None:
    assert not report.is_success
    assert report.exit_status == 1


NOT_LISTED = NotListed(Url.parse("https://pypi.org/simple/"), 60, {WHEEL: "not listed"})
REFUSED = (row(outcome=Refused(None, "x")), row(SDIST, Existing()))


@pytest.mark.parametrize(
    ("report", "result", "status"),
    [
        (Report(PYPI, (row(),), error=NOT_LISTED), Result.PARTIAL, 1),
        (Report(PYPI, REFUSED, dry_run=True), Result.FAILED, 1),
        (Report(error=IdTokenUnavailable(Situation.NOT_IN_ACTIONS, (), "password")), Result.FAILED, 2),
    ],
)
def test_report__of_a_failure(report: Report, result: Result, status: int) -> None:
    assert (report.result, report.exit_status) == (result, status)


def test_settle__records_outcomes_of_the_named_files() -> None:
    report = Report(PYPI)
    unreadable = Unreadable(Path("x.whl"), "x.whl", "it is broken")
    report.add([distribution(WHEEL), unreadable, distribution(SDIST)], [Path("dist/SHA256SUMS")])
    assert (report.unreadable, report.ignored) == ((unreadable,), ("SHA256SUMS",))
    report.settle({WHEEL: Uploaded(2)})
    assert [each.outcome for each in report.rows] == [Uploaded(2), NotTried("the run ended before this file's turn")]
    assert [each.filename for each in report.distributions] == [WHEEL, SDIST]
    assert [each.filename for each in report.pending] == [SDIST]
    report.settle({SDIST: Skipped("x")})
    assert [each.outcome for each in report.rows] == [Uploaded(2), Skipped("x")]
    assert report.pending == ()


def test_settle__only_what_is_on_the_index_is_attested() -> None:
    report = Report(PYPI, (row(), row(SDIST), row("x.whl")))
    report.settle({WHEEL: Uploaded(), SDIST: Refused(400, "no"), "x.whl": Existing()}, {WHEEL, SDIST, "x.whl"})
    report.settle({})
    assert [each.attested for each in report.rows] == [True, False, True]


def test_suspects__names_the_files_with_a_finding() -> None:
    report = replace(GOOD, findings=(WARNING, replace(WARNING, filename=None)))
    assert report.suspects == {WHEEL}
