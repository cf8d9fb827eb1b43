from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from publisher.distributions.model import Distribution
from publisher.index.outcome import CANCELLED, Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded
from publisher.index.publishing import Publishing
from publisher.index.waves import Wave
from tests.values import build_distribution, run

A, B, C, D = (build_distribution(f"{name}-1.tar.gz") for name in "abcd")

Upload = Callable[[Distribution], Awaitable[Outcome]]


@dataclass
class Sender:
    """An uploader that knows nothing of its uploads but that it gave them up."""

    send: Upload

    async def upload(self, distribution: Distribution) -> Outcome:
        return await self.send(distribution)

    def give_up(self, distribution: Distribution) -> Outcome:
        return Failed(f"{distribution.project} was cut off", 2, may_be_uploaded=True)


class Uploads:
    """Uploads that end when and as a test says, and the signal to stop."""

    def __init__(self, **outcomes: Outcome) -> None:
        self.outcomes = outcomes
        self.began: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.all_began = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.stop = asyncio.Event()
        self.told: list[Outcome] = []

    async def upload(self, distribution: Distribution) -> Outcome:
        self.began.append(str(distribution.project))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.all_began.set()
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
            return self.outcomes.get(str(distribution.project), Uploaded())
        finally:
            self.at_once -= 1

    def watch(self, upload: Upload) -> Upload:
        async def watched(distribution: Distribution) -> Outcome:
            outcome = await upload(distribution)
            self.told.append(outcome)
            return outcome

        return watched

    def publish(
        self, *waves: tuple[Distribution, ...], parallel: int = 2, upload: Upload | None = None
    ) -> dict[str, Outcome]:
        publishing = Publishing(Sender(upload or self.upload), self.watch, parallel, self.stop, grace=0.02)
        outcomes = run(publishing.run_waves([Wave(wave) for wave in waves]))
        return {filename[0]: outcome for filename, outcome in outcomes.items()}


def test_run_waves__one_after_the_other() -> None:
    uploads = Uploads(b=Existing(), c=Skipped("x"))
    assert uploads.publish((A,), (B,), (C, D)) == {"a": Uploaded(), "b": Existing(), "c": Skipped("x"), "d": Uploaded()}
    assert uploads.began[:2] == ["a", "b"]


def test_run_waves__nothing_to_do() -> None:
    assert Uploads().publish() == {}


@pytest.mark.parametrize("parallel", [1, 2, 3])
def test_run_waves__so_many_at_once(parallel: int) -> None:
    uploads = Uploads()
    uploads.publish((A, B, C, D), parallel=parallel)
    assert uploads.most_at_once == parallel


@pytest.mark.parametrize("bad", [Refused(400, "no"), Failed("x", 3), NotTried("x")])
def test_run_waves__bad_news_end_it_after_the_wave(bad: Outcome) -> None:
    uploads = Uploads(a=bad)
    outcomes = uploads.publish((A, B), (C,), (D,), parallel=1)
    untried = NotTried("`a-1.tar.gz` was not published")
    assert outcomes == {"a": bad, "b": Uploaded(), "c": untried, "d": untried}
    assert uploads.began == ["a", "b"]


def test_run_waves__cancelled_before_it_began() -> None:
    uploads = Uploads()
    uploads.stop.set()
    assert uploads.publish((A,), (B,)) == {"a": NotTried(CANCELLED), "b": NotTried(CANCELLED)}
    assert not uploads.began


def test_run_waves__cancelled_and_what_is_under_way_still_ends_in_time() -> None:
    uploads = Uploads()

    async def upload(distribution: Distribution) -> Outcome:
        uploads.stop.set()
        return await uploads.upload(distribution)

    outcomes = uploads.publish((A, B), (C,), parallel=1, upload=upload)
    assert outcomes == {"a": Uploaded(), "b": NotTried(CANCELLED), "c": NotTried(CANCELLED)}


def test_run_waves__cancelled_and_what_is_under_way_takes_too_long() -> None:
    uploads = Uploads()
    uploads.gate.clear()

    async def upload(distribution: Distribution) -> Outcome:
        if distribution is B:
            uploads.stop.set()
        return await uploads.upload(distribution)

    outcomes = uploads.publish((A, B, C), (D,), parallel=2, upload=upload)
    cut_off = [Failed(f"{name} was cut off", 2, may_be_uploaded=True) for name in "ab"]
    assert [outcomes["a"], outcomes["b"]] == cut_off
    assert set(uploads.told) == set(cut_off)
    assert outcomes["c"] == outcomes["d"] == NotTried(CANCELLED)
    assert (sorted(uploads.began), uploads.at_once) == (["a", "b"], 0)


def test_run_waves__a_bug_ends_everything() -> None:
    uploads = Uploads()
    uploads.gate.clear()

    async def upload(distribution: Distribution) -> Outcome:
        if distribution is B:
            raise ZeroDivisionError
        return await uploads.upload(distribution)

    with pytest.raises(ExceptionGroup) as caught:
        uploads.publish((A, B), upload=upload)
    assert isinstance(caught.value.exceptions[0], ZeroDivisionError)
    assert uploads.at_once == 0
