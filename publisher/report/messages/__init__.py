"""Explain everything that people should act on: errors, findings, and outcomes, each as a `Message`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from publisher import errors
from publisher.index.listing import NOT_LISTED
from publisher.index.outcome import Failed, Refused
from publisher.preflight.model import Finding, Severity
from publisher.report.messages.exchange import explain_exchange, explain_no_id_token
from publisher.report.messages.message import (
    AGAIN,
    Link,
    Message,
    group_messages,
    quote_clause,
    quote_line,
    quote_name,
    quote_names,
    quote_sentence,
)
from publisher.report.messages.upload import explain_row
from publisher.report.model import Report


def find_messages(report: Report) -> Iterator[tuple[Severity, Message]]:
    """Yield every message of a report with its severity, those of the rehearsal first."""
    if report.rehearsal is not None:
        # Being cancelled is reported once, for the whole run.
        for severity, message in find_messages(replace(report.rehearsal, cancelled=False)):
            yield severity, replace(message, title=f"Rehearsal: {message.title}")
    for message in explain_end(report):
        yield Severity.ERROR, message
    yield from find_preflight_messages(report)
    yield from find_row_messages(report)


def find_preflight_messages(report: Report) -> Iterator[tuple[Severity, Message]]:
    """Yield the messages about findings."""
    return group_messages((each.severity, explain_finding(each, report.rules_url)) for each in report.findings)


def find_row_messages(report: Report) -> Iterator[tuple[Severity, Message]]:
    """Yield the messages about outcomes."""
    explained = ((row, explain_row(row, report)) for row in report.rows)
    return group_messages(
        (Severity.ERROR if isinstance(row.outcome, (Refused, Failed)) else Severity.WARNING, message)
        for row, message in explained
        if message is not None
    )


def explain_finding(finding: Finding, rules_url: str) -> Message:
    """Explain a finding; the rule's id is its heading on the page of rules."""
    rule = quote_line(finding.rule)
    filenames = () if finding.filename is None else (finding.filename,)
    what, remedy = quote_sentence(finding.message), quote_line(finding.remedy)
    return Message(finding.title or rule, what, remedy, link=f"{rules_url}#{rule}", filenames=filenames)


def explain_end(report: Report) -> tuple[Message, ...]:
    """Explain what ended a run early, if anything."""
    error = report.error or (errors.Cancelled("publishing") if report.cancelled else None)
    return explain_error(error) if error else ()


def explain_error(error: errors.PublisherError) -> tuple[Message, ...]:
    """Explain an error; only wrong settings need more than one message."""
    if isinstance(error, errors.SettingsError):
        return tuple(map(_explain_problem, error.problems))
    return (_explain_error(error),)


def _explain_error(error: errors.PublisherError) -> Message:
    match error:
        case errors.NothingToPublish():
            return _explain_nothing(error)
        case errors.NestedDistributions():
            return Message(
                "Distributions in subdirectories",
                f"Subdirectories of {quote_name(error.directory)} contain distributions: {quote_names(error.nested)}",
                "Set `merge-multiple: true` on `actions/download-artifact` if it created them, or "
                f"`packages-dir: {quote_line(error.pattern)}` to publish from subdirectories too.",
                "Only distributions directly in a directory of `packages-dir` are published.",
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
        case errors.NotListed():
            return _explain_not_listed(error)
        case errors.Cancelled():
            return Message("Cancelled", f"The run was cancelled while {quote_line(error.stage)}.", AGAIN)
        case _:
            return Message("The run ended early", quote_line(str(error)))


def _explain_problem(problem: errors.Problem) -> Message:
    name = quote_line(problem.name)
    is_variable = name == name.upper() or name.endswith("_proxy")
    return Message(name if is_variable else f"Input {name}", f"`{name}` {quote_line(problem.message)}")


def _explain_nothing(error: errors.NothingToPublish) -> Message:
    why = "The files were not built or downloaded in this job, or are in another directory."
    if error.missing:
        why = f"Relative to the workspace, {quote_names(error.missing)} does not exist. {why}"
    elif error.ignored:
        why = f"The files there are not distributions: {quote_names(error.ignored)}."
    return Message(
        "Nothing to publish",
        f"No wheel or sdist found in {quote_names(error.patterns)}.",
        "Build or download the distributions into that directory first, or set `packages-dir` to their directory in "
        "the workspace. `actions/download-artifact` creates a subdirectory per artifact unless you set `name` or "
        "`merge-multiple: true`; `packages-dir: dist/*` covers subdirectories.",
        why,
    )


def _explain_signing(error: errors.SigningError) -> Message:
    is_local = isinstance(error.cause, str)
    return Message(
        "Signing failed",
        f"{quote_clause(str(error))} No attestation could be created for {quote_names(error.filenames)}.",
        "Run the job again. If it cannot wait, set `attestations: best-effort`; attestations cannot be added later.",
        "" if is_local else "Usually, Sigstore or the network is having a brief outage. Nothing was uploaded.",
        "" if is_local else Link.SIGSTORE_STATUS,
    )


def _explain_not_listed(error: errors.NotListed) -> Message:
    groups = []
    for reason in dict.fromkeys(error.missing.values()):
        names = quote_names([name for name, why in error.missing.items() if why == reason])
        groups.append(names if reason == NOT_LISTED else f"{names} ({quote_line(reason)})")
    return Message(
        "Not listed in time",
        f"After {error.seconds} s the index did not list: {'; '.join(groups)}",
        "If the files are listed by now, set a higher `wait-for-index`; if not, check `check-url`.",
        f"Everything was uploaded. `{quote_line(str(error.url))}` may be cached, or belong to another index.",
    )
