from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from publisher.distributions.model import Unreadable
from publisher.errors import IdTokenUnavailable, Situation
from publisher.index.outcome import Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded, WouldUpload
from publisher.preflight.finding import Finding, Severity
from publisher.report.model import Report, Result
from tests.unit.report.examples import PYPI, SDIST, TESTPYPI, WHEEL, refused_mint, row

GOOD = Report(PYPI, (row(), row(SDIST, Existing())))
WARNING = Finding("rule", Severity.WARNING, "message", "remedy", WHEEL)


def test_report__of_a_success() -> None:
    assert (GOOD.result, GOOD.exit_status, GOOD.has_errors) == (Result.PUBLISHED, 0, False)


def test_report__is_unchanged_only_where_everything_was_there() -> None:
    assert Report(PYPI, (row(outcome=Existing()), row(SDIST, Existing()))).result is Result.UNCHANGED
    assert Report(PYPI, (row(outcome=Skipped("x")), row(SDIST, Existing()))).result is Result.PUBLISHED


@pytest.mark.parametrize("outcome", [Refused(400, "x"), Failed("x", 1), NotTried("x"), WouldUpload()])
def test_report__with_a_bad_outcome_fails(outcome: Outcome) -> None:
    report = Report(PYPI, (row(), row(SDIST, outcome)))
    assert (report.result, report.exit_status) == (Result.FAILED, 1)


def test_report__of_a_dry_run() -> None:
    report = Report(PYPI, (row(outcome=WouldUpload()), row(SDIST, Existing())), dry_run=True)
    assert (report.result, report.exit_status) == (Result.DRY_RUN, 0)


@pytest.mark.parametrize(
    "report",
    [
        replace(GOOD, rows=()),
        replace(GOOD, cancelled=True),
        replace(GOOD, unreadable=(Unreadable(Path("x.whl"), "x.whl", "it is broken"),)),
        replace(GOOD, findings=(replace(WARNING, severity=Severity.ERROR),)),
        replace(GOOD, rehearsal=Report(TESTPYPI, (row(outcome=Refused(400, "x")),))),
        replace(GOOD, error=refused_mint()),
    ],
)
def test_report__with_bad_news_fails(report: Report) -> None:
    assert (report.result, report.exit_status) == (Result.FAILED, 1)


def test_report__with_warnings_and_a_good_rehearsal_succeeds() -> None:
    assert replace(GOOD, findings=(WARNING,), rehearsal=Report(TESTPYPI, (row(),))).is_success


def test_report__exits_as_its_error_says() -> None:
    assert Report(error=IdTokenUnavailable(Situation.NOT_IN_ACTIONS, ())).exit_status == 2


def test_with_outcomes__changes_the_named_rows() -> None:
    report = GOOD.with_outcomes({WHEEL: Uploaded(2), SDIST: Skipped("x")})
    assert [each.outcome for each in report.rows] == [Uploaded(2), Skipped("x")]
    assert report.distributions == GOOD.distributions


def test_doubtful__names_the_files_with_a_finding() -> None:
    report = replace(GOOD, findings=(WARNING, replace(WARNING, filename=None)))
    assert report.doubtful == {WHEEL}
