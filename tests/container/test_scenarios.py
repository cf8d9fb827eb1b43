"""The scenarios again, in containers on the host's network, because their services are on loopback."""

from collections.abc import Callable

import pytest

from tests.container.container import ContainerRunner
from tests.integration.stage import Stage, build_release, set_stage
from tests.integration.test_attestations_of_runs import sign
from tests.scenarios.snapshot import check_run
from tests.scenarios.test_scenarios import SCENARIOS, assert_no_secret


def enter(stage: Stage, runner: ContainerRunner) -> None:
    """Make the stage's runs start containers."""
    runner.network = "host"
    runner.inputs = stage.runner.inputs
    # The file of the only authority is not mounted.
    runner.variables = stage.runner.variables | {"SSL_CERT_FILE": None}
    stage.runner = runner


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_scenario(runner: ContainerRunner, scenario: Callable[[Stage], None]) -> None:
    with set_stage(runner.workspace.parent) as stage:
        enter(stage, runner)
        scenario(stage)
        run = stage.runner.run()
        check_run(scenario.__name__, stage, run)
        assert_no_secret(stage, run)


def test_scenario__signed(runner: ContainerRunner) -> None:
    with set_stage(runner.workspace.parent) as stage, sign(stage) as sigstore:
        enter(stage, runner)
        names = build_release(stage.dist)
        run = stage.runner.run()
        assert run.exit_status == 0, run.log
        assert {each["filename"]: each["attested"] for each in run.distributions} == dict.fromkeys(names, True)
        assert len(sigstore.seen("log")) == len(names)
