"""The job summary: the whole result of a run as GitHub Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from publisher.errors import MintRefused
from publisher.index.endpoints import Index, KnownIndex
from publisher.preflight.model import Severity
from publisher.report.claims import LINKED_PROJECTS, compare_claims, find_registration_forms
from publisher.report.headline import format_count, format_size, render_headline
from publisher.report.markdown import code, fenced, link, prose, table
from publisher.report.messages import explain_end, find_preflight_messages, find_row_messages
from publisher.report.messages.message import Message, quote_names
from publisher.report.model import Report, Result, Row
from publisher.report.outputs import OUTCOME_WORDS, list_release_pages
from publisher.report.workflow_commands import neutralize

SUMMARY_LIMIT = 1 << 20  # bytes; GitHub shows nothing of a longer summary
# Bytes of a section, so that no section crowds out another; the rehearsal has the same sections again.
_SECTION_LIMIT = 30_000
_TABLE_LIMIT = 120_000
_NAMED_FILES = 40  # of one message
_MARKS = {"skipped": "⚠️", "refused": "❌", "failed": "❌", "not-tried": "⏸️", "would-upload": "🔎"}


def render_summary(report: Report) -> str:
    """Render the job summary, which is shorter than `SUMMARY_LIMIT` for any report."""
    lines = [f"## {_headline(report)}", "", *_rehearsal(report), *_body(report), *_closing(report), ""]
    whole = "\n".join(lines)
    if _count_bytes(whole) < SUMMARY_LIMIT:
        return whole
    # Sections are bounded, so only an absurdly long single value, such as a host name, leads here.
    return f"## {prose(report.result)}\n\nThe summary is too long to be shown.\n"


def _body(report: Report) -> Iterator[str]:
    yield from _messages("Errors", "❌", explain_end(report))
    if isinstance(report.error, MintRefused):
        yield from _claims(report.error)
    yield from _messages("Errors in the distributions", "❌", _select(find_preflight_messages(report), Severity.ERROR))
    yield from _messages("Not published", "❌", _select(find_row_messages(report), Severity.ERROR))
    yield from _distributions(report)
    skipped = "Not rehearsed" if report.is_rehearsal else "Skipped"
    yield from _messages(skipped, "⚠️", _select(find_row_messages(report), Severity.WARNING))
    yield from _messages("Warnings", "⚠️", _select(find_preflight_messages(report), Severity.WARNING))


def _select(messages: Iterable[tuple[Severity, Message]], wanted: Severity) -> Iterator[Message]:
    return (message for severity, message in messages if severity is wanted)


def _messages(title: str, mark: str, messages: Iterable[Message]) -> Iterator[str]:
    messages = tuple(messages)
    kept = _fit("\n".join(_block(message, mark)) for message in messages)
    if messages:
        yield from (f"### {title}", "", *kept)
    if left_out := len(messages) - len(kept):
        yield from (f"{left_out} more not shown here.", "")


def _block(message: Message, mark: str) -> Iterator[str]:
    yield from (f"{mark} **{prose(message.title)}**", "")
    for text in (message.render_what(_NAMED_FILES), message.remedy, message.why, message.words):
        if text:
            yield from (prose(text), "")
    if message.example:
        yield from (fenced(message.example, "yaml"), "")
    if message.link.startswith("https://"):
        yield from (link("Read more", message.link), "")
    elif message.link:
        yield from (f"Documented in {code(message.link)}", "")


def _headline(report: Report) -> str:
    mark = {Result.FAILED: "❌", Result.PARTIAL: "❌", Result.DRY_RUN: "🔎"}.get(report.result, "✅")
    return f"{mark} {prose(render_headline(report))}"


def _distributions(report: Report) -> Iterator[str]:
    if not report.rows:
        return
    # A run with a rehearsal has two of these tables.
    where = f" on {prose(report.index.name)}" if report.index and (report.rehearsal or report.is_rehearsal) else ""
    columns = ("Distribution", "Size", "SHA-256", "Outcome", "Attested")
    head, rule, *lines = table(columns, (_cells(row, report.index) for row in report.rows))
    kept = _fit(lines, _TABLE_LIMIT)
    yield from (f"### Distributions{where}", "", head, rule, *kept, "")
    if left_out := len(lines) - len(kept):
        yield from (f"{format_count(left_out, 'more distribution')} not shown here; the log lists all.", "")
    digests = _fit(f"{each.digests.sha256}  {neutralize(each.filename)}" for each in report.distributions)
    yield from ("<details><summary>Full digests</summary>", "", fenced("\n".join(digests)), "", "</details>", "")


def _cells(row: Row, index: Index | None) -> tuple[str, ...]:
    distribution = row.distribution
    name = code(distribution.filename)
    page = index.release_page(distribution.project, distribution.version) if index else None
    word = OUTCOME_WORDS[type(row.outcome)]
    return (
        link(name, page) if page and row.is_on_index else name,
        format_size(distribution.size).replace(" ", "&nbsp;"),
        code(distribution.digests.sha256[:12]),
        f"{_MARKS.get(word, '✅')}&nbsp;{word.replace('-', ' ')}",
        "yes" if row.attested else "no",
    )


def _claims(error: MintRefused) -> Iterator[str]:
    if error.claims:
        yield from ("### Claims of this run", "", "The index compares these with its Trusted Publishers.", "")
        cells = []
        for claim in compare_claims(error):
            check = f"⚠️ {prose(claim.mismatch)}" if claim.mismatch else ""
            cells.append((claim.field, code(claim.value) if claim.value else "_none_", check))
        yield from (*table(("Field", "This run", "Check"), cells), "")
    if forms := find_registration_forms(error):
        yield "To register this job, after making sure that it is what you want to trust:\n"
        for form in forms:
            values = ", ".join(f"{each.field} {code(each.value) if each.value else '_empty_'}" for each in form.values)
            new = f", a form that you fill in yourself: {values}" if values else ""
            yield f"- {code(form.project)}: {link('new project' if new else 'filled-in form', form.url)}{new}"
        yield ""


def _rehearsal(report: Report) -> Iterator[str]:
    if report.rehearsal is None:
        return
    yield from (f"### Rehearsal: {_headline(report.rehearsal)}", "")
    details = "<details>" if report.rehearsal.is_success else "<details open>"
    yield from (f"{details}<summary>Details of the rehearsal</summary>", "", *_body(report.rehearsal), "</details>", "")


def _closing(report: Report) -> Iterator[str]:
    if report.is_success and not report.dry_run:
        for page in list_release_pages(report)[:LINKED_PROJECTS]:
            yield from (f"**Release:** {link(code(page), page)}", "")
        commands = dict.fromkeys(_install_command(row, report.index) for row in report.rows)
        yield from ("Install:", "", fenced("\n".join([*commands][:LINKED_PROJECTS]), "sh"), "")
    yield from _fit(f"- {prose(notice)}" for notice in report.notices)
    if report.ignored:
        yield f"- Ignored because they are not distributions: {prose(quote_names(report.ignored))}"


def _install_command(row: Row, index: Index | None) -> str:
    requirement = f"{row.distribution.project}=={row.distribution.version}"
    if index is None or index.simple_url is None or index.known is KnownIndex.PYPI:
        return f"pip install {requirement}"
    option = "--extra-index-url" if index.known is None else "--index-url"
    return f"pip install {requirement} {option} {index.simple_url}"


def _fit(lines: Iterable[str], limit: int = _SECTION_LIMIT) -> list[str]:
    """Return the first lines that fit into `limit` bytes."""
    kept: list[str] = []
    used = 0
    for line in lines:
        used += _count_bytes(line) + 1
        if used > limit:
            break
        kept.append(line)
    return kept


def _count_bytes(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace"))
