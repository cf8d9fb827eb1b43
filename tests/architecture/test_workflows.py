import re
import shlex

import pytest
from ruamel.yaml import YAML

from scripts.release.__main__ import STEPS, build_parser
from tests.architecture.sources import read

CI = YAML(typ="safe").load(read(".github/workflows/ci.yml"))
RELEASE = read(".github/workflows/release.yml")
COMMANDS = re.findall(r"python3 -m scripts\.release ([^>\\\n]*)", RELEASE)


def test_ci__requires_every_job() -> None:
    jobs = CI["jobs"]
    assert set(jobs["passed"]["needs"]) == jobs.keys() - {"passed"}
    assert jobs["passed"]["if"] == "always()"


def test_release__uses_every_step() -> None:
    assert {command.split()[0] for command in COMMANDS} == STEPS.keys() - {"prepare"}


@pytest.mark.parametrize("command", COMMANDS)
def test_release__calls_steps_as_they_are(command: str) -> None:
    build_parser().parse_args(shlex.split(command))


def test_release__starts_from_main_only_and_uses_no_cache() -> None:
    assert "tags:" not in RELEASE
    assert "cache" not in RELEASE


def test_release__verifies_as_users_do() -> None:
    flags = re.findall(r"--signer-workflow ORG/publish-action(\S+ --source-ref \S+)", read("SECURITY.md"))
    assert len(flags) == 2  # provenance and SBOM
    assert all(f'--signer-workflow "$GITHUB_REPOSITORY"{each}' in RELEASE for each in flags)
