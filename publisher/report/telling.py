"""Tell the whole result of a run: lines, annotations, job summary and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.errors import MintRefused
from publisher.index.outcome import NotTried
from publisher.preflight.finding import Severity
from publisher.report.headline import render_headline
from publisher.report.lines import render_outcome
from publisher.report.model import Report
from publisher.report.outputs import build_outputs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.report.runner import Runner

_BROKEN = (
    "This is a mistake in this action, not in your project. What was published until then stays on the index, and "
    "running again is safe."
)
_REPORT_IT = "Please report it with the lines of the log that say where it happened, and the version of the action."


def tell_report(report: Report, runner: Runner) -> None:
    """Say what was not tried, annotate what people should act on, write the runner's files, end with the result."""
    for row in report.rows if any(not isinstance(row.outcome, NotTried) for row in report.rows) else ():
        if isinstance(row.outcome, NotTried):
            runner.write_line(render_outcome(row.distribution, row.outcome))
    if isinstance(report.error, MintRefused) and report.error.claims:
        _tell_claims(report.error, report, runner)
    if not report.is_uneventful:
        from publisher.report.news import find_news  # noqa: PLC0415 -- long texts that most runs do not need

        for severity, message in find_news(report):
            runner.annotate(severity, message.text, message.title)
    if runner.wants_summary:
        from publisher.report.summary import render_summary  # noqa: PLC0415 -- as above

        runner.write_summary(render_summary(report))
    runner.write_outputs(build_outputs(report))
    runner.flush_annotations()
    runner.write_line(render_headline(report))


def _tell_claims(error: MintRefused, report: Report, runner: Runner) -> None:
    """List in the log what the job summary shows as a table: not every runner has summaries."""
    from publisher.report.claims import compare_claims, find_registration_links  # noqa: PLC0415 -- as above

    with runner.group("What this run claims"):
        for claim in compare_claims(error):
            runner.write_line(
                f"{claim.field}: {claim.value or '(none)'}{f'  <- {claim.mismatch}' if claim.mismatch else ''}"
            )
        for project, links in find_registration_links(error, (row.distribution.project for row in report.rows)):
            runner.write_line(f"Register for {project}, a project that exists: {links.existing}")
            runner.write_line(f"Register for {project}, a new project: {links.new}")


def tell_bug(traceback: Iterable[str], runner: Runner) -> None:
    """Show where the program broke, after the annotations that it had collected; the outputs say `failed`."""
    with runner.group("Where it happened"):
        for line in "".join(traceback).splitlines():
            runner.write_line(line)
    runner.annotate(Severity.ERROR, f"{_BROKEN}\n{_REPORT_IT}", "The action broke")
    runner.write_summary(f"## ❌ The action broke\n\n{_BROKEN} {_REPORT_IT}\n")
    runner.write_outputs(build_outputs(Report()))
    runner.flush_annotations()
