from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from publisher.index.simple_api import Listing, Unknown
from publisher.index.waves import plan_waves
from tests.values import build_distribution

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from publisher.distributions.model import Distribution

SDIST = build_distribution("sample-1.0.tar.gz", size=50)
SMALL = build_distribution("sample-1.0-py3-none-any.whl", size=10)
MEDIUM = build_distribution("sample-1.0-cp313-cp313-win32.whl", size=20)
LARGE = build_distribution("sample-1.0-cp313-cp313-win_amd64.whl", size=30)
OTHER = build_distribution("other-2.0.tar.gz", size=40)
ALL = (SDIST, SMALL, LARGE, MEDIUM, OTHER)


def listed(**files: Collection[str]) -> dict[str, Listing]:
    return {project: Listing({filename: {} for filename in names}) for project, names in files.items()}


def plan(
    distributions: Collection[Distribution],
    doubtful: Collection[str] = (),
    listings: Mapping[str, Listing | Unknown] = {},
) -> list[list[str]]:
    known = {canonicalize_name(name): listing for name, listing in listings.items()}
    waves = plan_waves(distributions, doubtful, known)
    return [[each.filename for each in wave.distributions] for wave in waves]


def names(*distributions: Distribution) -> list[str]:
    return [each.filename for each in distributions]


def test_plan_waves__the_first_file_of_a_release_alone_then_wheels_then_sdists() -> None:
    assert plan(ALL) == [names(SMALL, OTHER), names(LARGE, MEDIUM), names(SDIST)]


def test_plan_waves__a_release_that_is_there_needs_no_first() -> None:
    listings = listed(sample=["sample-1.0-py2-none-any.whl"], other=["other-2.0-py3-none-any.whl"])
    assert plan(ALL, listings=listings) == [names(LARGE, MEDIUM, SMALL), names(SDIST, OTHER)]


def test_plan_waves__a_listed_sdist_counts_as_well() -> None:
    assert plan((SMALL, LARGE), listings=listed(sample=["sample-1.0.tar.gz"])) == [names(LARGE, SMALL)]


def test_plan_waves__another_release_does_not_count() -> None:
    listings = listed(sample=["sample-0.9.tar.gz", "sample-1.0.exe", "sample.whl", "nonsense"])
    assert plan((SMALL, LARGE), listings=listings) == [names(SMALL), names(LARGE)]


def test_plan_waves__what_is_not_known_counts_as_new() -> None:
    assert plan((SMALL, LARGE), listings={"sample": Unknown("x")}) == [names(SMALL), names(LARGE)]


def test_plan_waves__doubtful_files_first_and_one_at_a_time() -> None:
    waves = plan(ALL, doubtful={SDIST.filename, MEDIUM.filename})
    assert waves == [names(MEDIUM), names(SDIST), names(OTHER), names(LARGE, SMALL)]


def test_plan_waves__nothing() -> None:
    assert plan(()) == []


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
    filenames: set[str], doubtful: set[str], existing: set[str]
) -> None:
    distributions = [build_distribution(name, size=len(name)) for name in filenames]
    listings = {
        canonicalize_name(project): Listing({name: {} for name in existing if name.startswith(project)})
        for project in "ab"
    }
    waves = plan_waves(distributions, doubtful, listings)
    order = [each for wave in waves for each in wave.distributions]
    assert sorted(each.filename for each in order) == sorted(filenames)
    begun = {build_distribution(name).release for name in existing}
    for wave in waves:
        counts = Counter(each.release for each in wave.distributions)
        assert all(count == 1 for release, count in counts.items() if release not in begun)
        if any(each.filename in doubtful for each in wave.distributions):
            assert len(wave.distributions) == 1
        begun |= set(counts)
