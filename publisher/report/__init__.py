"""Everything people see: log, annotations, job summary, and outputs. External text is rendered nowhere else."""

import secrets
from collections.abc import Iterable
from operator import itemgetter

from publisher.index.outcome import NotTried
from publisher.preflight.model import Severity
from publisher.report.headline import explain_completion, render_result, render_settled
from publisher.report.log import Console
from publisher.report.messages import find_early_messages, find_messages
from publisher.report.messages.message import Message
from publisher.report.model import Report
from publisher.report.outputs import build_outputs, render_outputs
from publisher.report.summary import render_summary
from publisher.settings.environment import Environment

_BUG = (
    "This is a bug in the action, not in your project. Whatever was published before stays on the index, and running "
    "the job again is safe.\nPlease report it with the traceback in the log and the version of the action."
)


def write_messages(report: Report, console: Console) -> None:
    """Write the warnings and findings so far at once; `write_report` does not repeat them."""
    _annotate(find_early_messages(report), console)


def write_report(report: Report, console: Console, environment: Environment) -> None:
    """Write what was not tried, annotations, job summary, and outputs, then end the log with the result."""
    not_tried = [row for row in report.rows if isinstance(row.outcome, NotTried)]
    if len(not_tried) < len(report.rows):
        for line in render_settled(not_tried):
            console.write_line(line)
    _annotate(find_messages(report), console)
    _append_files(report, render_summary(report), console, environment)
    console.write_tenth_annotations()
    if completion := explain_completion(report):
        console.write_line(completion)
    if report.is_success:
        console.write_notice(render_result(report))
    else:
        console.write_line(render_result(report))


def write_bug(traceback: str, console: Console, environment: Environment) -> None:
    """Write where the action failed; the outputs report `failed`."""
    with console.group("Traceback"):
        for line in traceback.splitlines():
            console.write_line(line)
    console.write_annotation(Severity.ERROR, _BUG, "The action failed")
    _append_files(Report(), f"## ❌ The action failed\n\n{_BUG}\n", console, environment)
    console.write_tenth_annotations()


def _annotate(messages: Iterable[tuple[Severity, Message]], console: Console) -> None:
    for severity, message in sorted(messages, key=itemgetter(0)):  # errors first
        console.write_annotation(severity, message.text, message.title)


def _append_files(report: Report, summary: str, console: Console, environment: Environment) -> None:
    """Append to the runner's files. Outputs are not scrubbed: a password such as `1` would break their JSON."""
    outputs = render_outputs(build_outputs(report), f"end-{secrets.token_hex(16)}")
    texts = (
        ("Job summary", environment.step_summary, console.masker.scrub(summary)),
        ("Outputs", environment.output, outputs),
    )
    for name, path, text in texts:
        if path is None:
            continue
        try:
            with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                file.write(text)
        except OSError as error:
            what = f"Could not write the {name.lower()}: {error.strerror or type(error).__name__}"
            console.write_annotation(Severity.WARNING, what, f"{name} not written")
