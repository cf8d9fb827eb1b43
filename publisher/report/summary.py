"""The job summary: everything a person wants to know of a run, as GitHub Markdown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from publisher.errors import MintRefused
from publisher.index.endpoints import KnownIndex
from publisher.index.outcome import PUBLISHED, Failed, NotTried, Refused, Skipped, Uploaded, WouldUpload
from publisher.preflight.finding import Severity
from publisher.report.claims import LINKED_PROJECTS, compare_claims, find_registration_links
from publisher.report.headline import count, render_headline
from publisher.report.lines import render_size
from publisher.report.markdown import code, fenced, link, prose, table
from publisher.report.messages import explain_error, explain_finding, explain_row, explain_stop, explain_unreadable
from publisher.report.messages.message import listed
from publisher.report.model import Result
from publisher.report.news import group_alike, names_in
from publisher.report.outputs import OUTCOME_WORDS, release_pages
from publisher.report.workflow_commands import neutralize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from publisher.index.endpoints import Index
    from publisher.index.outcome import Outcome
    from publisher.preflight.finding import Finding
    from publisher.report.messages.message import Message
    from publisher.report.model import Report, Row

T = TypeVar("T")

SUMMARY_LIMIT = 1 << 20
"""Bytes; of a longer summary GitHub shows nothing at all."""

_SECTION_LIMIT = 30_000
_TABLE_LIMIT = 120_000
"""Bytes of one section, so that none takes the room of another; the rehearsal has the same sections again."""

_NAMED_FILES = 40
"""How many files with the same flaw are named; all stand in the table."""

_MARKS: dict[type[Outcome], str] = {Uploaded: "✅", Skipped: "⚠️", Refused: "❌", Failed: "❌", NotTried: "⏸️"}


def render_summary(report: Report) -> str:
    """Render the whole summary, below `SUMMARY_LIMIT` whatever the report holds."""
    lines = [f"## {_headline(report)}", "", *_rehearsal(report), *_body(report), *_afterwards(report)]
    whole = "\n".join(lines) + "\n"
    if _size(whole) < SUMMARY_LIMIT:
        return whole
    # The sections are limited; only absurdly long single values, such as a host name, get here.
    return f"## {prose(report.result)}\n\nThe rest is too long to be shown.\n"


def _body(report: Report) -> Iterator[str]:
    errors = explain_error(report.error) if report.error else (explain_stop(),) if report.cancelled else ()
    yield from _messages("Errors", "❌", errors, _itself)
    if isinstance(report.error, MintRefused):
        yield from _claims(report.error, report)
    explained = {finding.filename for finding in report.findings}
    unreadable = [file for file in report.unreadable if file.filename not in explained]
    yield from _messages("Cannot be published", "❌", unreadable, explain_unreadable)
    yield from _findings(report, Severity.ERROR, "Errors in the distributions", "❌")
    yield from _outcomes(report, (Refused, Failed), "Not published", "❌")
    yield from _distributions(report)
    yield from _outcomes(report, (Skipped,), "Not rehearsed" if report.is_rehearsal else "Skipped", "⚠️")
    yield from _findings(report, Severity.WARNING, "Warnings", "⚠️")


def _findings(report: Report, severity: Severity, title: str, mark: str) -> Iterator[str]:
    findings = group_alike(finding for finding in report.findings if finding.severity is severity)

    def explain(alike: list[Finding]) -> Message:
        return explain_finding(alike[0], names_in(alike), rules_url=report.rules_url, limit=_NAMED_FILES)

    return _messages(title, mark, list(findings), explain)


def _outcomes(report: Report, kinds: tuple[type[Outcome], ...], title: str, mark: str) -> Iterator[str]:
    rows = [row for row in report.rows if isinstance(row.outcome, kinds)]
    return _messages(title, mark, rows, partial(explain_row, report=report))


def _itself(message: Message) -> Message:
    return message


def _headline(report: Report) -> str:
    mark = {Result.FAILED: "❌", Result.DRY_RUN: "🔎"}.get(report.result, "✅")
    return f"{mark} {prose(render_headline(report))}"


def _distributions(report: Report) -> Iterator[str]:
    if not report.rows:
        return
    rows = ((_name(row, report.index), *_facts(row)) for row in report.rows)
    lines = table(("Distribution", "Size", "SHA-256", "Outcome", "Attested"), rows)
    # A run with a rehearsal has two such tables.
    where = f" on {prose(report.index.name)}" if report.index and (report.rehearsal or report.is_rehearsal) else ""
    yield from (f"### Distributions{where}", "", next(lines), next(lines), *(kept := _fit(lines, _TABLE_LIMIT)), "")
    left_out = len(report.rows) - len(kept)
    if left_out:
        yield from (f"{count(left_out, 'more distribution')} left out here; the log names them all.", "")
    digests = (f"{row.distribution.digests.sha256}  {neutralize(row.distribution.filename)}" for row in report.rows)
    shown = "\n".join(_fit(digests))
    yield from ("<details><summary>Full digests</summary>", "", fenced(shown), "", "</details>", "")


def _name(row: Row, index: Index | None) -> str:
    distribution = row.distribution
    name = code(distribution.filename)
    page = index.release_page(distribution.project, distribution.version) if index else None
    return link(name, page) if page and isinstance(row.outcome, PUBLISHED) else name


def _facts(row: Row) -> tuple[str, str, str, str]:
    outcome = row.outcome
    word = OUTCOME_WORDS[type(outcome)].replace("-", " ")
    mark = _MARKS.get(type(outcome), "🔎" if isinstance(outcome, WouldUpload) else "✅")
    size = render_size(row.distribution.size).replace(" ", "&nbsp;")
    return size, code(row.distribution.digests.sha256[:12]), f"{mark}&nbsp;{word}", "yes" if row.attested else "no"


def _messages(title: str, mark: str, news: Sequence[T], explain: Callable[[T], Message | None]) -> Iterator[str]:
    """Explain as many as fit: what does not is not even rendered."""
    if not news:
        return
    blocks = ("\n".join(_block(message, mark)) for each in news if (message := explain(each)))
    kept = _fit(blocks)
    yield from (f"### {title}", "", *kept)
    left_out = len(news) - len(kept)
    if left_out:
        yield from (f"{count(left_out, 'more entry', 'more entries')} left out here.", "")


def _block(message: Message, mark: str) -> Iterator[str]:
    yield f"{mark} **{prose(message.title)}**"
    yield ""
    for text in (message.what, message.why, message.remedy):
        if text:
            yield f"{prose(text)}"
            yield ""
    if message.example:
        yield from (fenced(message.example, "yaml"), "")
    if message.link.startswith("https://"):
        yield from (link("Read more", message.link), "")
    elif message.link:
        yield from (f"Documented in {code(message.link)}", "")


def _claims(error: MintRefused, report: Report) -> Iterator[str]:
    if error.claims:
        cells = [
            (
                claim.field,
                code(claim.value) if claim.value else "_none_",
                f"⚠️ {prose(claim.mismatch)}" if claim.mismatch else "",
            )
            for claim in compare_claims(error)
        ]
        yield from ("### What this run claims", "", "The Trusted Publisher on the index has to say the same.", "")
        yield from (*table(("Field", "This run", "Look here"), cells), "")
    yield from _registration(error, report)


def _registration(error: MintRefused, report: Report) -> Iterator[str]:
    lines = [
        f"- {code(project)}: {link('project that exists', where.existing)} · {link('new project', where.new)}"
        for project, where in find_registration_links(error, (row.distribution.project for row in report.rows))
    ]
    if lines:
        yield "The registration form, filled in with these claims; make sure that they are what you want to trust:"
        yield from ("", *lines, "")


def _rehearsal(report: Report) -> Iterator[str]:
    if report.rehearsal is None:
        return
    yield from (f"### Rehearsal: {_headline(report.rehearsal)}", "")
    details = "<details>" if report.rehearsal.is_success else "<details open>"
    yield from (f"{details}<summary>The rehearsal in detail</summary>", "", *_body(report.rehearsal), "</details>", "")


def _afterwards(report: Report) -> Iterator[str]:
    if report.is_success and not report.dry_run:
        yield from _release(report)
    yield from _fit(f"- {prose(notice)}" for notice in report.notices)
    if report.ignored:
        yield f"- Ignored, as they are not distributions: {prose(listed(report.ignored))}"


def _release(report: Report) -> Iterator[str]:
    for page in release_pages(report)[:LINKED_PROJECTS]:
        yield from (f"**Release:** {link(code(page), page)}", "")
    commands = list(dict.fromkeys(_install_command(row, report.index) for row in report.rows))
    yield from ("Install:", "", fenced("\n".join(commands[:LINKED_PROJECTS]), "sh"), "")


def _install_command(row: Row, index: Index | None) -> str:
    wanted = f"pip install {row.distribution.project}=={row.distribution.version}"
    if index is None or index.simple_url is None or index.known is KnownIndex.PYPI:
        return wanted
    option = "--extra-index-url" if index.known is None else "--index-url"
    return f"{wanted} {option} {index.simple_url}"


def _fit(lines: Iterable[str], limit: int = _SECTION_LIMIT) -> list[str]:
    """Return the first lines that fit into so many bytes."""
    kept: list[str] = []
    used = 0
    for line in lines:
        used += _size(line) + 1
        if used > limit:
            break
        kept.append(line)
    return kept


def _size(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace"))
