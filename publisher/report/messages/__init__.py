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
from publisher.report.messages.message import RULES, Message, quoted
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
    "explain_not_rehearsed",
    "explain_row",
    "explain_stop",
    "explain_unreadable",
]

if TYPE_CHECKING:
    from publisher.preflight.finding import Finding
    from publisher.report.model import Row


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


def explain_finding(finding: Finding, others: int = 0, *, rules_url: str = RULES) -> Message:
    """Lead to the rule's documentation, whose heading is the rule's id; `others` more files have the same flaw."""
    more = f" and {others} more" if others else ""
    subject = f"{quoted(finding.filename)}{more}: " if finding.filename is not None else ""
    return Message(
        f"{subject}{quoted(finding.rule)}",
        quoted(finding.message),
        remedy=quoted(finding.remedy),
        link=f"{rules_url}#{quoted(finding.rule)}",
    )


def explain_row(row: Row) -> Message | None:
    """Explain an outcome that somebody should act on; None for the others."""
    filename = row.distribution.filename
    match row.outcome:
        case Refused():
            return explain_refused(filename, row.outcome)
        case Failed():
            return explain_failed(filename, row.outcome)
        case Skipped():
            return explain_skipped(filename, row.outcome)
        case _:
            return None
