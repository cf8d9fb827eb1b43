"""Upload one distribution and say what became of it."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.errors import ExchangeError
from publisher.index.form import build_form
from publisher.index.multipart import MultipartBody
from publisher.index.outcome import CANCELLED, Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded
from publisher.index.progress import Progress
from publisher.index.simple_api import Comparison, compare
from publisher.index.verdict import Meaning, distrust_login_page, extract_reason, judge_reply, reveal_outage
from publisher.network.redirect import explain_dead_end, follow_redirects
from publisher.network.reply import Answer, NoReply, Reply
from publisher.network.request import Request
from publisher.network.retry import TOO_MANY_REQUESTS, is_outage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from publisher.distributions.model import Distribution
    from publisher.identity.credentials import Credentials
    from publisher.index.listing import Lister
    from publisher.network.client import Client
    from publisher.network.retry import Retrying
    from publisher.network.url import Url

CUT_OFF = "the run was cancelled while it was being uploaded"
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
    _courses: dict[str, _Course] = field(default_factory=dict, init=False, repr=False)

    async def upload(self, distribution: Distribution) -> Outcome:
        """Upload until the index has said yes or no, or the attempts are used up."""
        course = self._courses[distribution.filename] = _Course()

        async def once() -> Answer:
            answer = distrust_login_page(await self._attempt(distribution, course))
            course.note(answer)
            return answer

        try:
            # Safe to repeat: the index answers an upload of the very same content with success, or says that it has
            # the file, which is then compared by digest (see docs/decisions/0004).
            tried = await self.retrying.run(distribution.filename, once, reveal_outage)
        except ExchangeError as error:
            reason = f"the upload token could not be renewed: {error.answer.summary}"
            return Failed(reason, course.attempts, course.may_have_succeeded)
        return await self._conclude(distribution, tried.value, course)

    def give_up(self, distribution: Distribution) -> Outcome:
        """Say what is known of an upload that was cut off because the run was cancelled."""
        course = self._courses.get(distribution.filename, _Course())
        if not course.attempts:
            return NotTried(CANCELLED)
        return Failed(CUT_OFF, course.attempts, course.may_have_succeeded or course.is_under_way)

    async def _attempt(self, distribution: Distribution, course: _Course) -> Answer:
        authorization = await self.credentials.fresh()
        course.attempts += 1
        answer = await self._send(distribution, authorization, course)
        if not course.was_renewed and _says_token_ended(answer):
            course.was_renewed = True
            renewed = await self.credentials.renew(authorization)
            if renewed is not None:
                self.retrying.log.warning(f"{distribution.filename}: the upload token ended on the way; sending again")
                answer = await self._send(distribution, renewed, course)
        return answer

    async def _send(self, distribution: Distribution, authorization: SecretStr, course: _Course) -> Answer:
        """Send once, redirects on the same origin followed with the whole body."""
        form = build_form(distribution, self.attestations.get(distribution.filename))
        progress = Progress(distribution.filename, self.retrying.log, asyncio.get_running_loop().time)

        async def ask(url: Url) -> Answer:
            body = MultipartBody(form, distribution)
            follow = progress.follow(body.length)

            def on_progress(sent: int) -> None:
                course.is_under_way = True
                follow(sent)

            request = Request("POST", url, {"Accept": "application/json"}, authorization, body, self.timeout)
            return await self.client.send(request, on_progress)

        return await follow_redirects(self.upload_url, "POST", ask)

    async def _conclude(self, distribution: Distribution, answer: Answer, course: _Course) -> Outcome:
        if isinstance(answer, Reply) and judge_reply(answer).meaning is Meaning.EXISTS:
            return await self._settle(distribution, Refused(answer.status, extract_reason(answer)), course)
        outcome = self._judge(answer, course)
        if isinstance(outcome, Uploaded) or not course.may_have_succeeded:
            return outcome
        # Whatever was said last: one of the attempts may have done it.
        is_there = await self._compare(distribution) is Comparison.IDENTICAL
        return Uploaded(course.attempts) if is_there else outcome

    def _judge(self, answer: Answer, course: _Course) -> Outcome:
        if isinstance(answer, NoReply):
            return Failed(answer.summary, course.attempts, course.may_have_succeeded)
        dead_end = explain_dead_end(answer, self.upload_url, "POST")
        if dead_end is not None:
            return Failed(f"{answer.phrase}: {dead_end}", course.attempts, course.may_have_succeeded)
        if answer.is_success:
            return Uploaded(course.attempts)
        reason = extract_reason(answer)
        if is_outage(answer) and answer.status != TOO_MANY_REQUESTS:
            said = answer.phrase if reason in answer.phrase else f"{answer.phrase}: {reason}"
            return Failed(said, course.attempts, course.may_have_succeeded)
        return Refused(answer.status, reason)

    async def _settle(self, distribution: Distribution, refused: Refused, course: _Course) -> Outcome:
        """Find out whether the file that the index says it has is ours."""
        comparison = await self._compare(distribution)
        if comparison is Comparison.IDENTICAL:
            return Uploaded(course.attempts) if course.was_lost else Existing()
        if comparison is Comparison.DIFFERENT:
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


@dataclasses.dataclass(slots=True)
class _Course:
    """What the attempts told. `may_have_succeeded`: one may have stored the file; `was_lost`: one before the last.

    `is_under_way`: some of the file is sent, and no answer is there yet.
    """

    attempts: int = 0
    is_under_way: bool = False
    was_renewed: bool = False
    may_have_succeeded: bool = False
    was_lost: bool = False

    def note(self, answer: Answer) -> None:
        self.is_under_way = False
        self.was_lost = self.may_have_succeeded
        if isinstance(answer, NoReply):
            self.may_have_succeeded |= answer.may_have_succeeded
        else:
            # A server error may come after the work; 408, 425 and 429 say that there was none.
            self.may_have_succeeded |= answer.status // 100 == 5  # noqa: PLR2004 -- the class of a status is its first digit


def _says_token_ended(answer: Answer) -> bool:
    return isinstance(answer, Reply) and judge_reply(answer).meaning is Meaning.TOKEN_ENDED
