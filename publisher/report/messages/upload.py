"""Messages for distributions that were refused or skipped, and for uploads that failed."""

from __future__ import annotations

from publisher.errors import ExchangeError, MintRefused
from publisher.index.outcome import Failed, Refused, Skipped
from publisher.index.verdict import extract_reason
from publisher.network.reply import Cause, DeadEnd, NoReply, Reply
from publisher.report.messages.message import AGAIN, Link, Message, quote_clause, quote_line
from publisher.report.messages.refusals import DUPLICATE, KNOWN_REFUSALS, Advice
from publisher.report.messages.transport import NO_REPLY, OF_UPLOADS

_DEAD_END = Advice(
    "The address has moved or is not the upload URL; a missing trailing slash is enough.",
    "Set `repository-url` to the upload URL itself. Files and credentials are never sent to another host.",
)
_CANCELLED = Advice("The job was cancelled by a person, a newer run, or a time limit.", AGAIN)
_NOT_RENEWED = Advice("The upload token expired, and the index did not issue a new one.", AGAIN)
_OUTAGE = Advice(
    "The index is having an outage, or something in front of it answers in its place.",
    f"{AGAIN} If the outage persists, check the status page of the index.",
)

_SERVER_ERROR = 500
_WRONG_ADDRESS = Advice(
    "This address does not accept uploads, at least not with these credentials. It may be the Simple API.",
    "Set `repository-url` to the upload URL of the index; on many indexes it ends in `/legacy/` or has no path.",
)
_BY_STATUS = {
    400: Advice(
        "The index does not accept the metadata or the file; its message says which.",
        "Fix what the message names, and build again.",
        Link.CORE_METADATA,
    ),
    401: Advice(
        "The index requires credentials, or does not recognize these.",
        "Check `user` and the secret used for `password`. Some indexes require a user name other than `__token__`.",
    ),
    403: Advice(
        "The index recognizes the credentials, but they do not allow this upload.",
        "Check that these credentials may upload to this project.",
        Link.TROUBLESHOOTING,
    ),
    **dict.fromkeys((404, 405, 410), _WRONG_ADDRESS),
    407: NO_REPLY[Cause.PROXY_REFUSED],
    409: DUPLICATE,
    413: Advice(
        "The file exceeds the size limit of the index or of a proxy in front of it.",
        "Make it smaller, or ask the operators of the index for a higher limit.",
    ),
    429: Advice(
        "The index limits the rate of requests.", "Wait before you run the job again, and lower `max-parallel`."
    ),
}
_UNKNOWN_REFUSAL = Advice(
    "This refusal is not known to the action.", f"Correct what the index's own words name. {AGAIN}"
)


def explain_cause(cause: Reply | NoReply | DeadEnd | ExchangeError | None) -> tuple[str, Advice]:
    """Return in a few words why an upload failed, and the advice; None means that the run was cancelled."""
    match cause:
        case None:
            return "the run was cancelled during the upload", _CANCELLED
        case DeadEnd():
            return f"{cause.reply.summary}: {cause.reason}", _DEAD_END
        case ExchangeError():
            reasons = cause.reasons if isinstance(cause, MintRefused) else ()
            words = "; ".join(f"{each.code}: {each.description}" for each in reasons)
            return f"the upload token could not be renewed: {words or cause.answer.summary}", _NOT_RENEWED
        case NoReply():
            return cause.summary, (NO_REPLY | OF_UPLOADS)[cause.cause]
        case _:
            reason = extract_reason(cause)
            return cause.summary if reason in cause.summary else f"{cause.summary}: {reason}", _OUTAGE


def find_advice(refused: Refused) -> Advice:
    """Return the advice for a refusal by the index's words, else by status."""
    words = refused.reason.lower()
    for phrases, advice in KNOWN_REFUSALS.items():
        if any(phrase in words for phrase in phrases):
            return advice
    status = refused.status or 0
    return _OUTAGE if status >= _SERVER_ERROR else _BY_STATUS.get(status, _UNKNOWN_REFUSAL)


def explain_refused(filename: str, refused: Refused, index: str) -> Message:
    """Explain a refusal, and quote the index."""
    advice = find_advice(refused)
    reason = quote_line(refused.reason)
    if refused.status is None:
        what = f"{index[0].upper()}{index[1:]} cannot take {reason}"
        return Message("Refused", what, advice.remedy, advice.why, link=advice.link, filenames=(filename,))
    what = f"{index[0].upper()}{index[1:]} refused the upload: {refused.status} {reason}".rstrip()
    return Message("Refused", what, advice.remedy, advice.why, link=advice.link, filenames=(filename,))


def explain_failed(filename: str, failed: Failed, index: str) -> Message:
    """Explain why an upload failed and whether the index may have the file nevertheless."""
    words, advice = explain_cause(failed.cause)
    times = {0: "", 1: " in 1 attempt"}.get(failed.attempts, f" in {failed.attempts} attempts")
    why = f"{advice.why} The index may have the file nevertheless." if failed.may_be_uploaded else advice.why
    what = f"{quote_clause(words)} Not uploaded to {index}{times}"
    return Message("Upload failed", what, advice.remedy, why, filenames=(filename,))


def explain_skipped(filename: str, skipped: Skipped, test_index: str | None) -> Message:
    """Warn that the index has another build of this file; on a test index, this does not affect the real one."""
    reason = quote_line(skipped.reason)
    if test_index is None:
        return Message(
            "Skipped",
            f"Skipped because {reason}",
            "If this build was meant to be published, release it under a new version.",
            "Another build of this version was published before, and `skip-existing` keeps it.",
            filenames=(filename,),
        )
    return Message(
        "Different content on the test index",
        f"Not rehearsed on {test_index}: {reason}",
        "No action is needed. To rehearse every build, give each its own version, such as `1.0.dev7`.",
        "Another build of this version was rehearsed before and cannot be replaced. This one counts as rehearsed.",
        filenames=(filename,),
    )
