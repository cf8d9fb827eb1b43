"""Publish many files: the order of uploads never makes the index fail one."""

from tests.builders import build_sdist, build_wheel
from tests.fakes.trusted_publishing import TrustedPublisher
from tests.integration.stage import Stage


def assert_uploaded_at_the_first_attempt(stage: Stage, files: int) -> None:
    run = stage.runner.run()
    assert run.exit_status == 0, run.log
    assert set(run.outcomes.values()) == {"uploaded"}
    assert [seen.status for seen in stage.index.seen("upload")] == [200] * files
    assert stage.index.deadlocks == 0
    assert stage.index.most_at_once > 1


def test_many_files__of_one_release(stage: Stage) -> None:
    stage.index.latency = 0.02
    for number in range(40):
        build_wheel(stage.dist, tag=f"cp3{number}-none-any")
    build_sdist(stage.dist)
    assert_uploaded_at_the_first_attempt(stage, 41)


def test_many_files__of_new_and_existing_projects(stage: Stage) -> None:
    stage.index.latency = 0.02
    for number in range(8):
        name = f"sample{number}"
        stage.index.register(TrustedPublisher(name, pending=number % 2 == 0))
        for python in range(3):
            build_wheel(stage.dist, name, tag=f"cp3{python}-none-any")
    assert_uploaded_at_the_first_attempt(stage, 24)


def test_many_files__of_new_projects_on_an_index_without_a_simple_api(stage: Stage) -> None:
    stage.index.latency = 0.02
    stage.index.users["ci"] = "secret"
    for number in range(4):
        for python in range(3):
            build_wheel(stage.dist, f"sample{number}", tag=f"cp3{python}-none-any")
    stage.runner.inputs |= {"user": "ci", "password": "secret", "check-url": ""}
    assert_uploaded_at_the_first_attempt(stage, 12)
