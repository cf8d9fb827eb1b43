"""Translate what sigstore and its libraries raise into answers, so that one policy decides about another attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.network.reply import REPLY_LIMIT, Answer, Cause, NoReply, Reply
from publisher.network.retry import TOO_MANY_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import RequestException, Response

RATE_LIMIT_WAIT = 5
"""Seconds to wait after a 429 that names none: at Sigstore it means too many requests, which passes."""

DETAIL_LIMIT = 300
"""Characters of an exception's text that are kept; some repeat whole documents."""


def explain_failure(error: Exception) -> Answer | str:
    """Say what a far side answered; a plain reason where the failure is on this machine and no attempt can mend it."""
    from requests import RequestException  # noqa: PLC0415 -- there already when anything of this happens
    from tuf.api.exceptions import DownloadError, DownloadHTTPError  # noqa: PLC0415 -- as above

    chain = tuple(_chain(error))
    for each in chain:
        if isinstance(each, RequestException):
            return _explain_request(each)
        if isinstance(each, DownloadHTTPError):
            return Reply(each.status_code)
        if isinstance(each, TimeoutError):
            return NoReply(Cause.TIMEOUT_ANSWER)
        if isinstance(each, DownloadError):
            return NoReply(Cause.RESET, _detail(each))
    if local := next((each for each in chain if isinstance(each, OSError)), None):
        return f"{type(local).__name__}: {local.strerror or 'no reason given'}"
    # Whatever else these libraries raise, they stumble over something in an answer.
    return NoReply(Cause.UNUSABLE, _detail(error))


def describe_answer(answer: Answer) -> str:
    """Say in a few words what came back, in the far side's own words where it has any."""
    match answer.json() if isinstance(answer, Reply) else None:
        case {"message": str(message)} if message:
            return f"{answer.summary}: {message[:DETAIL_LIMIT]}"
        case _:
            return answer.summary


def _explain_request(error: RequestException) -> Answer:
    from requests import exceptions  # noqa: PLC0415 -- as above

    if error.response is not None and error.response.status_code >= 400:  # noqa: PLR2004 -- the statuses of refusal
        return _build_reply(error.response)
    match error:
        case exceptions.ProxyError():
            trouble = Cause.PROXY
        case exceptions.SSLError():
            trouble = Cause.CERTIFICATE
        case exceptions.ConnectTimeout():
            trouble = Cause.TIMEOUT_CONNECT
        case exceptions.Timeout():
            trouble = Cause.TIMEOUT_ANSWER
        case exceptions.ConnectionError():
            trouble = Cause.CONNECT
        case exceptions.JSONDecodeError():
            return NoReply(Cause.UNUSABLE, "it is not JSON")
        case _:
            trouble = Cause.RESET
    return NoReply(trouble)


def _build_reply(response: Response) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.status_code == TOO_MANY_REQUESTS:
        headers.setdefault("retry-after", str(RATE_LIMIT_WAIT))
    return Reply(response.status_code, response.reason or "", headers, response.content[:REPLY_LIMIT])


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what led to it, nearest first: these libraries wrap what they meet."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or each.__context__


def _detail(error: BaseException) -> str:
    text = " ".join(str(error).split())[:DETAIL_LIMIT]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
