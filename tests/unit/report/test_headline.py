from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from publisher.distributions.model import Found, Unreadable
from publisher.errors import Cancelled, NothingToPublish, NotListed
from publisher.identity.authentication import Authentication, Password
from publisher.index.endpoints import Index
from publisher.index.listing import Listings
from publisher.index.outcome import Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded, WouldUpload
from publisher.index.simple_api import ListedFile, Listing
from publisher.index.waves import list_releases, plan_waves
from publisher.network.reply import Cause, NoReply
from publisher.network.url import Url
from publisher.preflight.model import Finding, Severity
from publisher.report.headline import (
    format_size,
    log_end,
    log_intent,
    log_start,
    render_headline,
    render_order,
    render_result,
    render_settled,
    render_start,
    write_digests,
)
from publisher.report.model import Report, Row
from publisher.settings.destinations import Destination
from tests.unit.report.examples import PRIVATE, PYPI, TESTPYPI, Output, distribution, row
from tests.values import SDIST, WHEEL, Journal, build_distribution

REFUSED = row(outcome=Refused(400, "no"))
NOT_TRIED = row(SDIST, NotTried("x"))
ERROR = NothingToPublish((), (), ())
NO_REPLY = NoReply(Cause.RESET)
NOT_LISTED = NotListed(Url.parse("https://pypi.org/simple/"), 60, {WHEEL: "not listed"})
WARNING = Finding("rule", Severity.WARNING, "message", "remedy", WHEEL)
UNREADABLE = Unreadable(Path("x.whl"), "x.whl", "it is broken")
OTHERS = tuple(Row(distribution(f"{name}-2.tar.gz", name, "2")) for name in ("a", "b", "c"))


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        (Report(PYPI, (row(), row(), row(SDIST, Existing()))), "Published sample 1.0 to PyPI: 2 uploaded, 1 existing"),
        (Report(PRIVATE, (row(),)), "Published sample 1.0 to `index.example`: 1 uploaded"),
        (
            Report(PYPI, (row(), *(replace(each, outcome=Uploaded()) for each in OTHERS))),
            "Published sample 1.0, a 2, b 2 and 1 more to PyPI: 4 uploaded",
        ),
        (Report(PYPI, (row(outcome=Existing()),)), "Nothing was uploaded: PyPI already has sample 1.0 (1 existing)"),
        (Report(PYPI, (row(outcome=Skipped("x")),)), "Nothing was uploaded: PyPI already has sample 1.0 (1 skipped)"),
        (
            Report(PYPI, (row(outcome=Existing()), row(SDIST, WouldUpload())), dry_run=True),
            "Dry run for PyPI (sample 1.0): 1 would be uploaded, 1 existing, no problems",
        ),
        (
            Report(PYPI, (REFUSED, NOT_TRIED), findings=(WARNING,), dry_run=True),
            "Dry run for PyPI (sample 1.0): 1 would be refused, 1 would not be uploaded, 1 error, 1 warning",
        ),
        (Report(PYPI, dry_run=True, error=ERROR), "Dry run for PyPI: 1 error"),
        (Report(PYPI, (row(), REFUSED)), "Partially published: PyPI has 1 of 2 files of sample 1.0"),
        (Report(PYPI, (REFUSED,)), "Nothing was published to PyPI (sample 1.0)"),
        (Report(PYPI, (row(),), (UNREADABLE,)), "Partially published: PyPI has 1 of 2 files of sample 1.0"),
        (
            Report(PYPI, (NOT_TRIED,), rehearsal=Report(TESTPYPI, (REFUSED,))),
            "Nothing was published to PyPI (sample 1.0): the rehearsal on TestPyPI failed",
        ),
        (
            Report(PYPI, (NOT_TRIED,), cancelled=True, rehearsal=Report(TESTPYPI, (REFUSED,))),
            "Cancelled: nothing was published to PyPI (sample 1.0)",
        ),
        (Report(PYPI, (row(), NOT_TRIED), cancelled=True), "Cancelled: PyPI has 1 of 2 files of sample 1.0"),
        (Report(PYPI, (row(),), error=ERROR), "PyPI has every file of sample 1.0, but the run failed"),
        (
            Report(PYPI, (row(),), error=NOT_LISTED),
            "PyPI has every file of sample 1.0, but did not list all of them in time",
        ),
        (
            Report(PYPI, (row(),), error=Cancelled("waiting for the index")),
            "PyPI has every file of sample 1.0, but the run was cancelled while waiting for the index",
        ),
        (Report(error=ERROR), "Nothing was published to the index"),
    ],
)
def test_render_headline__of_every_result(report: Report, headline: str) -> None:
    assert render_headline(report) == headline


def test_render_result__ends_with_the_release_page_if_known() -> None:
    page = "https://pypi.org/project/sample/1.0/"
    assert render_result(Report(PYPI, (row(),))) == f"Published sample 1.0 to PyPI: 1 uploaded. {page}"
    assert render_result(Report(PRIVATE, (row(),))) == "Published sample 1.0 to `index.example`: 1 uploaded"


def destination(index: Index, method: str = "", authentication: Authentication | None = None) -> Destination:
    return Destination(index, authentication, method, None, None, None, skip_existing=False)


def test_log_intent__names_count_indexes_authentication_and_what_is_ignored() -> None:
    def logged(real: Destination, rehearsal: Destination | None = None, *ignored: Path) -> list[str]:
        journal = Journal()
        log_intent(journal.log, Found((Path(WHEEL), Path(SDIST)), (), ignored, ()), real, rehearsal)
        return journal.lines

    password = Password("u", SecretStr("secret-password"), lambda _: None)
    private, pypi = destination(PRIVATE, "with a password", password), destination(PYPI, "by Trusted Publishing")
    publishing = "Publishing 2 distributions to index.example (https://index.example/upload/) with a password"
    assert logged(private) == [publishing]
    rehearsal = "after a rehearsal on PyPI (https://upload.pypi.org/legacy/) by Trusted Publishing"
    assert logged(private, pypi) == [f"{publishing}, {rehearsal}"]
    checking = "checking 2 distributions for PyPI (https://upload.pypi.org/legacy/); nothing will be uploaded"
    ignored = "Ignored, because they are not distributions: SHA256SUMS"
    assert logged(pypi, None, Path("dist/SHA256SUMS")) == [f"Dry run: {checking}", ignored]


def test_render_start__says_where_and_in_which_order() -> None:
    report = Report(PYPI, (row(outcome=NotTried("x")), NOT_TRIED))
    assert render_start(report, "attested", "") == "Uploading 2 files to PyPI, attested"
    rehearsal = replace(report, index=TESTPYPI, is_rehearsal=True)
    started = "Rehearsing 2 files on TestPyPI, attested. Order: 2 at a time; sdist last"
    assert render_start(rehearsal, "attested", "2 at a time; sdist last") == started


NEW = Listing({}, is_new=True)
STARTED = Listing({"sample-1.0-py2-none-any.whl": ListedFile()})


@pytest.mark.parametrize(
    ("wheels", "sdists", "listing", "suspects", "parallel", "order"),
    [
        (1, 0, NEW, 0, 8, ""),
        (1, 1, NEW, 0, 8, "1 wheel first, so that the release exists; sdist last"),
        (0, 2, NEW, 0, 8, "1 sdist first, so that the release exists; sdist last"),
        (4, 1, NEW, 0, 8, "1 wheel first, so that the release exists; then 2 at a time; sdist last"),
        (4, 1, NEW, 0, 1, "1 wheel first, so that the release exists; then 1 at a time; sdist last"),
        (4, 1, NEW, 1, 8, "1 wheel first, because of its warning; then 2 at a time; sdist last"),
        (4, 0, NEW, 2, 8, "2 files first, one at a time; then 2 at a time"),
        (4, 2, STARTED, 0, 8, "2 at a time; sdists last"),
        (1, 1, STARTED, 0, 8, "1 wheel first; sdist last"),
        (0, 2, STARTED, 0, 8, "2 at a time"),
    ],
)
def test_render_order__as_planned(
    wheels: int, sdists: int, listing: Listing, suspects: int, parallel: int, order: str
) -> None:
    names = [f"sample-1.0-cp3{number}-none-any.whl" for number in range(wheels)]
    files = [build_distribution(name) for name in [*names, *("sample-1.0.tar.gz", "other-1.0.tar.gz")[:sdists]]]
    listings: Listings = {each.project: listing for each in files}
    waves = plan_waves(files, names[:suspects], listings)
    assert render_order(waves, names[:suspects], list_releases(listings), parallel) == order


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
        (Existing(), f"Nothing to upload, the index already has this content: {WHEEL}"),
        (Skipped("why"), f"Skipped {WHEEL}"),
        (Refused(None, "why"), f"error: Refused {WHEEL}"),
        (Refused(400, "why"), f"error: Refused {WHEEL} (400)"),
        (Failed(None, 0), f"error: Failed to upload {WHEEL}: the run was cancelled"),
        (Failed(NO_REPLY, 1), f"error: Failed to upload {WHEEL} after 1 attempt"),
        (Failed(NO_REPLY, 5), f"error: Failed to upload {WHEEL} after 5 attempts"),
    ],
)
def test_log_end__in_one_short_line(outcome: Outcome, line: str) -> None:
    journal = Journal()
    log_end(journal.log, distribution(), outcome, 0.84)
    assert journal.lines == [line]


def test_render_settled__one_line_for_each_reason_that_no_annotation_gives() -> None:
    rows = [
        *(row(f"{number}.whl", NotTried("why")) for number in range(12)),
        row(WHEEL, Existing()),
        row("x.whl", Skipped("why")),
        row("y.whl", Refused(None, "why")),
        row(SDIST, Existing()),
        row("z.whl", WouldUpload()),
    ]
    numbered = ", ".join(f"{number}.whl" for number in range(10))
    assert list(render_settled(rows)) == [
        f"Not uploaded, because why: {numbered} and 2 more",
        f"Nothing to upload, the index already has this content: {WHEEL}, {SDIST}",
        "Would be uploaded: z.whl",
    ]


def test_write_digests__in_a_group_if_there_are_any() -> None:
    output, wheel = Output(), distribution()
    write_digests((), output.console)
    assert output.lines == []
    write_digests((wheel,), output.console)
    digests = (wheel.digests.sha256, wheel.digests.blake2b_256, wheel.digests.md5)
    assert output.lines[:2] == ["::group::Digests of the distributions", f"{WHEEL} (12.3 kB)"]
    assert [line.split()[-1] for line in output.lines[2:]] == [*digests, "::endgroup::"]


def test_log_start__names_the_size() -> None:
    journal = Journal()
    log_start(journal.log, distribution())
    assert journal.lines == [f"Uploading {WHEEL} (12.3 kB)"]
