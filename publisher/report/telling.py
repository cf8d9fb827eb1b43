"""Tell the whole result of a run: lines, annotations, job summary and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.index.outcome import NotTried, Skipped
from publisher.preflight.finding import Severity
from publisher.report.headline import render_headline
from publisher.report.lines import render_outcome
from publisher.report.messages import explain_error, explain_finding, explain_row, explain_stop, explain_unreadable
from publisher.report.outputs import build_outputs
from publisher.report.summary import render_summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publisher.preflight.finding import Finding
    from publisher.report.messages.message import Message
    from publisher.report.model import Report
    from publisher.report.runner import Runner


def tell_report(report: Report, runner: Runner) -> None:
    """Say what was not tried, annotate what people should act on, write the runner's files, end with the result."""
    for row in report.rows if any(not isinstance(row.outcome, NotTried) for row in report.rows) else ():
        if isinstance(row.outcome, NotTried):
            runner.write_line(render_outcome(row.distribution, row.outcome))
    for severity, message in find_news(report):
        runner.annotate(severity, message.text, message.title)
    runner.write_summary(render_summary(report))
    runner.write_outputs(build_outputs(report))
    runner.flush_annotations()
    runner.write_line(render_headline(report))


def tell_bug(traceback: Iterable[str], runner: Runner) -> None:
    """Show where the program broke, after the annotations that it had collected."""
    with runner.group("Where it happened"):
        for line in "".join(traceback).splitlines():
            runner.write_line(line)
    runner.annotate(
        Severity.ERROR,
        "This is a mistake in this action, not in your project. What was published until then stays on the index, and "
        "running again is safe.\nPlease report it with the lines above and the version of the action.",
        "The action broke",
    )
    runner.flush_annotations()


def find_news(report: Report) -> Iterator[tuple[Severity, Message]]:
    """Yield every message that becomes an annotation, the rehearsal's first."""
    if report.rehearsal is not None:
        yield from find_news(report.rehearsal)
    if report.error is not None:
        yield from ((Severity.ERROR, message) for message in explain_error(report.error))
    elif report.cancelled:
        yield Severity.ERROR, explain_stop()
    explained = {finding.filename for finding in report.findings}
    for file in report.unreadable:
        if file.filename not in explained:
            yield Severity.ERROR, explain_unreadable(file)
    for alike in _group_alike(report.findings):
        yield alike[0].severity, explain_finding(alike[0], len(alike) - 1)
    for row in report.rows:
        message = explain_row(row)
        if message is not None:
            yield Severity.WARNING if isinstance(row.outcome, Skipped) else Severity.ERROR, message


def _group_alike(findings: Iterable[Finding]) -> Iterable[list[Finding]]:
    """Put findings together that differ in the file alone: forty wheels of a release lack the same field."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.severity, finding.message), []).append(finding)
    return groups.values()
