"""Upload one distribution and say what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.errors import ExchangeError
from publisher.index.form import build_form
from publisher.index.multipart import MultipartBody
from publisher.index.outcome import Existing, Failed, Outcome, Refused, Skipped, Uploaded
from publisher.index.progress import Progress
from publisher.index.simple_api import Comparison, compare
from publisher.index.verdict import Meaning, judge_reply
from publisher.network.redirect import MAX_REDIRECTS, DeadEnd, parse_redirect
from publisher.network.reply import Answer, NoAnswer, Reply
from publisher.network.request import Request
from publisher.network.retry import is_outage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from publisher.distributions.model import Distribution
    from publisher.identity.credentials import Credentials
    from publisher.index.listing import Lister
    from publisher.network.client import Client
    from publisher.network.retry import Retrying
    from publisher.network.url import Url

OTHER_CONTENT = "the index already has a file of this name with other content"


@dataclass(frozen=True, slots=True)
class Uploader:
    """Upload distributions to one index, each with retries, and judge every answer.

    `lister` is None where nothing can be compared. `timeout` is the longest time without progress in seconds.
    """

    upload_url: Url
    client: Client
    retrying: Retrying
    credentials: Credentials
    lister: Lister | None
    timeout: float
    skip_existing: bool = False
    attestations: Mapping[str, str] = field(default_factory=dict)

    async def upload(self, distribution: Distribution) -> Outcome:
        """Upload until the index has said yes or no, or the attempts are used up."""
        course = _Course()

        async def once() -> Answer:
            answer = await self._attempt(distribution, course)
            course.note(answer)
            return answer

        try:
            # Safe to repeat: the index answers an upload of the very same content with success, or says that it has
            # the file, which is then compared by digest (see docs/decisions/0004).
            tried = await self.retrying.run(distribution.filename, once, lambda answer: answer)
        except ExchangeError as error:
            return Failed(f"the upload token could not be renewed: {error}", course.attempts)
        return await self._conclude(distribution, tried.value, course)

    async def _attempt(self, distribution: Distribution, course: _Course) -> Answer:
        authorization = await self.credentials.fresh()
        answer = await self._send(distribution, authorization)
        if not course.was_renewed and _says_token_ended(answer):
            course.was_renewed = True
            renewed = await self.credentials.renew(authorization)
            if renewed is not None:
                self.retrying.log.warning(f"{distribution.filename}: the upload token ended on the way; sending again")
                answer = await self._send(distribution, renewed)
        return answer

    async def _send(self, distribution: Distribution, authorization: SecretStr) -> Answer:
        """Send once, redirects on the same origin followed with the whole body."""
        url = self.upload_url
        form = build_form(distribution, self.attestations.get(distribution.filename))
        progress = Progress(distribution.filename, self.retrying.log, asyncio.get_running_loop().time)
        for _ in range(MAX_REDIRECTS):
            body = MultipartBody(form, distribution)
            request = Request("POST", url, {"Accept": "application/json"}, authorization, body, self.timeout)
            answer = await self.client.send(request, progress.follow(body.length))
            target = parse_redirect(answer, url, method="POST") if isinstance(answer, Reply) else None
            if target is None or isinstance(target, DeadEnd):
                return answer
            url = target
        return answer

    async def _conclude(self, distribution: Distribution, answer: Answer, course: _Course) -> Outcome:
        if isinstance(answer, NoAnswer):
            if course.maybe_done and await self._compare(distribution) is Comparison.IDENTICAL:
                return Uploaded(course.attempts)
            return Failed(answer.summary, course.attempts, maybe_uploaded=course.maybe_done)
        redirect = parse_redirect(answer, self.upload_url, method="POST")
        if redirect is not None:
            reason = redirect.reason if isinstance(redirect, DeadEnd) else "it redirects in a circle"
            return Failed(f"{answer.phrase}: {reason}", course.attempts)
        verdict = judge_reply(answer)
        if verdict.meaning is Meaning.ACCEPTED:
            return Uploaded(course.attempts)
        if verdict.meaning is Meaning.EXISTS:
            return await self._settle(distribution, Refused(answer.status, verdict.reason), course)
        if is_outage(answer) and course.maybe_done:
            if await self._compare(distribution) is Comparison.IDENTICAL:
                return Uploaded(course.attempts)
            return Failed(f"{answer.phrase}: {verdict.reason}", course.attempts, maybe_uploaded=True)
        return Refused(answer.status, verdict.reason)

    async def _settle(self, distribution: Distribution, refused: Refused, course: _Course) -> Outcome:
        """Find out whether the file that the index says it has is ours."""
        match await self._compare(distribution):
            case Comparison.IDENTICAL:
                return Uploaded(course.attempts) if course.was_lost else Existing()
            case Comparison.DIFFERENT:
                return Skipped(OTHER_CONTENT) if self.skip_existing else refused
        if course.was_lost:
            # Nobody can say whose it is, but an earlier attempt of ours explains it, and nothing else does.
            self.retrying.log.warning(
                f"{distribution.filename}: the index has it since an attempt whose answer was lost; "
                "its content could not be compared"
            )
            return Uploaded(course.attempts)
        return Skipped(refused.reason) if self.skip_existing else refused

    async def _compare(self, distribution: Distribution) -> Comparison:
        if self.lister is None:
            return Comparison.UNKNOWN
        return compare(distribution, await self.lister.read_listing(distribution.project))


@dataclass(slots=True)
class _Course:
    """What the attempts so far tell. `maybe_done`: one of them may have stored the file; `was_lost`: one before the last."""

    attempts: int = 0
    was_renewed: bool = False
    maybe_done: bool = False
    was_lost: bool = False

    def note(self, answer: Answer) -> None:
        self.attempts += 1
        self.was_lost = self.maybe_done
        if isinstance(answer, NoAnswer):
            self.maybe_done |= answer.maybe_done
        else:
            self.maybe_done |= is_outage(answer)


def _says_token_ended(answer: Answer) -> bool:
    return isinstance(answer, Reply) and judge_reply(answer).meaning is Meaning.TOKEN_ENDED
