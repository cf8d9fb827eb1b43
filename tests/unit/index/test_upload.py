from __future__ import annotations

import asyncio
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from publisher.cancellation import Stop
from publisher.errors import ExchangeUnanswered
from publisher.identity.authentication import Authentication, Password, build_basic
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
from publisher.index.simple_api import Comparison
from publisher.index.upload import PROGRESS_INTERVAL, Uploader
from publisher.index.verdict import ANSWER_LOST, NOT_YET
from publisher.index.waves import Slots
from publisher.network.reply import Cause, DeadEnd, NoReply, Reply
from publisher.network.url import Url
from tests.fakes.faults import LOSE_ANSWER, reset
from tests.fakes.index import FakeIndex
from tests.fakes.proxy import Proxy, proxied
from tests.fakes.service import PASS, Answer
from tests.fakes.serving import serve
from tests.values import WHEEL, Journal, build_distribution, connect, write_distribution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

    from publisher.distributions.model import Distribution
    from tests.fakes.service import Seen

EXPIRED = Answer.of_json(403, {"code": "403 Invalid API Token: token is expired, token is expired"})
EXISTS = Answer.of_json(400, {"code": f"400 File already exists ('{WHEEL}')."})


@dataclass
class Renewable(Authentication):
    """Tokens `t1`, `t2`, ...: a new one for every renewal, until there are no more."""

    journal: Journal
    renewals: int = 9
    error: ExchangeUnanswered | None = None
    number: int = 1
    refused: list[SecretStr] = field(default_factory=list)

    def _value(self) -> SecretStr:
        return build_basic("__token__", SecretStr(f"t{self.number}"), self.journal.mask)

    def fresh(self) -> SecretStr:
        return self._value()

    def renew(self, refused: SecretStr) -> SecretStr | None:
        self.refused.append(refused)
        if self.error:
            raise self.error
        if self.number > self.renewals:
            return None
        self.number += 1
        return self._value()

    def revoke(self) -> None:
        raise AssertionError("an upload revokes nothing")


@dataclass
class Watcher:
    """Remember what it was told."""

    events: list[object] = field(default_factory=list)

    def started(self, distribution: Distribution) -> None:
        self.events.append(distribution.filename)

    def ended(self, distribution: Distribution, outcome: Outcome, seconds: float) -> None:
        self.events.append((distribution.filename, outcome, seconds))


@dataclass
class Bench:
    """One distribution to upload to an index, through a proxy that may break things."""

    distribution: Distribution
    index: FakeIndex = field(default_factory=FakeIndex)
    journal: Journal = field(default_factory=Journal)
    proxy: Proxy = field(init=False)
    authentication: Authentication = field(init=False)
    upload_path: str = "/legacy/"
    skip_existing: bool = False
    compares: bool = True
    slots: Slots = field(default_factory=lambda: Slots(8))
    stop: Stop = field(default_factory=Stop)
    watcher: Watcher = field(default_factory=Watcher)
    timeout: float = 10
    attestations: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.index.users["user"] = "password"
        self.authentication = Password("user", SecretStr("password"), self.journal.mask)

    def uploader(self, client: httpx.Client) -> Uploader:
        root, connection = Url.parse(self.proxy.url), self.journal.connection(client)
        lister = Lister(root.at("/simple/"), connection) if self.compares else None
        return Uploader(
            root.at(self.upload_path),
            connection,
            self.authentication,
            lister,
            self.timeout,
            self.slots,
            self.stop,
            self.watcher.started,
            self.watcher.ended,
            self.skip_existing,
            self.attestations,
        )

    def upload(self) -> Outcome:
        with connect() as client:
            return self.uploader(client).upload(self.distribution)

    def abandon(self, when: Callable[[Seen], bool]) -> Outcome:
        """Upload, and abandon it as soon as the index has seen such a request, which is never answered."""
        reached = threading.Event()

        async def pause(seen: Seen) -> None:
            if when(seen):
                reached.set()
                await asyncio.Event().wait()

        self.index.pause = pause
        uploader = self.uploader(connect())
        threading.Thread(target=uploader.upload, args=(self.distribution,), daemon=True).start()
        assert reached.wait(30)
        return uploader.abandon(self.distribution)

    @property
    def uploads(self) -> int:
        return len(self.index.seen("upload"))

    @property
    def comparisons(self) -> int:
        return len(self.index.seen("simple"))

    @property
    def used_tokens(self) -> list[str]:
        """Return which of the `Renewable` tokens came with each upload."""
        values = {
            build_basic("__token__", SecretStr(f"t{number}"), self.journal.mask).get_secret_value(): f"t{number}"
            for number in range(9)
        }
        return [values[seen.headers["authorization"]] for seen in self.index.seen("upload")]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(write_distribution(tmp_path))
    with serve(bench.index) as served, proxied(served.url) as proxy:
        bench.proxy = proxy
        yield bench


def test_upload__taken(bench: Bench) -> None:
    assert bench.upload() == Uploaded(1)
    assert bench.index.read(WHEEL) == b"content"
    (seen,) = bench.index.requests
    assert seen.headers["accept"] == "application/json"
    assert seen.value(":action") == "file_upload"
    assert seen.value("attestations") is None
    assert "transfer-encoding" not in seen.headers


SIGSTORE_TROUBLE = Answer.of_json(
    400,
    {
        "code": "400 Invalid attestations supplied during upload: Unknown error while trying to verify included "
        "attestations: Failed to refresh TUF metadata"
    },
)


def test_upload__with_its_attestations_and_no_other_s(bench: Bench) -> None:
    bench.attestations = {WHEEL: "[1]", "other.whl": "[2]"}
    bench.index.script("upload", Answer(200))
    assert bench.upload() == Uploaded(1)
    assert bench.index.requests[0].values("attestations") == ["[1]"]


@pytest.mark.parametrize(
    "answers",
    [
        (Answer(502), Answer(500, after=True)),
        (SIGSTORE_TROUBLE, SIGSTORE_TROUBLE),
        (Answer(429, headers={"Retry-After": "0"}), Answer(503)),
    ],
)
def test_upload__outages_pass(bench: Bench, answers: tuple[Answer, ...]) -> None:
    bench.index.script("upload", *answers)
    assert bench.upload() == Uploaded(3)


@pytest.mark.parametrize(
    ("answer", "words", "uploads", "comparisons"),
    [
        (SIGSTORE_TROUBLE, "Failed to refresh TUF metadata", 3, 1),
        (Answer.of_json(400, {"code": "400 Invalid attestations: Could not verify"}), "Could not verify", 1, 1),
        (Answer(429, "Too many new projects created"), "Too many new projects created", 1, 0),
        (EXPIRED, "token is expired", 1, 1),
    ],
)
def test_upload__refused_in_the_end(bench: Bench, answer: Answer, words: str, uploads: int, comparisons: int) -> None:
    bench.index.script("upload", *[answer] * 3)
    outcome = bench.upload()
    assert isinstance(outcome, Refused)
    assert outcome.status == answer.status
    assert words in outcome.reason
    assert (bench.uploads, bench.comparisons) == (uploads, comparisons)


def test_upload__refused_in_the_index_s_words(bench: Bench) -> None:
    bench.distribution = replace(bench.distribution, digests=replace(bench.distribution.digests, sha256="0" * 64))
    outcome = bench.upload()
    assert isinstance(outcome, Refused)
    assert outcome.status == 400
    assert outcome.reason.startswith("The digest supplied does not match")
    assert bench.uploads == 1


@pytest.mark.parametrize(("status", "maybe"), [(503, True), (500, True), (408, False)])
def test_upload__no_end_of_an_outage(bench: Bench, status: int, maybe: bool) -> None:
    bench.index.script("upload", *[Answer(status, "Sorry")] * 3)
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert (outcome.attempts, outcome.may_be_uploaded) == (3, maybe)
    assert isinstance(outcome.cause, Reply)
    assert outcome.cause.status == status


def test_upload__an_outage_after_the_work_was_done(bench: Bench) -> None:
    bench.index.script("upload", Answer(500, after=True), Answer(503), Answer(503))
    assert bench.upload() == Uploaded(3)
    assert bench.comparisons == 1
    assert bench.watcher.events == [WHEEL, (WHEEL, Uploaded(3), 0)]


def test_upload__every_answer_is_lost_and_nothing_was_done(bench: Bench) -> None:
    bench.proxy.script(*[reset(after=None)] * 3, path="/legacy")
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert (outcome.attempts, outcome.may_be_uploaded) == (3, True)


def test_upload__the_file_never_went_out(bench: Bench) -> None:
    bench.distribution.path.write_bytes(b"other content")
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert (outcome.attempts, outcome.may_be_uploaded) == (1, False)
    assert isinstance(outcome.cause, NoReply)
    assert outcome.cause.cause is Cause.FILE_CHANGED
    assert not bench.index.files


def test_upload__identical_content_is_there(bench: Bench) -> None:
    bench.index.add(WHEEL, b"content")
    bench.index.script("upload", EXISTS)
    assert bench.upload() == Existing()


def test_upload__other_content_is_there(bench: Bench) -> None:
    bench.index.add(WHEEL, b"other")
    bench.proxy.script(LOSE_ANSWER, path="/legacy")
    outcome = bench.upload()
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("File already exists")
    bench.skip_existing = True
    assert bench.upload() == Skipped(OTHER_CONTENT)


@pytest.mark.parametrize("compares", [True, False])
def test_upload__it_exists_and_nobody_can_compare(bench: Bench, compares: bool) -> None:
    bench.compares = compares
    bench.index.script("upload", EXISTS, EXISTS)
    bench.index.script("simple", Answer(403), Answer(403))
    reason = f"File already exists ('{WHEEL}')."
    assert bench.upload() == Refused(400, reason, Comparison.UNKNOWN)
    bench.skip_existing = True
    assert bench.upload() == Skipped(reason)


@pytest.mark.parametrize("compares", [True, False])
def test_upload__it_exists_since_an_answer_was_lost(bench: Bench, compares: bool) -> None:
    bench.compares = compares
    bench.proxy.script(LOSE_ANSWER, path="/legacy")
    bench.index.script("upload", PASS, EXISTS)
    assert bench.upload() == Uploaded(2, "" if compares else ANSWER_LOST)
    assert bench.comparisons == compares


def test_upload__a_misleading_refusal_after_a_lost_answer(bench: Bench) -> None:
    bench.proxy.script(LOSE_ANSWER, path="/legacy")
    bench.index.script("upload", PASS, Answer(400, "previously used by a file that has since been deleted"))
    assert bench.upload() == Uploaded(2)


def test_upload__a_redirect_with_the_body(bench: Bench) -> None:
    bench.upload_path = "/legacy"
    assert bench.upload() == Uploaded(1)
    first, second = bench.index.requests
    assert (first.endpoint, second.endpoint) == ("slashless", "upload")
    assert first.headers["content-type"] != second.headers["content-type"]


def test_upload__a_redirect_that_leads_nowhere(bench: Bench) -> None:
    bench.index.script("upload", Answer(301, headers={"Location": "/legacy/"}))
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.cause, DeadEnd)
    assert (outcome.attempts, bench.uploads) == (1, 1)


def test_upload__an_ended_token_is_renewed_once_per_file(bench: Bench) -> None:
    bench.authentication = authentication = Renewable(bench.journal)
    bench.index.script("upload", EXPIRED, Answer(503), EXPIRED)
    assert bench.upload() == Refused(403, "Invalid API Token: token is expired, token is expired")
    assert bench.used_tokens == ["t1", "t2", "t2"]
    assert len(authentication.refused) == 1


def test_upload__an_ended_token_is_no_attempt(bench: Bench) -> None:
    bench.authentication = Renewable(bench.journal)
    bench.index.script("upload", EXPIRED, Answer(200))
    assert bench.upload() == Uploaded(1)
    assert bench.used_tokens == ["t1", "t2"]
    assert "the upload token expired on the way" in bench.journal.text


def test_upload__the_renewal_fails(bench: Bench) -> None:
    error = ExchangeUnanswered(Url.parse("https://index.example/"), Reply(503), 3)
    bench.authentication = Renewable(bench.journal, error=error)
    bench.index.script("upload", Answer(500, after=True), EXPIRED)
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert outcome.cause is error
    assert outcome.may_be_uploaded


def test_upload__after_a_server_error_alone_and_half_as_many(bench: Bench) -> None:
    """Another upload is in flight from before the error until some time after it."""
    bench.index.script("upload", Answer(500))
    other = build_distribution("other-1.tar.gz")
    refused = threading.Event()

    async def pause(_: Seen) -> None:
        refused.set()

    bench.index.pause = pause
    with ThreadPoolExecutor(1) as executor:
        with bench.slots.hold(other.release, alone=False):
            uploading = executor.submit(bench.upload)
            assert refused.wait(30)
            assert not uploading.done()
            assert bench.uploads == 1
        assert uploading.result(30) == Uploaded(2)
    assert bench.slots.limit == 4


def test_upload__stopped_before_it_starts(bench: Bench) -> None:
    bench.stop.request()
    assert bench.upload() == NotTried(CANCELLED)
    assert not bench.index.requests
    assert bench.watcher.events == []


def test_upload__stopped_between_two_attempts(bench: Bench) -> None:
    async def pause(_: Seen) -> None:
        bench.stop.request()

    bench.index.pause = pause
    bench.index.script("upload", Answer(503))
    assert bench.upload() == Failed(None, 1, may_be_uploaded=True)


def test_upload__progress_is_logged_from_time_to_time(bench: Bench) -> None:
    """The clock advances by a fixed time whenever it is read."""
    clock = itertools.count(0, PROGRESS_INTERVAL)
    with connect() as client:
        uploader = bench.uploader(client)
        retrying = replace(uploader.connection.retrying, now=lambda: float(next(clock)))
        replace(uploader, connection=replace(uploader.connection, retrying=retrying)).upload(bench.distribution)
    assert f"Uploading {WHEEL}: 0 % of 0.0 MB, 0 kB/s, stalled" in bench.journal.lines


@pytest.mark.parametrize(("endpoint", "attempts", "maybe"), [("upload", 2, True), ("simple", 1, False)])
def test_abandon__while_the_file_is_sent_or_compared(bench: Bench, endpoint: str, attempts: int, maybe: bool) -> None:
    if endpoint == "upload":
        bench.proxy.script(reset(after=None), path="/legacy/")
    else:
        bench.index.script("upload", EXISTS)
    outcome = bench.abandon(lambda seen: seen.endpoint == endpoint)
    assert outcome == Failed(None, attempts, may_be_uploaded=maybe)


def test_abandon__before_anything_is_sent(bench: Bench) -> None:
    with connect() as client:
        assert bench.uploader(client).abandon(bench.distribution) == NotTried(CANCELLED)


# --- Green without a release


def refuse(status: int, message: str) -> Answer:
    return Answer.of_json(status, {"message": message})


DELETED = "The version '1.0' of the package 'demo' has been deleted, and cannot be republished"
PAGE = Answer(200, "<!doctype html><html><head><title>devpi</title></head><body><h1>Indexes</h1></body></html>")
SIGN_IN = Answer(203, '<!DOCTYPE html><title>Sign in</title><form><input name="email"></form>')
ACCEPTED = Answer.of_json(202, {"task": "/api/v3/tasks/1/"})
LATER = Answer(503)


CONFLICTS = [
    (409, DELETED),
    (409, "The request conflicts with the state of the feed"),
    (409, "The name 'demo' conflicts with an existing project. See the help for more information."),
    (409, ""),
    (403, "Project demo already exists and has another owner"),
    (404, "Could not locate artifact"),
    (422, "The package type is unknown"),
]


@pytest.mark.parametrize("lost", [(), (LATER,)])
@pytest.mark.parametrize("compares", [True, False])
def test_green_without_a_release__409_of_a_deleted_version(
    bench: Bench, compares: bool, lost: tuple[Answer, ...]
) -> None:
    bench.compares, bench.skip_existing = compares, True
    for status, message in CONFLICTS:
        bench.index.script("upload", *lost, refuse(status, message))
        assert bench.upload() == Refused(status, message or "Conflict")


@pytest.mark.parametrize("skip_existing", [True, False])
@pytest.mark.parametrize("lost", [(), (LATER,)])
def test_green_without_a_release__reported_as_existing_but_not_listed(
    bench: Bench, skip_existing: bool, lost: tuple[Answer, ...]
) -> None:
    """The same content under another name, for example."""
    bench.skip_existing = skip_existing
    bench.index.script("upload", *lost, EXISTS)
    assert bench.upload() == Refused(400, f"File already exists ('{WHEEL}').", Comparison.ABSENT)


@pytest.mark.parametrize("status", [400, 404, 422])
def test_green_without_a_release__the_listing_decides_without_words(bench: Bench, status: int) -> None:
    bench.index.add(WHEEL, b"content")
    bench.index.script("upload", Answer(status), LATER, Answer(status))
    assert bench.upload() == Existing()
    assert bench.upload() == Uploaded(2)
    bench.index.add(WHEEL, b"other")
    bench.index.script("upload", Answer(status), Answer(status))
    outcome = bench.upload()
    assert isinstance(outcome, Refused)
    assert outcome.found is Comparison.DIFFERENT
    bench.skip_existing = True
    assert bench.upload() == Skipped(OTHER_CONTENT)


@pytest.mark.parametrize(
    ("answer", "doubt"),
    [
        (PAGE, 'it answered 200 OK with a web page ("devpi")'),
        (SIGN_IN, 'it answered 203 Non-Authoritative Information with a web page ("Sign in")'),
        (Answer(206), "it answered 206 Partial Content, which is not how an index confirms"),
        (Answer.of_json(200, {"error": "quota exceeded"}), 'it answered 200 OK with an error ("quota exceeded")'),
        (ACCEPTED, NOT_YET),
    ],
)
def test_green_without_a_release__a_success_that_proves_nothing(bench: Bench, answer: Answer, doubt: str) -> None:
    bench.index.script("upload", answer, LATER, answer, answer, answer)
    absent = NoReply(Cause.UNUSABLE, f"{doubt}, and the listing lacks the file", may_have_succeeded=True)
    is_later = answer is ACCEPTED
    assert bench.upload() == (Uploaded(1, doubt) if is_later else Failed(absent, 1, may_be_uploaded=True))
    bench.index.add(WHEEL, b"content")
    assert bench.upload() == Uploaded(2)
    bench.index.add(WHEEL, b"other")
    assert bench.upload() == Refused(None, OTHER_CONTENT, Comparison.DIFFERENT)
    bench.compares = False
    assert bench.upload() == Uploaded(1, doubt)


@pytest.mark.parametrize(
    "answer",
    [Answer(200), Answer(200, "\n\n"), Answer(201), Answer(204), Answer.of_json(200, {"ok": True}), Answer(200, "OK")],
)
def test_green_without_a_release__a_plain_success_is_certain(bench: Bench, answer: Answer) -> None:
    bench.index.script("upload", answer)
    assert bench.upload() == Uploaded(1)
    assert bench.comparisons == 0


@pytest.mark.parametrize("status", [300, 302, 304, 308])
def test_green_without_a_release__a_redirect_to_nowhere(bench: Bench, status: int) -> None:
    bench.compares = False
    bench.index.script("upload", Answer(status))
    assert isinstance(bench.upload(), Failed)


def test_green_without_a_release__the_digest_in_the_refusal(bench: Bench) -> None:
    bench.compares = False
    ours, other = bench.distribution.digests, "0" * 64
    named = f"File already exists ('{WHEEL}', with {{}}_256 hash '{{}}')."
    refusals = [
        named.format("sha", ours.sha256),
        named.format("blake2", other),
        f"File exists, md5: {'0' * 32}",
        named.format("blake2", ours.blake2b_256),
    ]
    bench.index.script("upload", *(each for text in refusals for each in (LATER, refuse(400, text))))
    assert bench.upload() == Uploaded(2)
    assert bench.upload() == Refused(400, refusals[1], Comparison.DIFFERENT)
    bench.skip_existing = True
    assert bench.upload() == Skipped(OTHER_CONTENT)
    assert bench.upload() == Uploaded(2, ANSWER_LOST)
    bench.index.script("upload", *(refuse(409, text) for text in refusals[:2]))
    assert bench.upload() == Existing()
    assert bench.upload() == Skipped(OTHER_CONTENT)


@pytest.mark.parametrize("status", [499, 500, 520, 524, 527])
def test_green_without_a_release__nothing_to_compare_after_a_lost_answer(bench: Bench, status: int) -> None:
    bench.compares = False
    bench.index.script("upload", Answer(status), EXISTS)
    assert bench.upload() == Uploaded(2, ANSWER_LOST)


# --- Dialects


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(429, "x", {"RateLimit": '"project.create.user";r=0;t=55569'}), 55569),
        (Answer(429, "x", {"Retry-After": "3600"}), 3600),
        (Answer(429, "x"), None),
    ],
)
def test_dialects__when_another_try_is_allowed(bench: Bench, answer: Answer, seconds: float | None) -> None:
    bench.index.script("upload", *[answer] * 3)
    assert bench.upload() == Refused(429, "x", seconds=seconds)


def test_dialects__when_an_outage_ends(bench: Bench) -> None:
    bench.index.script("upload", *[Answer(503, "x", {"Retry-After": "3600"})] * 3)
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert outcome.seconds == 3600


def test_dialects__the_beginning_of_every_refusal_is_in_the_verbose_log(bench: Bench) -> None:
    bench.index.script("upload", Answer(503, "<p>backend\nfetch failed"), Answer(400, "x" * 2000), PASS)
    bench.upload()
    assert f"{WHEEL}: 503 Service Unavailable: <p>backend fetch failed" in bench.journal.lines
    assert f"{WHEEL}: 400 Bad Request: {'x' * 1000}" in bench.journal.lines
