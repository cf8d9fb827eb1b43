from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from publisher.errors import ExchangeUnanswered
from publisher.identity.credentials import Credentials, Password, build_basic
from publisher.index.listing import Lister
from publisher.index.outcome import CANCELLED, Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded
from publisher.index.upload import CUT_OFF, OTHER_CONTENT, Uploader
from publisher.network.client import Client
from publisher.network.reply import Reply
from publisher.network.trust import build_trustless_context
from publisher.network.url import Url
from tests.fakes.faults import HANG, LOSE_ANSWER, answer_with, render_answer, reset
from tests.fakes.index import FakeIndex
from tests.fakes.proxy import Proxy, proxied
from tests.fakes.service import PASS, Answer
from tests.fakes.serving import serve
from tests.values import WHEEL, Journal, run, write_distribution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from publisher.distributions.model import Distribution
    from tests.fakes.service import Seen

EXPIRED = Answer.of_json(403, {"code": "403 Invalid API Token: token is expired, token is expired"})
EXISTS = Answer.of_json(400, {"code": f"400 File already exists ('{WHEEL}')."})


@dataclass
class Renewable:
    """Tokens `t1`, `t2`, ...: a new one for every renewal, until there are no more."""

    journal: Journal
    renewals: int = 9
    error: ExchangeUnanswered | None = None
    number: int = 1
    refused: list[SecretStr] = field(default_factory=list)

    def _value(self) -> SecretStr:
        return build_basic("__token__", SecretStr(f"t{self.number}"), self.journal.mask)

    async def fresh(self) -> SecretStr:
        return self._value()

    async def renew(self, refused: SecretStr) -> SecretStr | None:
        self.refused.append(refused)
        if self.error:
            raise self.error
        if self.number > self.renewals:
            return None
        self.number += 1
        return self._value()

    async def burn(self) -> None:
        raise AssertionError("an upload burns nothing")


@dataclass
class Bench:
    """One distribution to upload to an index, through a proxy that may break things."""

    distribution: Distribution
    index: FakeIndex = field(default_factory=FakeIndex)
    journal: Journal = field(default_factory=Journal)
    proxy: Proxy = field(init=False)
    credentials: Credentials = field(init=False)
    upload_path: str = "/legacy/"
    skip_existing: bool = False
    compares: bool = True
    timeout: float = 10
    attestations: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.index.users["user"] = "password"
        self.credentials = Password("user", SecretStr("password"), self.journal.mask)

    def upload(self, cut_off_when: Callable[[Seen], bool] | None = None) -> Outcome:
        """Upload; cut it off, and give it up, as soon as the index sees such a request, which is never answered."""
        reached = threading.Event()

        async def pause(seen: Seen) -> None:
            if cut_off_when and cut_off_when(seen):
                reached.set()
                await asyncio.Event().wait()

        self.index.pause = pause

        async def once() -> Outcome:
            async with Client(build_trustless_context(), 2) as client:
                root, retrying = Url.parse(self.proxy.url), self.journal.retrying()
                lister = Lister(root.at("/simple/"), client, retrying, self.journal.mask) if self.compares else None
                uploader = Uploader(
                    root.at(self.upload_path),
                    client,
                    retrying,
                    self.credentials,
                    lister,
                    self.timeout,
                    self.skip_existing,
                    self.attestations,
                )
                uploading = asyncio.ensure_future(uploader.upload(self.distribution))
                if cut_off_when is None:
                    return await uploading
                await asyncio.to_thread(reached.wait, 30)
                uploading.cancel()
                await asyncio.wait((uploading,))
                return uploader.give_up(self.distribution)

        return run(once())

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


def test_upload__index_that_has_trouble_with_sigstore_itself__is_tried_again(bench: Bench) -> None:
    bench.index.script("upload", SIGSTORE_TROUBLE, SIGSTORE_TROUBLE)
    assert bench.upload() == Uploaded(3)


def test_upload__index_whose_trouble_with_sigstore_lasts__is_told_in_its_own_words(bench: Bench) -> None:
    bench.index.script("upload", *[SIGSTORE_TROUBLE] * 9)
    outcome = bench.upload()
    assert isinstance(outcome, Refused)
    assert outcome.status == 400
    assert "Failed to refresh TUF metadata" in outcome.reason


def test_upload__attestation_that_is_refused__is_final(bench: Bench) -> None:
    wrong = "400 Invalid attestations supplied during upload: Could not verify the uploaded artifact"
    bench.index.script("upload", Answer.of_json(400, {"code": wrong}))
    assert isinstance(bench.upload(), Refused)
    assert bench.uploads == 1


def test_upload__with_its_attestations_and_no_other_s(bench: Bench) -> None:
    bench.attestations = {WHEEL: "[1]", "other.whl": "[2]"}
    bench.index.script("upload", Answer(200))
    assert bench.upload() == Uploaded(1)
    assert bench.index.requests[0].values("attestations") == ["[1]"]


def test_upload__outages_pass(bench: Bench) -> None:
    bench.index.script("upload", Answer(502), Answer(500, after=True))
    assert bench.upload() == Uploaded(3)


def test_upload__refused_in_the_index_s_words(bench: Bench) -> None:
    bench.distribution = replace(bench.distribution, digests=replace(bench.distribution.digests, sha256="0" * 64))
    outcome = bench.upload()
    assert isinstance(outcome, Refused)
    assert outcome.status == 400
    assert outcome.reason.startswith("The digest supplied does not match")
    assert (bench.uploads, bench.comparisons) == (1, 0)


def test_upload__429_without_a_wait_is_a_refusal(bench: Bench) -> None:
    bench.index.script("upload", Answer(429, "Too many new projects created"))
    assert bench.upload() == Refused(429, "Too many new projects created")
    assert (bench.uploads, bench.comparisons) == (1, 0)


def test_upload__429_with_a_wait_is_tried_again(bench: Bench) -> None:
    bench.index.script("upload", Answer(429, headers={"Retry-After": "0"}))
    assert bench.upload() == Uploaded(2)


@pytest.mark.parametrize(("status", "maybe"), [(503, True), (500, True), (408, False)])
def test_upload__no_end_of_an_outage(bench: Bench, status: int, maybe: bool) -> None:
    bench.index.script("upload", *[Answer(status, "Sorry")] * 3)
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert (outcome.attempts, outcome.may_be_uploaded) == (3, maybe)
    assert outcome.reason.startswith(f"{status} ")


def test_upload__an_outage_after_the_work_was_done(bench: Bench) -> None:
    bench.index.script("upload", Answer(500, after=True), Answer(503), Answer(503))
    assert bench.upload() == Uploaded(3)
    assert bench.comparisons == 1


def test_upload__the_last_answer_was_lost_after_the_work_was_done(bench: Bench) -> None:
    bench.proxy.script(reset(), reset(), LOSE_ANSWER, path="/legacy")
    assert bench.upload() == Uploaded(3)


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
    assert "changed while it was being published" in outcome.reason
    assert not bench.index.files


def test_upload__nobody_answers_in_time(bench: Bench) -> None:
    bench.timeout = 0.05
    bench.proxy.script(HANG, HANG, HANG, path="/legacy")
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert "no answer came in time" in outcome.reason


def test_upload__identical_content_is_there(bench: Bench) -> None:
    bench.index.add(WHEEL, b"content")
    bench.index.script("upload", EXISTS)
    assert bench.upload() == Existing()


def test_upload__other_content_is_there(bench: Bench) -> None:
    bench.index.add(WHEEL, b"other")
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
    assert bench.upload() == Refused(400, reason)
    bench.skip_existing = True
    assert bench.upload() == Skipped(reason)


def test_upload__it_exists_since_an_answer_was_lost(bench: Bench) -> None:
    bench.proxy.script(LOSE_ANSWER, path="/legacy")
    bench.index.script("upload", PASS, EXISTS)
    assert bench.upload() == Uploaded(2)
    assert bench.comparisons == 1


def test_upload__it_exists_since_an_answer_was_lost_and_nobody_can_compare(bench: Bench) -> None:
    bench.compares = False
    bench.proxy.script(LOSE_ANSWER, path="/legacy")
    bench.index.script("upload", PASS, EXISTS)
    assert bench.upload() == Uploaded(2)
    assert "could not be compared" in bench.journal.text


def test_upload__it_exists_with_other_content_though_an_answer_was_lost(bench: Bench) -> None:
    bench.index.add(WHEEL, b"other")
    bench.proxy.script(LOSE_ANSWER, path="/legacy")
    assert isinstance(bench.upload(), Refused)


def test_upload__a_misleading_refusal_after_a_lost_answer(bench: Bench) -> None:
    bench.proxy.script(LOSE_ANSWER, path="/legacy")
    bench.index.script("upload", PASS, Answer(400, "previously used by a file that has since been deleted"))
    assert bench.upload() == Uploaded(2)


def test_upload__an_answer_that_is_almost_http(bench: Bench) -> None:
    raw = render_answer(400, b"", reason="1 validation error\n  Input should be valid")
    bench.proxy.script(answer_with(raw), path="/legacy")
    assert bench.upload() == Refused(400, "1 validation error Input should be valid")


def test_upload__a_redirect_with_the_body(bench: Bench) -> None:
    bench.upload_path = "/legacy"
    assert bench.upload() == Uploaded(1)
    first, second = bench.index.requests
    assert (first.endpoint, second.endpoint) == ("slashless", "upload")
    assert first.headers["content-type"] != second.headers["content-type"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(301, headers={"Location": "/legacy/"}), "loses the request's body"),
        (Answer(308), "without saying where to"),
        (Answer(307, headers={"Location": "https://evil.example/legacy/"}), "another origin"),
        (Answer(304), "without saying where to"),
    ],
)
def test_upload__a_redirect_that_leads_nowhere(bench: Bench, answer: Answer, why: str) -> None:
    bench.index.script("upload", answer)
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert why in outcome.reason
    assert (outcome.attempts, bench.uploads) == (1, 1)


def test_upload__round_and_round(bench: Bench) -> None:
    bench.index.script("upload", *[Answer(308, headers={"Location": "/legacy/"})] * 50)
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert bench.uploads < 10


def test_upload__an_ended_token_is_renewed_once_per_file(bench: Bench) -> None:
    bench.credentials = credentials = Renewable(bench.journal)
    bench.index.script("upload", EXPIRED, Answer(503), EXPIRED)
    assert bench.upload() == Refused(403, "Invalid API Token: token is expired, token is expired")
    assert bench.used_tokens == ["t1", "t2", "t2"]
    assert len(credentials.refused) == 1


def test_upload__an_ended_token_is_no_attempt(bench: Bench) -> None:
    bench.credentials = Renewable(bench.journal)
    bench.index.script("upload", EXPIRED, Answer(200))
    assert bench.upload() == Uploaded(1)
    assert bench.used_tokens == ["t1", "t2"]
    assert "the upload token ended on the way" in bench.journal.text


def test_upload__an_ended_password_is_refused(bench: Bench) -> None:
    bench.index.script("upload", EXPIRED)
    assert isinstance(bench.upload(), Refused)
    assert bench.uploads == 1


def test_upload__the_renewal_fails(bench: Bench) -> None:
    error = ExchangeUnanswered(Url.parse("https://index.example/"), Reply(503), 3)
    bench.credentials = Renewable(bench.journal, error=error)
    bench.index.script("upload", Answer(500, after=True), EXPIRED)
    outcome = bench.upload()
    assert isinstance(outcome, Failed)
    assert outcome.reason == "the upload token could not be renewed: 503 Service Unavailable"
    assert outcome.may_be_uploaded


def test_upload__secrets_are_shown_nowhere(bench: Bench) -> None:
    bench.index.script("upload", Answer(500), Answer(403, "no"))
    bench.upload()
    for secret in bench.journal.masked:
        assert secret not in bench.journal.text


def test_upload__cancelled_leaves_nothing_behind(bench: Bench) -> None:
    bench.proxy.script(HANG, path="/legacy")
    work = bench.upload

    async def once() -> None:
        async with Client(build_trustless_context(), 2) as client:
            uploader = Uploader(
                Url.parse(bench.proxy.url).at("/legacy/"), client, bench.journal.retrying(), bench.credentials, None, 10
            )
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await uploader.upload(bench.distribution)

    run(once())
    assert work() == Uploaded(1)


def test_give_up__while_the_file_is_sent(bench: Bench) -> None:
    bench.proxy.script(reset(after=None), path="/legacy/")
    outcome = bench.upload(cut_off_when=lambda seen: seen.endpoint == "upload")
    assert outcome == Failed(CUT_OFF, 2, may_be_uploaded=True)


def test_give_up__while_it_is_compared(bench: Bench) -> None:
    bench.index.script("upload", EXISTS)
    outcome = bench.upload(cut_off_when=lambda seen: seen.endpoint == "simple")
    assert outcome == Failed(CUT_OFF, 1, may_be_uploaded=False)


def test_give_up__before_anything_is_sent(bench: Bench) -> None:
    async def once() -> Outcome:
        async with Client(build_trustless_context(), 1) as client:
            url, retrying = Url.parse(bench.proxy.url), bench.journal.retrying()
            return Uploader(url, client, retrying, bench.credentials, None, 1).give_up(bench.distribution)

    assert run(once()) == NotTried(CANCELLED)
