"""How many uploads run at once. The fake index fails those that would deadlock the real one (decision 0006)."""

from collections.abc import Sequence
from itertools import chain

import pytest

from tests.fakes.service import Seen
from tests.integration.stage import Stage, build_release


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """Use an API token, which may create projects."""
    stage.index.users["__token__"] = "secret-token"
    stage.runner.inputs["password"] = "secret-token"
    return stage


def add_projects(stage: Stage, names: Sequence[str]) -> None:
    """Publish an old release of each project."""
    for number, name in enumerate(names):
        stage.index.add(f"{name}-0.1.tar.gz", bytes([number]), project=name, version="0.1")


def count_at_once(seen: Sequence[Seen]) -> int:
    """Return the largest number of requests in progress at once."""
    ends = chain.from_iterable(((each.arrived, 1), (each.answered or 0, -1)) for each in seen)
    running = most = 0
    for _, change in sorted(ends):
        running += change
        most = max(most, running)
    return most


def test_one_release__never_more_than_two_at_once(stage: Stage) -> None:
    build_release(stage.dist, wheels=40)
    add_projects(stage, ["sample"])
    stage.index.latency = 0.01
    run = stage.perform()
    assert run.exit_status == 0
    assert stage.index.deadlocks == 0
    assert len(stage.index.seen("upload")) == 41
    assert count_at_once(stage.index.seen("upload")) == 2


def test_new_projects__one_at_a_time_beside_nothing_else(stage: Stage) -> None:
    existing = [f"existing{number}" for number in range(4)]
    add_projects(stage, existing)
    for name in (*existing, "new0", "new1", "new2"):
        build_release(stage.dist, name, wheels=1)
    stage.index.latency = 0.01
    assert stage.perform().exit_status == 0
    assert stage.index.deadlocks == 0
    firsts = stage.index.seen("upload")[:3]
    assert {seen.value("name") for seen in firsts} == {"new0", "new1", "new2"}
    assert not any(first.overlaps(each) for first in firsts for each in stage.index.seen("upload") if each is not first)
