from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.distributions.model import Unreadable
from publisher.index.endpoints import Index, index_at
from publisher.index.outcome import Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded, WouldUpload
from publisher.network.reply import Cause, NoReply
from publisher.network.url import Url
from publisher.preflight.model import Finding, Severity
from publisher.report.messages.message import Link, Message
from publisher.report.model import Report, Row
from publisher.report.summary import SUMMARY_LIMIT, render_summary
from tests.unit.report.examples import HOSTILE, PRIVATE, PYPI, REUSABLE_HERE, TESTPYPI, distribution, refused_mint, row
from tests.unit.report.snapshot import check_snapshot
from tests.unit.report.test_harmless import PARSER, kinds, tags
from tests.values import SDIST, WHEEL

OTHER_CONTENT = "the index already has a file of this name with other content"
WARNING = Finding(
    "classifiers-unknown", Severity.WARNING, "`Framework :: Foo` is not in the list.", "Correct it.", WHEEL
)
BROKEN = Unreadable(Path("broken.whl"), "broken.whl", "it is broken")
ERROR = Finding("metadata-summary-length", Severity.ERROR, "It has `513` characters.", "Shorten it.", WHEEL)


def links(markdown: str) -> list[str]:
    return [
        str(each.attrs["href"])
        for token in PARSER.parse(markdown)
        for each in token.children or ()
        if each.type == "link_open"
    ]


def test_summary__of_a_success() -> None:
    rehearsal = Report(TESTPYPI, (row(), row(SDIST, Skipped(OTHER_CONTENT))), is_rehearsal=True)
    report = Report(
        PYPI,
        (row(attested=True), row(SDIST, Existing())),
        findings=(WARNING,),
        rehearsal=rehearsal,
        ignored=("SHA256SUMS",),
        unattested="`attestations` is `false`",
    )
    check_snapshot("summary_success.md", render_summary(report))


def test_summary__of_a_failed_rehearsal_is_open() -> None:
    rehearsal = Report(TESTPYPI, (row(outcome=Refused(400, "no")),), is_rehearsal=True)
    summary = render_summary(Report(PYPI, (row(outcome=NotTried("x")),), rehearsal=rehearsal))
    assert "<details open><summary>Details of the rehearsal</summary>" in summary
    assert "### Distributions on TestPyPI" in summary
    assert "### Distributions on PyPI" in summary


def test_summary__of_a_release_in_part() -> None:
    rows = (
        row(),
        row("sample-1.0-cp311-cp311-linux_x86_64.whl", Refused(400, "unsupported platform tag 'linux_x86_64'.")),
        row("sample-1.0-cp312-cp312-win32.whl", Failed(NoReply(Cause.TIMEOUT_ANSWER), 5, may_be_uploaded=True)),
        row(SDIST, NotTried("`sample-1.0-cp311-cp311-linux_x86_64.whl` was not published")),
    )
    check_snapshot("summary_partial.md", render_summary(Report(PYPI, rows)))


def test_summary__of_a_refused_exchange() -> None:
    report = Report(PYPI, (row(outcome=NotTried("x")),), error=refused_mint(claims=REUSABLE_HERE))
    check_snapshot("summary_refused_exchange.md", render_summary(report))


def test_summary__of_a_dry_run_with_findings() -> None:
    report = Report(
        PRIVATE,
        (row(outcome=WouldUpload()), row(HOSTILE, WouldUpload())),
        findings=(ERROR, WARNING, replace(WARNING, filename=HOSTILE, message=f"It says `{HOSTILE}`.")),
        dry_run=True,
    )
    check_snapshot("summary_dry_run.md", render_summary(report))


@pytest.mark.parametrize(
    ("index", "command"),
    [
        (PYPI, "pip install sample==1.0"),
        (TESTPYPI, f"pip install --index-url {TESTPYPI.simple_url} sample==1.0"),
        (PRIVATE, "pip install --index-url https://index.example/simple/ sample==1.0"),
        (
            index_at(Url.parse("https://index.example/"), Url.parse("https://u:canary@index.example/s/")),
            "pip install --index-url https://index.example/s/ sample==1.0",
        ),
    ],
)
def test_summary__shows_how_to_install(index: Index, command: str) -> None:
    assert f"```sh\n{command}\n```" in render_summary(Report(index, (row(),)))


@pytest.mark.parametrize(
    "report",
    [
        Report(PYPI, (row(outcome=WouldUpload()),), dry_run=True),
        Report(PYPI, (row(), row(SDIST, Refused(400, "no")))),
        Report(index_at(Url.parse("https://index.example/"), None), (row(),)),
    ],
)
def test_summary__without_a_release_or_simple_api_has_no_install_command(report: Report) -> None:
    assert "pip install" not in render_summary(report)


NAMES = [f"sample-1.0-cp3{number}-none-any.whl" for number in range(8, 20)]


@pytest.mark.parametrize(
    ("rows", "sentence", "columns"),
    [
        ([row(attested=True)], "", "| Outcome | Attested |"),
        ([row(attested=True), row(SDIST, attested=True)], "Both files were uploaded and attested.", "| SHA-256 |"),
        ([row(), row(SDIST)], "Both files were uploaded.", "| SHA-256 |"),
        ([row(attested=True), row(SDIST)], "Both files were uploaded.", "| SHA-256 | Attested |"),
        ([row(attested=True), row(SDIST, Existing(), attested=True)], "Both files are attested.", "| Outcome |"),
        ([row(name, Existing()) for name in NAMES], "All 12 files were on the index already.", "| SHA-256 |"),
        ([row(name, NotTried("x")) for name in NAMES], "", "| Outcome |"),
    ],
)
def test_summary__a_column_of_equal_cells_becomes_a_sentence(rows: list[Row], sentence: str, columns: str) -> None:
    lines = render_summary(Report(PYPI, rows)).partition("### Distributions\n\n")[2].splitlines()
    assert (lines[0] if lines[0].endswith(".") else "") == sentence
    assert any(line.endswith(columns) for line in lines if line.startswith("| Distribution |"))


def test_summary__a_long_table_is_folded_in_natural_order_with_failures_first() -> None:
    rows = [row(name) for name in sorted(NAMES)]
    rows[3] = row(rows[3].distribution.filename, Refused(400, "no"))
    rows[5] = row(rows[5].distribution.filename, NotTried("x"))
    summary = render_summary(Report(PYPI, rows, unreadable=(BROKEN,)))
    before, folded, after = summary.partition("<details><summary>10 more files</summary>\n")
    assert folded
    top, rest = (
        [line for line in part.partition("</details>")[0].split("\n") if line.startswith("| `")]
        for part in (before, after)
    )
    bad = ["broken.whl", rows[3].distribution.filename, rows[5].distribution.filename]
    assert [line.split("`")[1] for line in top + rest] == [*bad, *(name for name in NAMES if name not in bad)]
    assert [line.split("|")[4].strip()[0] for line in top] == ["❌", "❌", "⏸"]


def test_summary__a_long_table_without_errors_is_folded_as_a_whole() -> None:
    summary = render_summary(Report(PYPI, [row(name) for name in NAMES]))
    assert summary.index("<details><summary>12 files</summary>") < summary.index("| Distribution |")


@pytest.mark.parametrize(("outcome", "mark"), [(Existing(), "✅"), (Skipped(OTHER_CONTENT), "⚠️")])
def test_summary__of_a_run_that_uploaded_nothing(outcome: Outcome, mark: str) -> None:
    summary = render_summary(Report(PYPI, (row(outcome=outcome),)))
    assert summary.startswith(f"## {mark} Nothing was uploaded: PyPI already has sample 1.0 (1 ")


def test_summary__of_a_release_in_part_says_how_to_complete_it() -> None:
    refused = Report(PYPI, (row(), row(SDIST, Refused(400, "no"))))
    assert f"build only `{SDIST}` again and keep the others as they are" in render_summary(refused)
    pending = Report(PYPI, (row(outcome=Existing()), row(SDIST, NotTried("x"))))
    assert "run the job again with the same files" in render_summary(pending)
    closed = replace(pending, findings=[Finding("published-release-closed", Severity.ERROR, "x", "y", SDIST)])
    assert "run the job again with the same files" not in render_summary(closed)
    cut_off = Report(PYPI, (row(), row(SDIST, Failed(None, 1))), cancelled=True)
    assert "run the job again with the same files" in render_summary(cut_off)
    other = Report(PYPI, (row(outcome=Existing()), row(SDIST, Refused(None, OTHER_CONTENT))))
    assert "To complete" not in render_summary(other)


@settings(max_examples=30, deadline=None)
@given(st.one_of(st.just(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=50)))
def test_summary__of_anything_has_only_our_links_and_tags(text: str) -> None:
    finding = Finding("rule-id", Severity.WARNING, text, text, text)
    report = Report(
        PYPI,
        (row(text), row(text, Refused(400, text)), row(text, Skipped(text)), row(text, NotTried(text))),
        findings=(finding, replace(finding, severity=Severity.ERROR)),
        error=refused_mint(text, text, {"repository": f"{text}/{text}", "environment": text, "ref": text}),
        ignored=(text,),
        warnings=(Message(text, text, filenames=(text,)),),
        unattested=text,
        unreadable=(Unreadable(Path(WHEEL), text, text),),
    )
    summary = render_summary(report)
    ours = (str(PYPI.pages), *Link)
    assert not [link for link in links(summary) if not link.startswith(ours)]
    assert "image" not in kinds(summary)
    expected = {"<!-- -->", "</details>", "<details><summary>Full digests</summary>"}
    assert {tag.strip() for tag in tags(summary)} <= expected


def test_summary__with_many_rows_stays_below_the_limit_and_counts_the_rest() -> None:
    long = "x" * 240
    rows = tuple(row(f"{number:06}{long}.whl", Refused(400, "&" * 2000)) for number in range(500))
    finding = Finding("rule", Severity.ERROR, "&" * 2000, "&" * 2000, f"x{long}")
    findings = tuple(replace(finding, rule=f"rule-{n}", severity=one) for n in range(50) for one in Severity)
    rehearsal = Report(TESTPYPI, rows, findings=findings)
    summary = render_summary(Report(PYPI, rows, findings=findings, rehearsal=rehearsal, unattested="&" * 2000))
    assert 100_000 < len(summary.encode()) < SUMMARY_LIMIT
    assert " not shown here; the output `distributions` has all." in summary
    assert "more not shown here.\n" in summary


def test_summary__of_absurdly_long_values_is_short() -> None:
    index = replace(PRIVATE, simple_url=PRIVATE.upload_url.at(f"/{'x' * SUMMARY_LIMIT}/"))
    summary = render_summary(Report(index, (row(),)))
    assert summary == "## published\n\nThe summary is too long to be shown.\n"


def test_summary__of_a_refused_exchange_without_claims_has_no_table() -> None:
    assert "Claims of this run" not in render_summary(Report(PYPI, (row(),), error=refused_mint(claims={})))


def test_summary__links_every_release() -> None:
    rows = [Row(distribution(f"{name}.whl", name), Uploaded()) for name in ("a", "b", "c", "d", "e")]
    summary = render_summary(Report(PYPI, rows))
    first, rest = summary.split("\n", 1)
    assert [name for name in "abcde" if f"(<https://pypi.org/project/{name}/1.0/>)" in first] == ["a", "b", "c"]
    assert [name for name in "abcde" if f"(<https://pypi.org/project/{name}/1.0/>)" in rest] == ["d", "e"]
