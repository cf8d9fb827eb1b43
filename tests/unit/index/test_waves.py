import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from publisher.cancellation import Stop
from publisher.distributions.model import Distribution
from publisher.index.outcome import CANCELLED, Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded
from publisher.index.simple_api import ListedFile, Listing, Unknown
from publisher.index.waves import Slots, plan_waves, run_waves
from tests.values import build_distribution

SDIST = build_distribution("sample-1.0.tar.gz", size=50)
SMALL = build_distribution("sample-1.0-py3-none-any.whl", size=10)
MEDIUM = build_distribution("sample-1.0-cp313-cp313-win32.whl", size=20)
LARGE = build_distribution("sample-1.0-cp313-cp313-win_amd64.whl", size=30)
OTHER = build_distribution("other-2.0.tar.gz", size=40)
ALL = (SDIST, SMALL, LARGE, MEDIUM, OTHER)


def listed(**files: Collection[str]) -> dict[str, Listing]:
    return {project: Listing({filename: ListedFile() for filename in names}) for project, names in files.items()}


def plan(
    distributions: Collection[Distribution],
    suspects: Collection[str] = (),
    listings: Mapping[str, Listing | Unknown] = {},
) -> list[list[str]]:
    known = {canonicalize_name(name): listing for name, listing in listings.items()}
    waves = plan_waves(distributions, suspects, known)
    return [[each.filename for each in wave] for wave in waves]


def names(*distributions: Distribution) -> list[str]:
    return [each.filename for each in distributions]


@pytest.mark.parametrize(
    ("suspects", "listings", "expected"),
    [
        ((), {}, [(SMALL,), (OTHER,), (LARGE, MEDIUM), (SDIST,)]),
        (
            (),
            listed(sample=["sample-0.9.tar.gz", "sample-1.0.exe", "sample.whl", "nonsense"], other=["other-1.tar.gz"]),
            [(OTHER, SMALL), (LARGE, MEDIUM), (SDIST,)],
        ),
        (
            (),
            listed(sample=["sample-1.0-py2-none-any.whl"], other=["other-2.0-py3-none-any.whl"]),
            [(LARGE, MEDIUM, SMALL), (SDIST, OTHER)],
        ),
        (names(SDIST, MEDIUM), {}, [(MEDIUM,), (SDIST,), (OTHER,), (LARGE, SMALL)]),
    ],
    ids=["new projects", "new releases", "existing releases", "suspects"],
)
def test_plan_waves__firsts_then_wheels_then_sdists(
    suspects: Collection[str], listings: dict[str, Listing], expected: list[tuple[Distribution, ...]]
) -> None:
    assert plan(ALL, suspects, listings) == [names(*wave) for wave in expected]


def test_plan_waves__several_new_releases_of_a_new_project() -> None:
    newer = build_distribution("sample-1.1.tar.gz", size=5)
    assert plan((SMALL, SDIST, newer)) == [names(SMALL), names(newer), names(SDIST)]


@pytest.mark.parametrize("listing", [Unknown("x"), Listing({}, is_new=True)])
def test_plan_waves__an_unknown_or_missing_project_counts_as_new(listing: Listing | Unknown) -> None:
    listings = {"sample": listing} | listed(other=["other-1.tar.gz"])
    assert plan((SMALL, OTHER, LARGE), listings=listings) == [names(SMALL), names(OTHER), names(LARGE)]


BOTH_KINDS = [
    *(f"{project}-{version}.tar.gz" for project in "ab" for version in (1, 2)),
    *(f"{project}-{version}-py{tag}-none-any.whl" for project in "ab" for version in (1, 2) for tag in (2, 3)),
]


@given(
    st.sets(st.sampled_from(BOTH_KINDS)),
    st.sets(st.sampled_from(BOTH_KINDS)),
    st.sets(st.sampled_from(BOTH_KINDS)),
)
def test_plan_waves__each_once_and_no_race_for_a_release(
    filenames: set[str], suspects: set[str], existing: set[str]
) -> None:
    distributions = [build_distribution(name, size=len(name)) for name in filenames]
    listings = {
        canonicalize_name(project): Listing(
            {name: ListedFile() for name in existing if name.startswith(project)},
            is_new=not any(name.startswith(project) for name in existing),
        )
        for project in "ab"
    }
    waves = plan_waves(distributions, suspects, listings)
    order = [each for wave in waves for each in wave]
    assert sorted(each.filename for each in order) == sorted(filenames)
    begun = {build_distribution(name).release for name in existing}
    projects = {build_distribution(name).project for name in existing}
    for wave in waves:
        counts = Counter(each.release for each in wave)
        assert all(count == 1 for release, count in counts.items() if release not in begun)
        if any(each.filename in suspects for each in wave):
            assert len(wave) == 1
        assert len(wave) == 1 or {each.project for each in wave} <= projects
        begun |= set(counts)
        projects |= {each.project for each in wave}


A, B, C, D = (build_distribution(f"{name}-1.tar.gz") for name in "abcd")
WAIT = 10


class Uploads:
    """Uploads that end as a test says; `gate` holds them back until it is set."""

    def __init__(self, **outcomes: Outcome) -> None:
        self.outcomes = outcomes
        self.started: list[str] = []
        self.stop = Stop(grace=0.02)
        self.gate = threading.Event()
        self.gate.set()
        self.before: Callable[[Distribution], None] = lambda _: None

    def upload(self, distribution: Distribution) -> Outcome:
        self.started.append(str(distribution.project))
        self.before(distribution)
        assert self.gate.wait(WAIT)
        return self.outcomes.get(str(distribution.project), Uploaded())

    def abandon(self, distribution: Distribution) -> Outcome:
        if str(distribution.project) in self.started:
            return Failed(None, 2, may_be_uploaded=True)
        return NotTried(CANCELLED)

    def run(self, *waves: tuple[Distribution, ...], parallel: int = 2) -> dict[str, Outcome]:
        outcomes = run_waves(waves, self.upload, self.abandon, parallel, self.stop)
        return {filename[0]: outcome for filename, outcome in outcomes.items()}


def test_run_waves__one_after_the_other() -> None:
    uploads = Uploads(b=Existing(), c=Skipped("x"))
    assert uploads.run((A,), (B,), (C, D)) == {"a": Uploaded(), "b": Existing(), "c": Skipped("x"), "d": Uploaded()}
    assert uploads.started[:2] == ["a", "b"]


def test_run_waves__a_wave_in_parallel() -> None:
    uploads = Uploads()
    together = threading.Barrier(3)

    def meet(_: Distribution) -> None:
        together.wait(WAIT)

    uploads.before = meet
    assert len(uploads.run((A, B, C), parallel=3)) == 3


@pytest.mark.parametrize("bad", [Refused(400, "no"), Failed(None, 3), NotTried("x")])
def test_run_waves__bad_news_ends_it_after_the_wave(bad: Outcome) -> None:
    uploads = Uploads(a=bad)
    outcomes = uploads.run((A, B), (C,), (D,), parallel=1)
    not_tried = NotTried("`a-1.tar.gz` was not published")
    assert outcomes == {"a": bad, "b": Uploaded(), "c": not_tried, "d": not_tried}
    assert uploads.started == ["a", "b"]


def test_run_waves__cancelled_and_uploads_in_flight_end_in_time() -> None:
    uploads = Uploads()
    uploads.before = lambda _: uploads.stop.request()
    assert uploads.run((A,), (B,), parallel=1) == {"a": Uploaded(), "b": NotTried(CANCELLED)}


def test_run_waves__cancelled_and_uploads_in_flight_take_too_long() -> None:
    uploads = Uploads()
    uploads.gate.clear()
    uploads.before = lambda each: uploads.stop.request() if each is B else None
    outcomes = uploads.run((A, B, C), (D,), parallel=2)
    uploads.gate.set()
    cut_off = Failed(None, 2, may_be_uploaded=True)
    assert outcomes == {"a": cut_off, "b": cut_off, "c": NotTried(CANCELLED), "d": NotTried(CANCELLED)}


def test_run_waves__a_bug_surfaces() -> None:
    uploads = Uploads()

    def fail(_: Distribution) -> None:
        raise ZeroDivisionError

    uploads.before = fail
    with pytest.raises(ZeroDivisionError):
        uploads.run((A, B))


class Attempt:
    """An attempt in a thread of its own that wants a slot, and gives it back when it is told to."""

    def __init__(self, slots: Slots, distribution: Distribution, *, alone: bool = False) -> None:
        self._entered, self._leave = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(slots, distribution, alone))
        self._thread.start()

    def _run(self, slots: Slots, distribution: Distribution, alone: bool) -> None:
        with slots.hold(distribution.release, alone=alone):
            self._entered.set()
            assert self._leave.wait(WAIT)

    def has_slot(self) -> bool:
        return self._entered.wait(0.02)

    def leave(self) -> None:
        assert self._entered.wait(WAIT)
        self._leave.set()
        self._thread.join(WAIT)


@pytest.mark.parametrize(
    ("limit", "distributions"), [(8, (SMALL, SMALL, SMALL, OTHER)), (2, (A, B, C))], ids=["release", "all"]
)
def test_slots__two_for_one_release_and_a_limit_for_all(limit: int, distributions: tuple[Distribution, ...]) -> None:
    slots = Slots(limit)
    attempts = [Attempt(slots, each) for each in distributions]
    (waiting,) = [each for each in attempts if not each.has_slot()]
    for each in sorted(attempts, key=[waiting].__contains__):
        each.leave()


def test_slots__alone_waits_for_the_others_and_keeps_them_out() -> None:
    slots = Slots(8)
    first = Attempt(slots, A)
    assert first.has_slot()
    alone = Attempt(slots, B, alone=True)
    assert not alone.has_slot()
    later = Attempt(slots, C)
    assert not later.has_slot()
    first.leave()
    assert alone.has_slot()
    newcomer = Attempt(slots, D)
    assert not later.has_slot()
    assert not newcomer.has_slot()
    for each in (alone, later, newcomer):
        each.leave()


@pytest.mark.parametrize(("limit", "half"), [(8, 4), (3, 1), (1, 1)])
def test_slots__halved(limit: int, half: int) -> None:
    slots = Slots(limit)
    slots.halve()
    assert slots.limit == half
