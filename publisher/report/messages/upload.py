"""Messages for distributions that were refused or skipped, for uploads that failed, and for those in doubt."""

from __future__ import annotations

import re
from dataclasses import replace

from publisher.errors import ExchangeError, MintRefused
from publisher.index.outcome import OTHER_CONTENT, Failed, Refused, Skipped, Uploaded
from publisher.index.simple_api import Comparison
from publisher.network.reason import extract_reason
from publisher.network.reply import Cause, DeadEnd, NoReply, Reply
from publisher.network.retry import LONGEST_WAIT
from publisher.network.url import Url
from publisher.report.messages.message import (
    AGAIN,
    VALUE_LIMIT,
    Link,
    Message,
    name_index,
    name_test_inputs,
    quote_clause,
    quote_line,
    quote_name,
)
from publisher.report.messages.refusals import (
    BY_STATUS,
    DUPLICATE,
    KNOWN_REFUSALS,
    TRUSTED_REFUSALS,
    UNCOMPARED,
    UNKNOWN_REFUSAL,
    UNLISTED,
    Advice,
)
from publisher.report.messages.transport import explain_no_reply
from publisher.report.model import Report, Row

_DEAD_END = Advice(
    "The address has moved or is not the upload URL; a missing trailing slash is enough.",
    "Set `repository-url` to the upload URL itself. Files and credentials are never sent to another host.",
)
_NOT_THE_INDEX = Advice(
    "This is not the upload URL, or something else answered in place of the index, such as a proxy or a login page.",
    "Check `repository-url`. If it is right, check what is between the runner and the index.",
)
_NOT_RENEWED = Advice("The upload token expired, and the index did not issue a new one.", AGAIN)
_OUTAGE = Advice(
    "The index is having an outage, or something in front of it answers in its place.",
    f"{AGAIN} If the outage persists, ask the operators of the index.",
    Link.STATUS,
)
_ON_THE_WAY = Advice("Something in front of the index got no answer from it in time.", _OUTAGE.remedy, Link.STATUS)
_SERVER_ERROR = 500
_GATEWAY_STATUSES = {499, 502, 504, *range(520, 528)}
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
_SAME_FILES = " Publish the same files, not a new build."
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


def explain_cause(cause: Reply | NoReply | DeadEnd | ExchangeError, url: Url | None) -> tuple[str, Advice]:
    """Return in a few words why an upload to a URL failed, and the advice."""
    match cause:
        case DeadEnd():
            return f"{cause.reply.summary}: {cause.reason}", _DEAD_END
        case ExchangeError():
            reasons = cause.reasons if isinstance(cause, MintRefused) else ()
            words = "; ".join(f"{each.code}: {each.description}" for each in reasons)
            return f"the upload token could not be renewed: {words or cause.answer.summary}", _NOT_RENEWED
        case NoReply():
            is_unusable = cause.cause is Cause.UNUSABLE
            return cause.summary, _NOT_THE_INDEX if is_unusable else explain_no_reply(cause, url, is_upload=True)
        case _:
            reason = extract_reason(cause)
            words = cause.summary if reason in cause.summary else f"{cause.summary}: {reason}"
            return words, _ON_THE_WAY if cause.status in _GATEWAY_STATUSES else _OUTAGE


def find_refusal(refused: Refused) -> tuple[Message, str]:
    """Return the message for what was found, for the index's words, or for the status; and the value in the words."""
    if refused.status is None or refused.found is Comparison.DIFFERENT:
        return DUPLICATE, ""
    if refused.found is not None:
        return UNLISTED if refused.found is Comparison.ABSENT else UNCOMPARED, ""
    for table in (TRUSTED_REFUSALS, KNOWN_REFUSALS) if refused.is_trusted else (KNOWN_REFUSALS,):
        for words, message in table.items():
            if match := re.search(words, refused.reason, re.IGNORECASE):
                return message, match.groupdict().get("value", "")
    return BY_STATUS.get(refused.status, UNKNOWN_REFUSAL), ""


def format_wait(seconds: float) -> str:
    """Return a time in hours and minutes, or in minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"  # noqa: PLR2004 -- an hour


def _explain_refused(refused: Refused, row: Row, report: Report) -> Message:
    template, value = find_refusal(refused)
    if refused.status is None:
        return _fill(template, row, report)
    answer = _quote_answer(refused.status, refused.reason, row)
    beginning = answer if len(answer) <= VALUE_LIMIT else f"{answer[:VALUE_LIMIT]}…"
    shown = beginning if template is UNKNOWN_REFUSAL else quote_name(value)
    message = _fill(template, row, report, refused.seconds, value=shown)
    return message if answer == shown else replace(message, words=f"{_capitalize(name_index(report.index))} {answer}")


def _explain_failed(
    failed: Failed, cause: Reply | NoReply | DeadEnd | ExchangeError, row: Row, report: Report
) -> Message:
    """Explain why an upload failed and whether the index may have the file nevertheless."""
    title, what, words = "Upload failed", "{value}. The upload to {index} failed", ""
    clause, advice = explain_cause(cause, report.index.upload_url if report.index else None)
    if isinstance(cause, Reply):
        title = "Index or proxy unavailable" if cause.proxy else "Index unavailable"
        what, clause = "{Index} answered {value}", cause.summary
        if (reason := extract_reason(cause)) not in clause:
            words = f"{_capitalize(name_index(report.index))} {_quote_answer(cause.status, reason, row)}"
    if warning := _find_warning(failed, row, report):
        title, advice = "Index fails on this file", _SUSPECT
    times = {0: "", 1: " in 1 attempt"}.get(failed.attempts, f" in {failed.attempts} attempts")
    why = f"{advice.why} The index may have the file nevertheless." if failed.may_be_uploaded else advice.why
    same = "" if advice is _SUSPECT else "{same}"
    template = Message(title, what + times, advice.remedy + same, why, link=advice.link)
    values = {"value": quote_clause(clause).rstrip("."), "warning": quote_line(warning)}
    return replace(_fill(template, row, report, failed.seconds, **values), words=words)


def _find_warning(failed: Failed, row: Row, report: Report) -> str:
    """Return the title of a finding that explains why the index failed with a 500 on this file only."""
    if not isinstance(failed.cause, Reply) or failed.cause.status != _SERVER_ERROR:
        return ""
    if any(isinstance(each.outcome, Failed) and each != row for each in report.rows):
        return ""
    own = (each for each in report.findings if each.filename == row.distribution.filename and each.may_be_refused)
    return next((each.title or each.rule for each in own), "")


def _quote_answer(status: int, reason: str, row: Row) -> str:
    """Quote the index without the file's name and digests, so that equal answers about several files are equal."""
    reason = quote_line(_DIGEST.sub("…", reason.replace(row.distribution.filename, "…")))
    return f'answered {status}: "{reason}"' if reason else f"answered {status}"


def _fill(template: Message, row: Row, report: Report, seconds: float | None = None, **values: str) -> Message:
    """Fill in what is known; the pages of PyPI help with no other index."""
    release, index = row.distribution.release, name_index(report.index)
    is_in_part = any(each.is_on_index and each.distribution.release == release for each in report.rows)
    rest, same = (_REST, _SAME_FILES) if is_in_part and not report.is_rehearsal else ("", "")
    values |= {"index": index, "Index": _capitalize(index), "project": quote_name(release[0])}
    values |= {"build": rest.strip() or _BUILD, "rest": rest, "same": same}
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
