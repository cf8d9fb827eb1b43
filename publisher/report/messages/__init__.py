"""Explain everything that people should act on: errors, findings, and outcomes, each as a `Message`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from publisher import errors
from publisher.attestations.sign import Attested
from publisher.index.outcome import Failed, Refused
from publisher.preflight.model import Finding, Severity
from publisher.report.messages.exchange import explain_exchange, explain_no_id_token
from publisher.report.messages.message import (
    AGAIN,
    Link,
    Message,
    group_messages,
    link_message,
    name_test_inputs,
    quote_clause,
    quote_few,
    quote_line,
    quote_name,
    quote_sentence,
)
from publisher.report.messages.transport import explain_not_listed
from publisher.report.messages.upload import explain_row
from publisher.report.model import Report


def find_messages(report: Report) -> Iterator[tuple[Severity, Message]]:
    """Yield every message of a report with its severity, those of the rehearsal first."""
    if report.rehearsal is not None:
        yield from find_messages(report.rehearsal)
    for message in explain_end(report):
        yield Severity.ERROR, message
    for severity, message in (*find_early_messages(report), *find_row_messages(report)):
        yield severity, replace(message, title=f"{'Rehearsal: ' if report.is_rehearsal else ''}{message.title}")


def find_early_messages(report: Report) -> Iterator[tuple[Severity, Message]]:
    """Yield the messages about what is known before the uploads."""
    findings = ((each.severity, explain_finding(each, report.docs_url)) for each in report.findings)
    warnings = ((Severity.WARNING, link_message(each, report.docs_url)) for each in report.warnings)
    return group_messages((*warnings, *findings))


def find_row_messages(report: Report) -> Iterator[tuple[Severity, Message]]:
    """Yield the messages about outcomes."""
    explained = ((row, explain_row(row, report)) for row in report.rows)
    return group_messages(
        (
            Severity.ERROR if isinstance(row.outcome, (Refused, Failed)) else Severity.WARNING,
            link_message(message, report.docs_url),
        )
        for row, message in explained
        if message is not None
    )


def explain_finding(finding: Finding, docs_url: str) -> Message:
    """Explain a finding; the rule's id is its heading on the page of rules."""
    rule = quote_line(finding.rule)
    filenames = () if finding.filename is None else (finding.filename,)
    what, remedy = quote_sentence(finding.message), quote_line(finding.remedy)
    return Message(finding.title or rule, what, remedy, link=f"{docs_url}/rules.md#{rule}", filenames=filenames)


def explain_end(report: Report) -> tuple[Message, ...]:
    """Explain what ended a run early, if anything; a cancelled rehearsal is explained with the run."""
    error, index = report.error, report.index
    messages: Iterable[Message] = explain_error(error) if error else ()
    if error is None and report.cancelled and not report.is_rehearsal:
        messages = (_explain_cancelled(report),)
    if isinstance(error, errors.ExchangeError) and index and error.url.origin != index.upload_url.origin:
        messages = map(name_test_inputs, messages)
    return tuple(link_message(each, report.docs_url) for each in messages)


def _explain_cancelled(report: Report) -> Message:
    rows = (*(report.rehearsal.rows if report.rehearsal else ()), *report.rows)
    cut_off = [each for each in rows if isinstance(each.outcome, Failed) and each.outcome.cause is None]
    may_be_uploaded = any(isinstance(each.outcome, Failed) and each.outcome.may_be_uploaded for each in cut_off)
    return Message(
        "Cancelled",
        "The run was cancelled during the upload" if cut_off else "The run was cancelled between two uploads.",
        AGAIN,
        "The index may have received a file nevertheless." if may_be_uploaded else "",
        filenames=tuple(each.distribution.filename for each in cut_off),
    )


def explain_error(error: errors.PublisherError) -> tuple[Message, ...]:
    """Explain an error; wrong settings and missing files need more than one message."""
    if isinstance(error, errors.SettingsError):
        return tuple(map(_explain_problem, error.problems))
    if isinstance(error, errors.NotListed):
        return explain_not_listed(error)
    return (_explain_error(error),)


def _explain_error(error: errors.PublisherError) -> Message:
    match error:
        case errors.NothingToPublish():
            return _explain_nothing(error)
        case errors.NestedDistributions():
            return Message(
                "Distributions in subdirectories",
                f"Subdirectories of {quote_name(error.directory)} contain distributions",
                "Set `merge-multiple: true` on `actions/download-artifact` if it created them, or "
                f"`packages-dir: {quote_line(error.pattern)}` to publish from subdirectories too.",
                "Only distributions directly in a directory of `packages-dir` are published.",
                filenames=error.nested,
            )
        case errors.IdTokenUnavailable():
            return explain_no_id_token(error)
        case errors.ExchangeError():
            return explain_exchange(error)
        case errors.SigningError():
            return _explain_signing(error)
        case errors.AttestingImpossible():
            return Message(
                "Attestations are not possible here",
                f"`attestations: required` cannot be met: {quote_line(error.reason)}",
                "Remove the obstacle, or set `attestations: true`, which attests where possible.",
                link=Link.ATTESTATIONS,
            )
        case errors.Cancelled():
            return Message("Cancelled", f"The run was cancelled while {quote_line(error.stage)}.", AGAIN)
        case _:
            return Message("The run ended early", quote_line(str(error)))


def _explain_problem(problem: errors.Problem) -> Message:
    name = quote_line(problem.name)
    is_variable = name == name.upper() or name.endswith("_proxy")
    title = "Unusable variable" if is_variable else "Wrong input"
    return Message(title, quote_clause(f"`{name}` {problem.what}"), quote_line(problem.remedy))


def _explain_nothing(error: errors.NothingToPublish) -> Message:
    what = f"No wheel or sdist found in {quote_few(error.patterns)}"
    if error.missing:
        what = f"No wheel or sdist found: the workspace has no {quote_few(error.missing)}"
    elif error.ignored:
        what = f"{what}, only other files: {quote_few(error.ignored)}"
    return Message(
        "Nothing to publish",
        f"{what}.",
        "Build or download the distributions before this step, or set `packages-dir` to their directories, one per "
        "line.",
        "`actions/download-artifact` creates a subdirectory per artifact unless you set `name` or "
        "`merge-multiple: true`; `packages-dir: dist/*` covers subdirectories.",
    )


def _explain_signing(error: errors.SigningError) -> Message:
    is_local = isinstance(error.cause, str)
    return Message(
        "Signing failed",
        f"{quote_clause(str(error))} No attestation could be created",
        "Run the job again. If it cannot wait, set `attestations: best-effort`; attestations cannot be added later.",
        "" if is_local else "Usually, Sigstore or the network is having a brief outage. Nothing was uploaded.",
        link="" if is_local else Link.SIGSTORE_STATUS,
        filenames=error.filenames,
    )


def explain_unsigned(attested: Attested) -> Iterator[Message]:
    """Warn about what is published without an attestation although the settings ask for one."""
    title = "Published without attestations"
    if attested.unsigned:
        remedy = "Move the publishing job into the workflow that starts the run, or set `attestations: false`."
        yield Message(title, f"Nothing was attested, because {quote_line(attested.unsigned)}", remedy)
    for filename, failed in attested.failed.items():
        summary = failed.cause if isinstance(failed.cause, str) else failed.cause.summary
        yield Message(
            title,
            f"{quote_line(f'{failed.what} failed: {summary}')}. Published without an attestation",
            "None can be added later. To stop the run instead, set `attestations: true`.",
            filenames=(filename,),
        )
