"""Messages for distributions that were refused or skipped, and for uploads that failed."""

from __future__ import annotations

from publisher.errors import ExchangeError, MintRefused
from publisher.index.outcome import Failed, Refused, Skipped
from publisher.index.verdict import extract_reason
from publisher.network.reply import Cause, DeadEnd, NoReply, Reply
from publisher.report.messages.message import AGAIN, Link, Message, quote_clause, quote_line, quote_name
from publisher.report.messages.refusals import DUPLICATE, KNOWN_REFUSALS, Advice

_CHECK_NETWORK = "Run the job again. On a self-hosted runner, check its route to the host; `HTTPS_PROXY` sets a proxy."
_UNREACHABLE = Advice("The host is down, or a firewall blocks the runner.", _CHECK_NETWORK)
NO_REPLY = {
    Cause.DNS: Advice("The host name is misspelled, or the runner's DNS server does not know it.", _CHECK_NETWORK),
    Cause.CONNECT: _UNREACHABLE,
    Cause.TIMEOUT_CONNECT: _UNREACHABLE,
    Cause.CERTIFICATE: Advice(
        "The certificate has expired, or is from a private authority, for another host, or from a proxy.",
        "Set the variable `SSL_CERT_FILE` of this step to the authority's certificate, as a path in the workspace.",
    ),
    Cause.CLIENT_CERTIFICATE: Advice(
        "The action cannot present a client certificate.", "Publish through a proxy that can."
    ),
    Cause.TLS: Advice("The port does not speak TLS, or the two sides share no protocol version.", _CHECK_NETWORK),
    Cause.PROXY: Advice(
        "The proxy does not allow this host, requires other credentials, or is down.",
        "Correct the proxy's rules or the variable that names it, or add the host to `NO_PROXY`.",
    ),
    Cause.TIMEOUT_SEND: Advice(
        "The connection stalled for longer than the input `timeout` allows.",
        f"{AGAIN} On a slow connection, set a higher `timeout` or a lower `max-parallel`.",
    ),
    Cause.TIMEOUT_ANSWER: Advice(
        "The index received the file but took longer to answer than the input `timeout` allows.",
        f"{AGAIN} If the index is slow, set a higher `timeout`.",
    ),
    Cause.RESET: Advice("The index, or something in front of it, closed the connection early.", AGAIN),
    Cause.MALFORMED: Advice(
        "The server is not a web server, or the index put the text of a refusal where HTTP does not allow it.",
        "Check `repository-url`. If it is right, check the attestations and `Provides-Dist` fields of this file.",
    ),
    Cause.UNUSABLE: Advice("Another service answered, perhaps a login page or a proxy.", _CHECK_NETWORK),
    Cause.FILE_CHANGED: Advice(
        "Something in the job modified the file after it was read; unchecked content is never published.",
        "Let the build finish before this step, and do not run background processes that touch the files.",
    ),
}
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
    407: NO_REPLY[Cause.PROXY],
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
            return cause.summary, NO_REPLY[cause.cause]
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
    """Quote the index, then explain the refusal."""
    reason = quote_line(refused.reason)
    if refused.status is None:
        what = f"{quote_name(filename)} cannot be published to {index}: {reason}"
    else:
        what = f"{index[0].upper()}{index[1:]} refused {quote_name(filename)}: {refused.status} {reason}".rstrip()
    advice = find_advice(refused)
    return Message(f"Refused: {quote_line(filename)}", what, advice.remedy, advice.why, advice.link)


def explain_failed(filename: str, failed: Failed, index: str) -> Message:
    """Explain why an upload failed and whether the index may have the file nevertheless."""
    words, advice = explain_cause(failed.cause)
    times = {0: "", 1: " in 1 attempt"}.get(failed.attempts, f" in {failed.attempts} attempts")
    why = f"{advice.why} The index may have the file nevertheless." if failed.may_be_uploaded else advice.why
    what = f"{quote_clause(words)} {quote_name(filename)} could not be uploaded to {index}{times}."
    return Message(f"Failed: {quote_line(filename)}", what, advice.remedy, why)


def explain_skipped(filename: str, skipped: Skipped, test_index: str | None) -> Message:
    """Warn that the index has another build of this file; on a test index, this does not affect the real one."""
    name, reason = quote_name(filename), quote_line(skipped.reason)
    if test_index is None:
        return Message(
            f"Skipped: {quote_line(filename)}",
            f"{name} was skipped: {reason}",
            "If this build was meant to be published, release it under a new version.",
            "Another build of this version was published before, and `skip-existing` keeps it.",
        )
    return Message(
        f"Different content: {quote_line(filename)}",
        f"{name} was not rehearsed on {test_index}: {reason}",
        "No action is needed. To rehearse every build, give each its own version, such as `1.0.dev7`.",
        "Another build of this version was rehearsed before and cannot be replaced. This one counts as rehearsed.",
    )
