"""The job summary: the whole result of a run as GitHub Markdown."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from publisher.errors import MintRefused
from publisher.index.endpoints import KnownIndex
from publisher.index.outcome import NotTried, Skipped, Uploaded
from publisher.preflight.model import Severity
from publisher.report.claims import LINKED_PROJECTS, compare_claims, find_registration_forms
from publisher.report.harmless import code, fenced, link, neutralize, prose, table
from publisher.report.headline import (
    NAMED_RELEASES,
    explain_completion,
    format_count,
    format_size,
    render_headline,
)
from publisher.report.messages import explain_end, find_early_messages, find_row_messages
from publisher.report.messages.message import Message, name_index, quote_names
from publisher.report.model import Report, Result
from publisher.report.outputs import OUTCOME_WORDS, Entry, list_entries, list_release_pages

SUMMARY_LIMIT = 1 << 20  # bytes; GitHub shows nothing of a longer summary
OPEN_ROWS = 10  # a longer table is folded
# Bytes of a section, so that no section crowds out another; the rehearsal has the same sections again.
_SECTION_LIMIT = 30_000
_TABLE_LIMIT = 120_000
_NAMED_FILES = 40  # of one message
_MARKS = {"skipped": "⚠️", "refused": "❌", "failed": "❌", "not-tried": "⏸️", "would-upload": "🔎"}
# What is said of all files at once, by outcome; what went wrong is said file by file.
_ALL = {
    "uploaded": "were uploaded",
    "existing": "were on the index already",
    "skipped": "were skipped",
    "would-upload": "would be uploaded",
}
_NOT_TRIED = OUTCOME_WORDS[NotTried]
_DIGITS = re.compile(r"(\d+)")


def render_summary(report: Report) -> str:
    """Render the job summary, which is shorter than `SUMMARY_LIMIT` for any report."""
    sections = [_body(report), _rehearsal(report)]
    if report.rehearsal is not None and not report.rehearsal.is_success:
        sections.reverse()
    lines = [f"## {_headline(report)}", "", *_where(report), *(line for section in sections for line in section), ""]
    whole = "\n".join(lines)
    if _count_bytes(whole) < SUMMARY_LIMIT:
        return whole
    # Sections are bounded, so only an absurdly long single value, such as a host name, leads here.
    return f"## {prose(report.result)}\n\nThe summary is too long to be shown.\n"


def _headline(report: Report) -> str:
    mark = {Result.FAILED: "❌", Result.PARTIAL: "❌", Result.DRY_RUN: "🔎"}.get(report.result, "✅")
    if report.result is Result.UNCHANGED and any(isinstance(row.outcome, Skipped) for row in report.rows):
        mark = "⚠️"
    pages = (link(code(page), page) for page in list_release_pages(report)[:NAMED_RELEASES])
    return ". ".join((f"{mark} {prose(render_headline(report))}", *pages))


def _where(report: Report) -> Iterator[str]:
    """Yield the pages that the headline leaves out, then how to complete or install the releases."""
    for page in list_release_pages(report)[NAMED_RELEASES:LINKED_PROJECTS]:
        yield from (f"**Release:** {link(code(page), page)}", "")
    if completion := explain_completion(report):
        yield from (prose(completion), "")
    simple_url = report.index.simple_url if report.index else None
    if simple_url and report.is_success and not report.dry_run:
        option = "" if report.index and report.index.known is KnownIndex.PYPI else f"--index-url {simple_url} "
        commands = [f"pip install {option}{project}=={version}" for project, version in report.releases]
        yield from (fenced("\n".join(commands[:LINKED_PROJECTS]), "sh"), "")


def _body(report: Report) -> Iterator[str]:
    early, late = tuple(find_early_messages(report)), tuple(find_row_messages(report))
    yield from _messages("Errors", "❌", explain_end(report))
    if isinstance(report.error, MintRefused):
        yield from _claims(report.error)
    yield from _messages("Errors in the distributions", "❌", _select(early, Severity.ERROR))
    yield from _messages("Not published", "❌", _select(late, Severity.ERROR))
    yield from _distributions(report)
    yield from _messages("Warnings", "⚠️", _select((*late, *early), Severity.WARNING))
    if report.ignored:
        yield from (f"Ignored because they are not distributions: {prose(quote_names(report.ignored))}", "")


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
    else:
        yield from (f"Documented in {code(message.link)}", "")


def _distributions(report: Report) -> Iterator[str]:
    """Yield what is true of all files as sentences and the rest as a table, what went wrong on top."""
    bad = report.with_errors
    entries = sorted(
        list_entries(report),
        key=lambda each: (each.filename not in bad, each.outcome != _NOT_TRIED, _natural(each.filename)),
    )
    if not entries:
        return
    # A run with a rehearsal has two of these tables.
    where = f" on {prose(name_index(report.index))}" if report.rehearsal or report.is_rehearsal else ""
    yield from (f"### Distributions{where}", "")
    columns = {
        "Distribution": [code(each.filename) for each in entries],
        "Size": ["" if each.size is None else format_size(each.size).replace(" ", "&nbsp;") for each in entries],
        "SHA-256": [code(each.sha256[:12]) if each.sha256 else "" for each in entries],
        "Outcome": [_outcome(each, bad) for each in entries],
        "Attested": ["yes" if each.attested else "no" for each in entries],
    }
    equal = {head for head, cells in columns.items() if len(set(cells)) == 1 < len(cells)}
    said = equal & {"Attested", *(["Outcome"] if entries[0].outcome in _ALL else [])}
    for sentence in _sum_up(entries, said, report):
        yield from (sentence, "")
    shown = {head: cells for head, cells in columns.items() if head not in said}
    lines = tuple(table(tuple(shown), zip(*shown.values(), strict=True)))
    yield from _fold(lines[:2], lines[2:], sum(each.filename in bad or each.outcome == _NOT_TRIED for each in entries))
    digests = _fit(f"{each.sha256}  {neutralize(each.filename)}" for each in entries if each.sha256)
    yield from ("<details><summary>Full digests</summary>", "", fenced("\n".join(digests)), "", "</details>", "")


def _sum_up(entries: Sequence[Entry], said: Collection[str], report: Report) -> Iterator[str]:
    """Yield sentences in place of the columns that are `said`."""
    attested = sum(each.attested for each in entries)
    is_attested = attested == len(entries)
    files = "Both files" if len(entries) == 2 else f"All {len(entries)} files"  # noqa: PLR2004 -- both
    if "Outcome" in said:
        yield f"{files} {_ALL[entries[0].outcome]}{' and attested' if is_attested else ''}."
    elif is_attested and "Attested" in said:
        yield f"{files} are attested."
    if report.unattested:
        yield f"Not attested: {prose(report.unattested)}."
    elif not is_attested and OUTCOME_WORDS[Uploaded] in {each.outcome for each in entries}:
        yield f"{attested} of {len(entries)} attested."


def _fold(head: Sequence[str], lines: Sequence[str], wrong: int) -> Iterator[str]:
    """Yield a table; of a long one, only the first lines, which are those that went wrong, stay outside of a fold."""
    count = len(lines) if len(lines) <= OPEN_ROWS else min(wrong, OPEN_ROWS)
    if count:
        yield from (*head, *lines[:count], "")
    if folded := lines[count:]:
        kept = _fit(folded, _TABLE_LIMIT)
        title = format_count(len(folded), "more file" if count else "file")
        yield from (f"<details><summary>{title}</summary>", "", *head, *kept, "")
        if left_out := len(folded) - len(kept):
            yield from (f"{left_out} not shown here; the output `distributions` has all.", "")
        yield from ("</details>", "")


def _natural(filename: str) -> str:
    """Return a key that sorts `cp39` before `cp310`."""
    return _DIGITS.sub(lambda match: match[0].zfill(20), filename)


def _outcome(entry: Entry, bad: Collection[str | None]) -> str:
    mark = "❌" if entry.filename in bad else _MARKS.get(entry.outcome, "✅")
    return f"{mark}&nbsp;{entry.outcome.replace('-', ' ')}"


def _claims(error: MintRefused) -> Iterator[str]:
    if error.claims:
        yield from ("### Claims of this run", "", "The index compares these with its Trusted Publishers.", "")
        cells = []
        for claim in compare_claims(error):
            check = f"⚠️ {prose(claim.mismatch)}" if claim.mismatch else ""
            cells.append((claim.field, code(claim.value) if claim.value else "_none_", check))
        columns = 3 if any(check for *_, check in cells) else 2
        yield from (*table(("Field", "This run", "Check")[:columns], [row[:columns] for row in cells]), "")
    if forms := find_registration_forms(error):
        yield "To register this job, once you are sure that you want to trust it:\n"
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
