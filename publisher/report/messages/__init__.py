"""Turn bad news into explanations: one `Message` for each error, finding and outcome that people should act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.errors import (
    Cancelled,
    ExchangeError,
    IdTokenUnavailable,
    NothingToPublish,
    NotListed,
    PublisherError,
    SettingsError,
    SigningError,
)
from publisher.index.outcome import Failed, Refused, Skipped
from publisher.report.messages.exchange import explain_exchange
from publisher.report.messages.message import RULES, Message, listed, named, quoted, verbatim
from publisher.report.messages.start import (
    explain_no_id_token,
    explain_not_listed,
    explain_nothing,
    explain_settings,
    explain_signing,
    explain_stop,
)
from publisher.report.messages.upload import (
    explain_failed,
    explain_not_rehearsed,
    explain_refused,
    explain_skipped,
    explain_unreadable,
)

__all__ = [
    "explain_error",
    "explain_finding",
    "explain_row",
    "explain_stop",
    "explain_unreadable",
]

if TYPE_CHECKING:
    from publisher.preflight.finding import Finding
    from publisher.report.model import Report, Row


def explain_error(error: PublisherError) -> tuple[Message, ...]:
    """Explain what ended a run; only wrong settings make more than one message."""
    match error:
        case SettingsError():
            return explain_settings(error)
        case NothingToPublish():
            message = explain_nothing(error)
        case IdTokenUnavailable():
            message = explain_no_id_token(error)
        case ExchangeError():
            message = explain_exchange(error)
        case SigningError():
            message = explain_signing(error)
        case NotListed():
            message = explain_not_listed(error)
        case Cancelled():
            message = explain_stop(error.stage)
        case _:
            message = Message("The run ended early", quoted(str(error)))
    return (message,)


def explain_finding(
    finding: Finding, filenames: tuple[str, ...], *, rules_url: str = RULES, limit: int = 10
) -> Message:
    """Lead to the rule's documentation, whose heading is the rule's id; all of `filenames` have the same flaw.

    The names stand in the text: a log shows an annotation without its title.
    """
    subject = f"{listed(filenames, limit)}: " if filenames else ""
    return Message(
        quoted(finding.rule),
        f"{subject}{verbatim(finding.message)}",
        remedy=quoted(finding.remedy),
        link=f"{rules_url}#{quoted(finding.rule)}",
    )


def explain_row(row: Row, report: Report) -> Message | None:
    """Explain an outcome on the report's index that somebody should act on; None for the others."""
    filename, index = row.distribution.filename, report.index
    where = "the index" if index is None else index.name if index.known else named(index.name)
    match row.outcome:
        case Refused():
            return explain_refused(filename, row.outcome, where)
        case Failed():
            return explain_failed(filename, row.outcome, where)
        case Skipped() if report.is_rehearsal:
            return explain_not_rehearsed(filename, row.outcome, where)
        case Skipped():
            return explain_skipped(filename, row.outcome)
        case _:
            return None
