"""Upload one distribution, with retries. `outcome` decides what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from publisher.cancellation import Stop
from publisher.distributions.metadata import form_fields
from publisher.distributions.model import Distribution
from publisher.errors import Cancelled, ExchangeError
from publisher.identity.authentication import Authentication, TrustedPublishing
from publisher.index.listing import Lister
from publisher.index.outcome import (
    CANCELLED,
    Attempts,
    Failed,
    NotTried,
    Outcome,
    build_outcome,
    is_certain,
    settle_outcome,
)
from publisher.index.progress import Progress
from publisher.index.simple_api import Comparison, compare
from publisher.index.verdict import find_outage, is_expired_token
from publisher.index.waves import Slots
from publisher.network.client import Connection, build_timeout
from publisher.network.reply import Answer, Cause, NoReply, Reply, follow_redirects
from publisher.network.send import FileChanged, WatchedFile, send
from publisher.network.url import Url

Form = dict[str, list[bytes]]  # bytes, because a value that is not UTF-8 is sent as it was written
# Core metadata fields whose form field is not simply their name with underscores. PyPI ignores any other name, so the
# list is exact: `platform`, `supported_platform`, `license_file`, `import_name`, and `import_namespace` are singular.
FORM_NAMES = {"classifier": "classifiers", "project-url": "project_urls"}
CLIENT_CLOSED = 499  # nginx: a proxy on the way stopped waiting
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
        history = self._histories[distribution.filename] = _History()
        outcome = self._upload(distribution, history)
        return outcome if history.is_abandoned else self._end(distribution, outcome, history)

    def abandon(self, distribution: Distribution) -> Outcome:
        """Return what is known of an upload that cancelling cut off."""
        history = self._histories.get(distribution.filename, _History())
        history.is_abandoned = True
        return self._end(distribution, history.cut_off(), history)

    def _end(self, distribution: Distribution, outcome: Outcome, history: _History) -> Outcome:
        if not isinstance(outcome, NotTried):
            self.on_end(distribution, outcome, self.connection.retrying.now() - history.started)
        return outcome

    def _upload(self, distribution: Distribution, history: _History) -> Outcome:
        retrying = self.connection.retrying
        form = build_form(distribution, self.attestations.get(distribution.filename))

        def once() -> Answer:
            with self.slots.hold(distribution.release, alone=history.is_server_error):
                if self.stop.is_requested:
                    raise Cancelled("uploading")
                answer = self._attempt(distribution, form, history)
                history.add(answer)
                if history.is_server_error:
                    self.slots.halve()
            if isinstance(answer, Reply) and not answer.is_success:
                beginning = " ".join(answer.text[:_BEGINNING].split())
                retrying.log.debug(f"{distribution.filename}: {answer.summary}: {beginning}")
            return answer

        try:
            # Safe to repeat: the index accepts identical content again, or reports that it has the file, which is then
            # compared by digest (docs/decisions/0004).
            answer = retrying.run(distribution.filename, once, find_outage).value
        except Cancelled:
            return history.cut_off()
        except ExchangeError as error:
            return Failed(error, history.attempts, history.may_be_stored)
        attempts = Attempts(answer, history.attempts, history.may_be_stored)
        is_trusted = isinstance(self.authentication, TrustedPublishing)
        outcome = build_outcome(attempts, retrying.now(), is_trusted=is_trusted)
        if is_certain(outcome, attempts):
            return outcome
        found = Comparison.UNKNOWN
        if self.lister is not None:
            found = compare(distribution, self.lister.read_listing(distribution.project))
        return settle_outcome(outcome, attempts, found, distribution.digests, skip_existing=self.skip_existing)

    def _attempt(self, distribution: Distribution, form: Form, history: _History) -> Answer:
        """Send once, or twice if the upload token expires on the way."""
        authorization = self.authentication.fresh()
        if not history.attempts:
            history.started = self.connection.retrying.now()
            self.on_start(distribution)
        history.attempts += 1
        history.is_in_flight = True
        answer = self._send(distribution, form, authorization)
        if not isinstance(answer, Reply) or not is_expired_token(answer):
            return answer
        renewed = self.authentication.renew(authorization)
        if renewed is None:
            return answer
        log = self.connection.retrying.log
        log.warning(f"{distribution.filename}: the upload token expired on the way; sending again")
        return self._send(distribution, form, renewed)

    def _send(self, distribution: Distribution, form: Form, authorization: SecretStr) -> Answer:
        """Send once; redirects on the same origin are followed with the whole body."""
        client, retrying = self.connection.client, self.connection.retrying
        on_progress = self.progress.follow(distribution, retrying.now, retrying.log)

        def ask(url: Url) -> Answer:
            try:
                with WatchedFile(distribution.path, distribution.size, distribution.modified_ns, on_progress) as file:
                    request = client.build_request(
                        "POST",
                        str(url),
                        data=form,
                        files={"content": (distribution.filename, file, "application/octet-stream")},
                        headers={"Accept": "application/json", "Authorization": authorization.get_secret_value()},
                        timeout=build_timeout(self.timeout),
                    )
                    return send(client, request, body=file)
            except FileChanged as error:
                return NoReply(Cause.FILE_CHANGED, str(error))

        return follow_redirects(self.upload_url, "POST", ask)


@dataclass(slots=True)
class _History:
    """What the attempts for one file have shown."""

    started: float = 0  # Unix time
    attempts: int = 0
    is_abandoned: bool = False
    is_in_flight: bool = False  # no answer has come yet
    is_server_error: bool = False  # of the last answer
    may_be_stored: bool = False  # by one of the attempts

    def add(self, answer: Answer) -> None:
        self.is_in_flight = False
        self.is_server_error = isinstance(answer, Reply) and answer.is_server_error
        if isinstance(answer, NoReply):
            self.may_be_stored |= answer.may_have_succeeded
        else:
            # A server error, or nginx's 499, may come after the work is done; 408, 425, and 429 mean that none was.
            self.may_be_stored |= self.is_server_error or answer.status == CLIENT_CLOSED

    def cut_off(self) -> Outcome:
        if not self.attempts:
            return NotTried(CANCELLED)
        return Failed(None, self.attempts, self.may_be_stored or self.is_in_flight)


def build_form(distribution: Distribution, attestations: str | None = None) -> Form:
    """Build the text fields of an upload, with a JSON array of attestations (PEP 740); the index judges all fields."""
    fields = [
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("filetype", str(distribution.kind)),
        ("pyversion", distribution.python_tag),
        ("sha256_digest", distribution.digests.sha256),
        ("blake2_256_digest", distribution.digests.blake2b_256),
    ]
    for header, value in form_fields(distribution.metadata):
        name = header.lower()
        fields.append((FORM_NAMES.get(name, name.replace("-", "_")), value))
    if attestations is not None:
        fields.append(("attestations", attestations))
    form: Form = {}
    for name, value in fields:
        form.setdefault(name, []).append(value.encode("utf-8", "surrogateescape"))
    # GitLab's index refuses a form without this field, although it may be empty.
    form.setdefault("requires_python", [b""])
    return form
