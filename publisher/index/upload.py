"""Upload one distribution and decide what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from publisher.cancellation import Stop
from publisher.distributions.model import Distribution
from publisher.errors import Cancelled, ExchangeError
from publisher.identity.authentication import Authentication, TrustedPublishing
from publisher.index.form import Form, build_form
from publisher.index.listing import Lister
from publisher.index.outcome import (
    CANCELLED,
    OTHER_CONTENT,
    Existing,
    Failed,
    NotTried,
    Outcome,
    Refused,
    Skipped,
    Uploaded,
)
from publisher.index.progress import Progress, format_progress
from publisher.index.simple_api import Comparison, compare
from publisher.index.verdict import (
    ANSWER_LOST,
    CONFLICTS,
    NOT_YET,
    compare_digests,
    distrust_login_page,
    find_doubt,
    find_outage,
    is_duplicate,
    is_expired_token,
)
from publisher.index.waves import Slots
from publisher.network.client import Connection, build_timeout
from publisher.network.reason import extract_reason
from publisher.network.reply import Answer, Cause, DeadEnd, NoReply, Reply, explain_dead_end, follow_redirects
from publisher.network.retry import TOO_MANY_REQUESTS, find_wait, is_outage
from publisher.network.send import FileChanged, WatchedFile, send
from publisher.network.url import Url

CLIENT_CLOSED = 499  # nginx: a proxy on the way stopped waiting
PROGRESS_INTERVAL = 10.0  # seconds between two lines about one file
_BEGINNING = 1000  # characters of a refusal's body in the log


@dataclass(frozen=True, slots=True)
class Uploader:
    """Upload distributions to one index, each with retries, from several threads."""

    upload_url: Url
    connection: Connection
    authentication: Authentication
    lister: Lister | None  # None if nothing can be compared
    timeout: float  # seconds without progress
    slots: Slots
    stop: Stop
    on_start: Callable[[Distribution], None]
    on_end: Callable[[Distribution, Outcome, float], None]  # with the seconds since `on_start`
    skip_existing: bool = False
    attestations: Mapping[str, str] = field(default_factory=dict)  # the form field by file name
    progress: Progress = field(default_factory=Progress)
    _histories: dict[str, _History] = field(default_factory=dict, init=False, repr=False)

    def upload(self, distribution: Distribution) -> Outcome:
        """Upload until the index has decided or the attempts are used up."""
        history = self._histories[distribution.filename] = _History(self.connection.retrying.now())
        outcome = self._upload(distribution, history)
        return outcome if history.is_abandoned else self._end(distribution, outcome, history)

    def abandon(self, distribution: Distribution) -> Outcome:
        """Return what is known of an upload that cancelling cut off."""
        history = self._histories.get(distribution.filename, _History(0))
        history.is_abandoned = True
        return self._end(distribution, history.cut_off(), history)

    def _end(self, distribution: Distribution, outcome: Outcome, history: _History) -> Outcome:
        if not isinstance(outcome, NotTried):
            self.on_end(distribution, outcome, self.connection.retrying.now() - history.started)
        return outcome

    def _upload(self, distribution: Distribution, history: _History) -> Outcome:
        form = build_form(distribution, self.attestations.get(distribution.filename))

        def once() -> Answer:
            with self.slots.hold(distribution.release, alone=history.is_server_error):
                if self.stop.is_requested:
                    raise Cancelled("uploading")
                answer = distrust_login_page(self._attempt(distribution, form, history))
                history.add(answer)
                self._log_refusal(distribution, answer)
                if history.is_server_error:
                    self.slots.halve()
                return answer

        try:
            # Safe to repeat: the index accepts identical content again, or reports that it has the file, which is then
            # compared by digest (docs/decisions/0004).
            answer = self.connection.retrying.run(distribution.filename, once, find_outage).value
        except Cancelled:
            return history.cut_off()
        except ExchangeError as error:
            return history.fail(error)
        outcome = self._build_outcome(answer, history)
        is_conflict = isinstance(answer, Reply) and answer.status in CONFLICTS
        is_certain = isinstance(outcome, Uploaded) and not outcome.doubt
        if is_certain or not (is_conflict or history.may_have_succeeded or isinstance(outcome, Uploaded)):
            return outcome
        return self._settle(distribution, answer, outcome, history)

    def _attempt(self, distribution: Distribution, form: Form, history: _History) -> Answer:
        authorization = self.authentication.fresh()
        if not history.attempts:
            history.started = self.connection.retrying.now()
            self.on_start(distribution)
        history.attempts += 1
        answer = self._send(distribution, form, authorization, history)
        if history.was_renewed or not (isinstance(answer, Reply) and is_expired_token(answer)):
            return answer
        history.was_renewed = True
        renewed = self.authentication.renew(authorization)
        if renewed is None:
            return answer
        log = self.connection.retrying.log
        log.warning(f"{distribution.filename}: the upload token expired on the way; sending again")
        return self._send(distribution, form, renewed, history)

    def _send(self, distribution: Distribution, form: Form, authorization: SecretStr, history: _History) -> Answer:
        """Send once; redirects on the same origin are followed with the whole body."""
        client, on_progress = self.connection.client, self._follow(distribution, history)

        def ask(url: Url) -> Answer:
            try:
                with WatchedFile(distribution.path, distribution.size, distribution.modified_ns, on_progress) as file:
                    request = client.build_request(
                        "POST",
                        str(url),
                        data=form,
                        files={"content": file.as_part(distribution.filename)},
                        headers={"Accept": "application/json", "Authorization": authorization.get_secret_value()},
                        timeout=build_timeout(self.timeout),
                    )
                    return send(client, request, body=file)
            except FileChanged as error:
                return NoReply(Cause.FILE_CHANGED, str(error))

        return follow_redirects(self.upload_url, "POST", ask)

    def _log_refusal(self, distribution: Distribution, answer: Answer) -> None:
        if isinstance(answer, Reply) and not answer.is_success:
            beginning = " ".join(answer.text[:_BEGINNING].split())
            self.connection.retrying.log.debug(f"{distribution.filename}: {answer.summary}: {beginning}")

    def _follow(self, distribution: Distribution, history: _History) -> Callable[[int], None]:
        """Return a callback that logs from time to time how many bytes have been sent."""
        started = last = self.connection.retrying.now()

        def on_progress(sent: int) -> None:
            nonlocal last
            history.is_in_flight = True
            now = self.connection.retrying.now()
            if total := self.progress.record(distribution.filename, sent, now):
                self.connection.retrying.log.info(total)
            if now - last >= PROGRESS_INTERVAL:
                last = now
                progress = format_progress(sent, distribution.size, now - started)
                self.connection.retrying.log.info(f"Uploading {distribution.filename}: {progress}")

        return on_progress

    def _build_outcome(self, answer: Answer, history: _History) -> Outcome:
        """Return the outcome by the answer alone."""
        if isinstance(answer, NoReply):
            return history.fail(answer)
        if dead_end := explain_dead_end(answer, self.upload_url, "POST"):
            return history.fail(dead_end)
        if answer.is_success:
            return Uploaded(history.attempts, find_doubt(answer))
        seconds = find_wait(answer, self.connection.retrying.now())
        if is_outage(answer) and answer.status != TOO_MANY_REQUESTS:
            return replace(history.fail(answer), seconds=seconds)
        is_trusted = isinstance(self.authentication, TrustedPublishing)
        return Refused(answer.status, extract_reason(answer), seconds=seconds, is_trusted=is_trusted)

    def _settle(self, distribution: Distribution, answer: Answer, outcome: Outcome, history: _History) -> Outcome:
        """Return the outcome by the listing, else by the index's own words; both outweigh a status."""
        refused = outcome if isinstance(outcome, Refused) else Refused(None, OTHER_CONTENT)
        duplicate = answer if isinstance(answer, Reply) and is_duplicate(answer) else None
        found = self._compare(distribution)
        if found is Comparison.UNKNOWN and duplicate:
            found = compare_digests(duplicate, distribution.digests)
        if found is Comparison.IDENTICAL:
            is_ours = history.may_have_succeeded or isinstance(outcome, Uploaded)
            return Uploaded(history.attempts) if is_ours else Existing()
        if found is Comparison.DIFFERENT:
            return Skipped(OTHER_CONTENT) if self.skip_existing else replace(refused, found=found)
        if found is Comparison.ABSENT and isinstance(outcome, Uploaded) and outcome.doubt != NOT_YET:
            page = NoReply(Cause.UNUSABLE, f"{outcome.doubt}, and the listing lacks the file", may_have_succeeded=True)
            return Failed(page, history.attempts, may_be_uploaded=True)
        if duplicate is None:
            return outcome
        if found is Comparison.UNKNOWN and history.may_have_succeeded:
            # Nothing but an earlier attempt of ours explains the file.
            return Uploaded(history.attempts, ANSWER_LOST)
        is_skipped = found is Comparison.UNKNOWN and self.skip_existing
        return Skipped(refused.reason) if is_skipped else replace(refused, found=found)

    def _compare(self, distribution: Distribution) -> Comparison:
        lister = self.lister
        return compare(distribution, lister.read_listing(distribution.project)) if lister else Comparison.UNKNOWN


@dataclass(slots=True)
class _History:
    """What the attempts for one file have shown."""

    started: float  # Unix time
    attempts: int = 0
    is_abandoned: bool = False
    is_in_flight: bool = False  # part of the file is sent and no answer has come
    is_server_error: bool = False  # of the last answer
    was_renewed: bool = False
    may_have_succeeded: bool = False  # an attempt may have stored the file

    def add(self, answer: Answer) -> None:
        self.is_in_flight = False
        self.is_server_error = isinstance(answer, Reply) and answer.is_server_error
        if isinstance(answer, NoReply):
            self.may_have_succeeded |= answer.may_have_succeeded
        else:
            # A server error, or nginx's 499, may come after the work is done; 408, 425, and 429 mean that none was.
            self.may_have_succeeded |= self.is_server_error or answer.status == CLIENT_CLOSED

    def fail(self, cause: Reply | NoReply | DeadEnd | ExchangeError) -> Failed:
        return Failed(cause, self.attempts, self.may_have_succeeded)

    def cut_off(self) -> Outcome:
        if not self.attempts:
            return NotTried(CANCELLED)
        return Failed(None, self.attempts, self.may_have_succeeded or self.is_in_flight)
