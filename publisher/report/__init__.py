"""Everything people see: log, annotations, job summary, and outputs. External text is rendered nowhere else."""

from __future__ import annotations

import secrets

from publisher.errors import MintRefused
from publisher.index.outcome import NotTried
from publisher.preflight.model import Severity
from publisher.report.claims import compare_claims, find_registration_forms
from publisher.report.headline import explain_completion, render_result, render_settled
from publisher.report.log import Annotations, Console
from publisher.report.messages import find_early_messages, find_messages
from publisher.report.model import Report
from publisher.report.outputs import RunnerFiles, build_outputs, render_outputs
from publisher.report.summary import render_summary

_BUG = (
    "This is a bug in the action, not in your project. Whatever was published before stays on the index, and running "
    "the job again is safe.\nPlease report it with the traceback in the log and the version of the action."
)


def write_messages(report: Report, annotations: Annotations) -> None:
    """Write the warnings and findings so far at once; `write_report` does not repeat them."""
    for severity, message in find_early_messages(report):
        annotations.add(severity, message.text, message.title)
    annotations.flush()


def write_report(report: Report, console: Console, annotations: Annotations, files: RunnerFiles) -> None:
    """Write what was not tried, annotations, job summary, and outputs, then end the log with the result."""
    not_tried = [row for row in report.rows if isinstance(row.outcome, NotTried)]
    if len(not_tried) < len(report.rows):
        for line in render_settled(not_tried):
            console.write_line(line)
    if isinstance(report.error, MintRefused) and report.error.claims:
        _write_claims(report.error, console)
    for severity, message in find_messages(report):
        annotations.add(severity, message.text, message.title)
    _append_files(report, render_summary(report), console, annotations, files)
    annotations.finish()
    if completion := explain_completion(report):
        console.write_line(completion)
    if report.is_success:
        console.write_notice(render_result(report))
    else:
        console.write_line(render_result(report))


def write_bug(traceback: str, console: Console, annotations: Annotations, files: RunnerFiles) -> None:
    """Write where the action failed, then the annotations it had collected; the outputs report `failed`."""
    with console.group("Traceback"):
        for line in traceback.splitlines():
            console.write_line(line)
    annotations.add(Severity.ERROR, _BUG, "The action failed")
    _append_files(Report(), f"## ❌ The action failed\n\n{_BUG}\n", console, annotations, files)
    annotations.finish()


def _write_claims(error: MintRefused, console: Console) -> None:
    """Write the table of the job summary to the log, because not every runner shows summaries."""
    with console.group("Claims of this run"):
        for claim in compare_claims(error):
            mismatch = f"  <- {claim.mismatch}" if claim.mismatch else ""
            console.write_line(f"{claim.field}: {claim.value or '(none)'}{mismatch}")
        for form in find_registration_forms(error):
            console.write_line(f"Register this for project {form.project}: {form.url}")
            for value in form.values:
                console.write_line(f"    {value.field}: {value.value or '(leave empty)'}")


def _append_files(report: Report, summary: str, console: Console, annotations: Annotations, files: RunnerFiles) -> None:
    """Append to the runner's files. Outputs are not scrubbed: a password such as `1` would break their JSON."""
    outputs = render_outputs(build_outputs(report), f"end-{secrets.token_hex(16)}")
    texts = (("Job summary", files.summary, console.masker.scrub(summary)), ("Outputs", files.outputs, outputs))
    for name, path, text in texts:
        if path is None:
            continue
        try:
            with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                file.write(text)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            annotations.add(Severity.WARNING, f"Could not write the {name.lower()}: {reason}", f"{name} not written")
