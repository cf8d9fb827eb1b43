from __future__ import annotations

import pytest

from publisher.errors import NothingToPublish
from publisher.index.endpoints import index_at
from publisher.index.outcome import Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded, WouldUpload
from publisher.network.reply import Cause, NoReply
from publisher.network.url import Url
from publisher.report.headline import (
    format_size,
    log_end,
    log_start,
    render_dry_run,
    render_headline,
    render_intent,
    render_outcome,
    render_rehearsal,
    write_digests,
    write_settled,
)
from publisher.report.log import configure_logging
from publisher.report.model import Report
from tests.unit.report.examples import PRIVATE, PYPI, TESTPYPI, Output, distribution, row
from tests.values import SDIST, WHEEL

REFUSED = row(outcome=Refused(400, "no"))
NOT_TRIED = row(SDIST, NotTried("x"))
ERROR = NothingToPublish((), (), ())
NO_REPLY = NoReply(Cause.RESET)


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        (Report(PYPI, (row(), row(), row(SDIST, Existing()))), "Published to PyPI: 2 uploaded, 1 existing"),
        (Report(PYPI, (row(outcome=Existing()),)), "Nothing to upload to PyPI: 1 existing"),
        (Report(PYPI, (row(outcome=Skipped("x")),)), "Nothing to upload to PyPI: 1 skipped"),
        (
            Report(PYPI, (row(outcome=WouldUpload()),), dry_run=True),
            "Dry run: checked 1 distribution for PyPI; nothing was uploaded",
        ),
        (Report(PYPI, (REFUSED,), dry_run=True), "Dry run: PyPI would not accept everything"),
        (Report(PYPI, dry_run=True, error=ERROR), "Dry run: stopped before everything was checked for PyPI"),
        (Report(PYPI, (row(), REFUSED)), "Partially published: 1 of 2 distributions on PyPI"),
        (Report(PYPI, (REFUSED,)), "Nothing was published to PyPI"),
        (
            Report(PYPI, (NOT_TRIED,), rehearsal=Report(TESTPYPI, (REFUSED,))),
            "Nothing was published to PyPI: the rehearsal on TestPyPI failed",
        ),
        (Report(PYPI, (row(), NOT_TRIED), cancelled=True), "Cancelled: 1 of 2 distributions on PyPI"),
        (Report(PYPI, (row(),), error=ERROR), "Published to PyPI, but the run failed"),
        (Report(error=ERROR), "Nothing was published to the index"),
    ],
)
def test_render_headline__of_every_result(report: Report, headline: str) -> None:
    assert render_headline(report) == headline


def test_render_intent_and_dry_run__name_count_and_index() -> None:
    intent = "Publishing 2 distributions to index.example (https://index.example/upload/) with a password"
    assert render_intent(2, PRIVATE, "with a password") == intent
    checking = "checking 1 distribution for PyPI (https://upload.pypi.org/legacy/); nothing will be uploaded"
    assert render_dry_run(1, PYPI) == f"Dry run: {checking}"


def test_render_rehearsal__distinguishes_two_indexes_on_one_host() -> None:
    test, real = (index_at(Url.parse(f"https://art.example/{name}/"), None) for name in ("staging", "release"))
    rest = "until every distribution is accepted there"
    assert render_rehearsal(TESTPYPI, PYPI) == f"Rehearsing on TestPyPI; nothing goes to PyPI {rest}"
    assert render_rehearsal(test, real).startswith(
        f"Rehearsing on {test.upload_url}; nothing goes to {real.upload_url}"
    )


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (98_765_432, "98.8 MB"), (5 * 10**12, "5000.0 GB")],
)
def test_format_size__uses_powers_of_1000(size: int, shown: str) -> None:
    assert format_size(size) == shown


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (Uploaded(), f"Uploaded {WHEEL} in 0.8 s"),
        (Uploaded(3), f"Uploaded {WHEEL} in 0.8 s (attempt 3)"),
        (Existing(), f"Nothing to upload for {WHEEL}: the index already has this exact file"),
        (Skipped("why"), f"Skipped {WHEEL}: why"),
        (Refused(None, "why"), f"Cannot publish {WHEEL}: why"),
        (Refused(400, "why"), f"Refused {WHEEL}: 400 why"),
        (Refused(400, ""), f"Refused {WHEEL}: 400"),
        (Failed(None, 0), f"Failed to upload {WHEEL}: the run was cancelled during the upload"),
        (Failed(NO_REPLY, 1), f"Failed to upload {WHEEL} after 1 attempt: {Cause.RESET}"),
        (Failed(NO_REPLY, 5), f"Failed to upload {WHEEL} after 5 attempts: {Cause.RESET}"),
        (NotTried("why"), f"Did not upload {WHEEL}: why"),
        (WouldUpload(), f"Would upload {WHEEL}"),
    ],
)
def test_render_outcome__of_every_outcome(outcome: Outcome, line: str) -> None:
    assert render_outcome(distribution(), outcome, 0.84) == line
    assert render_outcome(distribution(), outcome) == line.replace(" in 0.8 s", "")


def test_write_digests__in_a_group_if_there_are_any() -> None:
    output, wheel = Output(), distribution()
    write_digests((), output.console)
    assert output.lines == []
    write_digests((wheel,), output.console)
    digests = (wheel.digests.sha256, wheel.digests.blake2b_256, wheel.digests.md5)
    assert output.lines[:2] == ["::group::Digests of the distributions", f"{WHEEL} (12.3 kB)"]
    assert [line.split()[-1] for line in output.lines[2:]] == [*digests, "::endgroup::"]


def test_write_settled__omits_what_is_still_open() -> None:
    output = Output()
    write_settled(Report(PYPI, (row(outcome=Skipped("why")), NOT_TRIED)), output.console)
    assert output.lines == [f"Skipped {WHEEL}: why"]


def test_log_start_and_end__of_a_success_and_a_failure() -> None:
    lines: list[str] = []
    log = configure_logging(lines.append, verbose=False)
    log_start(log, distribution())
    log_end(log, distribution(), Uploaded(), 0.84)
    log_end(log, distribution(), Refused(400, "why"), 0.84)
    start, end = f"Uploading {WHEEL} (12.3 kB)", f"Uploaded {WHEEL} in 0.8 s"
    assert lines == [start, end, f"error: Refused {WHEEL}: 400 why"]
