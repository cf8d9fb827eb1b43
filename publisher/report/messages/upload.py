"""Messages for distributions that were refused or skipped, for uploads that failed, and for those in doubt."""

import re
from dataclasses import replace

from publisher.errors import ExchangeError, MintRefused
from publisher.index.outcome import OTHER_CONTENT, Failed, Refused, Skipped, Uploaded
from publisher.index.simple_api import Comparison
from publisher.network.reason import extract_reason
from publisher.network.reply import NoReply, Reply
from publisher.network.retry import LONGEST_WAIT
from publisher.report.messages import refusals
from publisher.report.messages.message import (
    AGAIN,
    Link,
    Message,
    name_index,
    name_test_inputs,
    quote_clause,
    quote_line,
    quote_name,
    shorten,
)
from publisher.report.messages.mint import describe_refusal
from publisher.report.messages.transport import Advice, explain_no_reply
from publisher.report.model import Report, Row

_NOT_RENEWED = Advice("The upload token expired, and the index did not issue a new one.", AGAIN)
_OUTAGE = Advice(
    "The index is having an outage, or something in front of it answers in its place.",
    f"{AGAIN} If the outage persists, ask the operators of the index.",
    Link.STATUS,
)
_SERVER_ERROR = 500
_SUSPECT = Advice(
    "A server error that comes every time and for one file only is usually about that file.",
    "Correct what the warning “{warning}” says about this file. {build}",
)
_UNCONFIRMED = Message(
    "Upload not confirmed",
    "{Index} may not have the file: {value}",
    "Check on the index.{confirm}",
)
_CHECK = " To let the action check, set `check-url`, and `wait-for-index` if storing takes a while."
_WAIT = " To let the action wait until the file is listed, set `wait-for-index`."
_SKIPPED = Message(
    "Skipped",
    "{Index} already has a file of this name {value}, so this one was skipped",
    "If this build was meant to be published, release it under a new version.",
    "Another build of this version was published before, and `skip-existing` keeps it.",
)
_NOT_REHEARSED = Message(
    "Different content on the test index",
    "{Index} already has a file of this name {value}, so this one was not rehearsed",
    "No action is needed. To rehearse every build, give each its own version, such as `1.0.dev7`.",
    "Another build of this version was rehearsed before and cannot be replaced. This one counts as rehearsed.",
)
_BUILD = "Then build again."
_REST = " Build only the refused files again, and keep the others as they are."
_DIGEST = re.compile(r"\b[0-9a-fA-F]{32,}\b")


def explain_row(row: Row, report: Report) -> Message | None:
    """Explain an outcome that someone should act on, other than being cancelled; None for any other outcome."""
    match row.outcome:
        case Refused() as refused:
            message = _explain_refused(refused, row, report)
        case Failed(cause=cause) as failed if cause is not None:
            message = _explain_failed(failed, cause, row, report)
        case Skipped(reason=reason):
            content = "with other content" if reason == OTHER_CONTENT else "whose content could not be compared"
            message = _fill(_NOT_REHEARSED if report.is_rehearsal else _SKIPPED, row, report, value=content)
        case Uploaded(doubt=doubt) if doubt:
            confirm = _WAIT if report.index and report.index.simple_url else _CHECK
            confirm = "" if report.is_rehearsal else confirm
            message = _fill(_UNCONFIRMED, row, report, value=quote_line(doubt), confirm=confirm)
        case _:
            return None
    named = name_test_inputs(message) if report.is_rehearsal else message
    return replace(named, filenames=(row.distribution.filename,))


def find_refusal(refused: Refused) -> tuple[Message, str]:
    """Return the message for what was found, for the index's words, or for the status; and the value in the words."""
    if refused.status is None or refused.found is Comparison.DIFFERENT:
        return refusals.DUPLICATE, ""
    if refused.found is not None:
        return refusals.UNLISTED if refused.found is Comparison.ABSENT else refusals.UNCOMPARED, ""
    for words, message in (refusals.KNOWN | (refusals.OF_TRUSTED if refused.is_trusted else {})).items():
        if match := re.search(words, refused.reason, re.IGNORECASE):
            return message, match.groupdict().get("value", "")
    by_status = refusals.BY_STATUS | (refusals.TRUSTED_BY_STATUS if refused.is_trusted else {})
    return by_status.get(refused.status, refusals.UNKNOWN), ""


def format_wait(seconds: float) -> str:
    """Return a time in hours and minutes, or in minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"  # noqa: PLR2004 -- an hour


def _explain_refused(refused: Refused, row: Row, report: Report) -> Message:
    template, value = find_refusal(refused)
    if refused.status is None:
        return _fill(template, row, report)
    answer = _quote_answer(refused.status, refused.reason, row, report)
    message = _fill(template, row, report, refused.seconds, value=quote_name(value) if value else shorten(answer))
    return replace(message, words="" if answer in message.what else answer)


def _explain_failed(failed: Failed, cause: Reply | NoReply | ExchangeError, row: Row, report: Report) -> Message:
    """Explain why an upload failed and whether the index may have the file nevertheless."""
    title, what, words = "Upload failed", "{value}. The upload to {index} failed", ""
    warning = ""
    match cause:
        case NoReply():
            url = report.index.upload_url if report.index else None
            clause, advice = cause.summary, explain_no_reply(cause, url, is_upload=True)
        case ExchangeError():
            refusal = describe_refusal(cause) if isinstance(cause, MintRefused) else cause.answer.summary
            clause = f"the upload token could not be renewed: {refusal}"
            advice = _NOT_RENEWED
        case _:
            title = "Index or proxy unavailable" if cause.proxy else "Index unavailable"
            what, clause, advice = "{Index} answered {value}", cause.summary, _OUTAGE
            if (reason := extract_reason(cause)) not in clause:
                words = _quote_answer(cause.status, reason, row, report)
            if warning := _find_warning(cause, row, report):
                title, advice = "Index fails on this file", _SUSPECT
    times = {0: "", 1: " in 1 attempt"}.get(failed.attempts, f" in {failed.attempts} attempts")
    why = f"{advice.why} The index may have the file nevertheless." if failed.may_be_uploaded else advice.why
    template = Message(title, what + times, advice.remedy, why, link=advice.link)
    values = {"value": quote_clause(clause).rstrip("."), "warning": quote_line(warning)}
    return replace(_fill(template, row, report, failed.seconds, **values), words=words)


def _find_warning(reply: Reply, row: Row, report: Report) -> str:
    """Return the title of a finding that explains why the index failed with a 500 on this file only."""
    if reply.status != _SERVER_ERROR or any(isinstance(each.outcome, Failed) and each != row for each in report.rows):
        return ""
    own = (each for each in report.findings if each.filename == row.distribution.filename and each.may_be_refused)
    return next((each.title or each.rule for each in own), "")


def _quote_answer(status: int, reason: str, row: Row, report: Report) -> str:
    """Quote the index without the file's name and digests, so that equal answers about several files are equal."""
    reason = quote_line(_DIGEST.sub("…", reason.replace(row.distribution.filename, "…")))
    return _capitalize(name_index(report.index)) + f" answered {status}" + (f': "{reason}"' if reason else "")


def _fill(template: Message, row: Row, report: Report, seconds: float | None = None, **values: str) -> Message:
    """Fill in what is known; the pages of PyPI help with no other index."""
    release, index = row.distribution.release, name_index(report.index)
    is_in_part = any(each.is_on_index and each.distribution.release == release for each in report.rows)
    rest = _REST if is_in_part and not report.is_rehearsal else ""
    values |= {"index": index, "Index": _capitalize(index), "project": quote_name(release[0])}
    values |= {"build": rest.strip() or _BUILD, "rest": rest}
    wait = f"Possible again in {format_wait(seconds)}. " if seconds and seconds > LONGEST_WAIT else ""
    is_known = report.index is not None and report.index.known is not None
    return replace(
        template,
        what=template.what.format(**values),
        remedy=wait + template.remedy.format(**values),
        why=template.why.format(**values),
        link=template.link if is_known else "",
    )


def _capitalize(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
