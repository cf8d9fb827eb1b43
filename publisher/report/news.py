"""Everything in a report that people should act on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.index.outcome import Skipped
from publisher.preflight.finding import Severity
from publisher.report.messages import (
    explain_error,
    explain_finding,
    explain_row,
    explain_stop,
    explain_unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publisher.preflight.finding import Finding
    from publisher.report.messages.message import Message
    from publisher.report.model import Report


def find_news(report: Report) -> Iterator[tuple[Severity, Message]]:
    """Yield every message that becomes an annotation, the rehearsal's first."""
    if report.rehearsal is not None:
        yield from _find_news_of_rehearsal(report.rehearsal)
    if report.error is not None:
        yield from ((Severity.ERROR, message) for message in explain_error(report.error))
    elif report.cancelled:
        yield Severity.ERROR, explain_stop()
    explained = {finding.filename for finding in report.findings}
    for file in report.unreadable:
        if file.filename not in explained:
            yield Severity.ERROR, explain_unreadable(file)
    for alike in group_alike(report.findings):
        yield alike[0].severity, explain_finding(alike[0], names_in(alike), rules_url=report.rules_url)
    for row in report.rows:
        message = explain_row(row, report)
        if message is not None:
            yield Severity.WARNING if isinstance(row.outcome, Skipped) else Severity.ERROR, message


def _find_news_of_rehearsal(rehearsal: Report) -> Iterator[tuple[Severity, Message]]:
    """Yield what came of the rehearsal, marked as such; that it was cancelled is said of the run as a whole."""
    for severity, message in find_news(replace(rehearsal, cancelled=False)):
        yield severity, replace(message, title=f"Rehearsal: {message.title}")


def group_alike(findings: Iterable[Finding]) -> Iterable[list[Finding]]:
    """Put findings together that differ in the file alone: forty wheels of a release lack the same field."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.severity, finding.message), []).append(finding)
    return groups.values()


def names_in(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the files that findings are about; none for those about all distributions together."""
    return tuple(finding.filename for finding in findings if finding.filename is not None)
