import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from publisher.cancellation import Stop
from publisher.distributions.model import Distribution
from publisher.errors import ExchangeUnanswered
from publisher.identity.authentication import Authentication, Password, build_basic
from publisher.index.listing import Lister
from publisher.index.outcome import (
    ANSWER_LOST,
    CANCELLED,
    OTHER_CONTENT,
    Failed,
    NotTried,
    Outcome,
    Refused,
    Skipped,
    Uploaded,
)
from publisher.index.upload import Uploader, build_form
from publisher.index.waves import Slots
from publisher.network.reply import Cause, NoReply, Reply
from publisher.network.url import Url
from tests.fakes.faults import LOSE_ANSWER, reset
from tests.fakes.index import FakeIndex
from tests.fakes.proxy import Proxy, proxied
from tests.fakes.service import PASS, Answer, Seen
from tests.fakes.serving import serve
from tests.values import SDIST, WHEEL, Journal, build_distribution, connect, write_distribution

EXPIRED = Answer.of_json(403, {"code": "403 Invalid API Token: token is expired, token is expired"})
EXISTS = Answer.of_json(400, {"code": f"400 File already exists ('{WHEEL}')."})


@dataclass
class Renewable(Authentication):
    """Tokens `t1`, `t2`, ...: a new one for every renewal, until there are no more."""

    journal: Journal
    renewals: int = 9
    error: ExchangeUnanswered | None = None
    number: int = 1

    def _value(self) -> SecretStr:
        return build_basic("__token__", SecretStr(f"t{self.number}"), self.journal.mask)

    def fresh(self) -> SecretStr:
        return self._value()

    def renew(self, refused: SecretStr) -> SecretStr | None:  # noqa: ARG002 -- inherited
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
            10,
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


def test_upload__with_its_attestations(bench: Bench) -> None:
    bench.attestations = {WHEEL: "[1]", "other.whl": "[2]"}
    bench.index.script("upload", Answer(200))
    assert bench.upload() == Uploaded(1)
    (seen,) = bench.index.requests
    assert seen.headers["accept"] == "application/json"
    assert seen.value(":action") == "file_upload"
    assert seen.values("attestations") == ["[1]"]
    assert "transfer-encoding" not in seen.headers


SIGSTORE_TROUBLE = Answer.of_json(
    400,
    {
        "code": "400 Invalid attestations supplied during upload: Unknown error while trying to verify included "
        "attestations: Failed to refresh TUF metadata"
    },
)


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
    ("answer", "words", "uploads"),
    [
        (SIGSTORE_TROUBLE, "Failed to refresh TUF metadata", 3),
        (Answer.of_json(400, {"code": "400 Invalid attestations: Could not verify"}), "Could not verify", 1),
        (Answer(429, "Too many new projects created"), "Too many new projects created", 1),
        (EXPIRED, "token is expired", 1),
    ],
)
def test_upload__refused_in_the_end(bench: Bench, answer: Answer, words: str, uploads: int) -> None:
    bench.index.script("upload", *[answer] * 3)
    outcome = bench.upload()
    assert isinstance(outcome, Refused)
    assert outcome.status == answer.status
    assert words in outcome.reason
    assert (bench.uploads, bench.comparisons) == (uploads, answer.status != 429)  # which says nothing about the file


@pytest.mark.parametrize(("status", "maybe"), [(503, True), (499, True), (408, False)])
def test_upload__an_outage_that_does_not_end(bench: Bench, status: int, maybe: bool) -> None:
    bench.index.script("upload", *[Answer(status, "Sorry")] * 3)
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert (outcome.attempts, outcome.may_be_uploaded, bench.comparisons) == (3, maybe, maybe)


def test_upload__an_outage_after_the_work_was_done(bench: Bench) -> None:
    bench.index.script("upload", Answer(500, after=True), Answer(503), Answer(503))
    assert bench.upload() == Uploaded(3)
    assert bench.comparisons == 1
    assert bench.watcher.events == [WHEEL, (WHEEL, Uploaded(3), 0)]


def test_upload__the_file_never_went_out(bench: Bench) -> None:
    bench.distribution.path.write_bytes(b"other content")
    changed = "its size or modification time is not that of the file that was hashed"
    assert bench.upload() == Failed(NoReply(Cause.FILE_CHANGED, changed), 1)
    assert not bench.index.files


def test_upload__other_content_is_there(bench: Bench) -> None:
    bench.index.add(WHEEL, b"other")
    bench.proxy.script(LOSE_ANSWER, path="/legacy")
    outcome = bench.upload()
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("File already exists")
    bench.skip_existing = True
    assert bench.upload() == Skipped(OTHER_CONTENT)


@pytest.mark.parametrize("compares", [True, False])
def test_upload__it_exists_since_an_answer_was_lost(bench: Bench, compares: bool) -> None:
    bench.compares = compares
    bench.proxy.script(LOSE_ANSWER, path="/legacy")
    bench.index.script("upload", PASS, EXISTS)
    assert bench.upload() == Uploaded(2, "" if compares else ANSWER_LOST)
    assert bench.comparisons == compares


def test_upload__a_redirect_with_the_body(bench: Bench) -> None:
    bench.upload_path = "/legacy"
    assert bench.upload() == Uploaded(1)
    assert bench.index.read(WHEEL) == b"content"
    first, second = bench.index.requests
    assert (first.endpoint, second.endpoint) == ("slashless", "upload")
    assert first.headers["content-type"] != second.headers["content-type"]


def test_upload__an_expired_token_is_renewed_once_per_attempt(bench: Bench) -> None:
    bench.authentication = Renewable(bench.journal)
    bench.index.script("upload", EXPIRED, Answer(503), EXPIRED, Answer(200), EXPIRED, EXPIRED)
    assert bench.upload() == Uploaded(2)
    assert bench.upload() == Refused(403, "Invalid API Token: token is expired, token is expired")
    assert bench.used_tokens == ["t1", "t2", "t2", "t3", "t3", "t4"]
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


def test_dialects__the_beginning_of_every_refusal_is_in_the_verbose_log(bench: Bench) -> None:
    bench.index.script("upload", Answer(503, "<p>backend\nfetch failed"), Answer(400, "x" * 2000), PASS)
    bench.upload()
    assert f"{WHEEL}: 503 Service Unavailable: <p>backend fetch failed" in bench.journal.lines
    assert f"{WHEEL}: 400 Bad Request: {'x' * 1000}" in bench.journal.lines


def build_pairs(distribution: Distribution) -> list[tuple[str, str]]:
    return [(name, value.decode()) for name, values in build_form(distribution).items() for value in values]


def test_build_form__what_the_index_needs() -> None:
    wheel = build_distribution(WHEEL)
    assert build_pairs(wheel) == [
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("filetype", "bdist_wheel"),
        ("pyversion", "py3"),
        ("sha256_digest", wheel.digests.sha256),
        ("blake2_256_digest", wheel.digests.blake2b_256),
        ("metadata_version", "2.4"),
        ("name", "sample"),
        ("version", "1.0"),
        ("requires_python", ""),
    ]


def test_build_form__an_sdist() -> None:
    form = dict(build_pairs(build_distribution(SDIST)))
    assert (form["filetype"], form["pyversion"]) == ("sdist", "source")


def test_build_form__every_field_under_the_index_s_name_and_in_order() -> None:
    metadata = [
        ("Requires-Python", ">=3.11"),
        ("Classifier", "A"),
        ("CLASSIFIER", "B"),
        ("Project-URL", "Home, https://sample.example/"),
        ("Platform", "any"),
        ("Provides-Extra", "x"),
        ("Author-email", "me@sample.example"),
        ("License-File", "LICENSE"),
        ("Brand-New-Field", "new"),
    ]
    form = build_pairs(build_distribution(metadata=metadata))
    assert form[9:] == [
        ("requires_python", ">=3.11"),
        ("classifiers", "A"),
        ("classifiers", "B"),
        ("project_urls", "Home, https://sample.example/"),
        ("platform", "any"),
        ("provides_extra", "x"),
        ("author_email", "me@sample.example"),
        ("license_file", "LICENSE"),
        ("brand_new_field", "new"),
    ]
