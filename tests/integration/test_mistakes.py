"""Mistakes in a workflow or a registration: one annotation each, whose first lines name cause and fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import build_wheel

if TYPE_CHECKING:
    from tests.integration.stage import Stage

FOLD = 300
"""Characters of an annotation that GitHub shows, roughly."""

NO_PERMISSION = dict.fromkeys(("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
FORK = {**NO_PERMISSION, "GITHUB_EVENT_NAME": "pull_request"}
REPOSITORY = "octo-org/sample/.github/workflows/"
UPLOAD_URL = "https://upload.pypi.org/legacy/"
REGISTER = "Register exactly this"


def in_workflow(job: str, run: str) -> dict[str, object]:
    """Return the claims of a job that is defined in one workflow and started by another."""
    return {"job_workflow_ref": f"{job}@refs/tags/v1.0", "workflow_ref": f"{run}@refs/tags/v1.0"}


def check_mistake(stage: Stage, exit_status: int, words: tuple[str, ...]) -> None:
    """Run, and check that its only error is readable at a glance."""
    build_wheel(stage.dist)
    run = stage.perform()
    assert run.exit_status == exit_status
    (error,) = run.annotations("error")
    title, shown = error.properties["title"], error.data[:FOLD]
    assert " " in title
    assert title not in shown
    assert all(each in shown for each in words), shown
    assert not stage.index.seen("upload")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (NO_PERMISSION, ("may not request an ID token", "`password` is empty", "`id-token: write`")),
        (FORK, ("from a fork", "Publish from a release or a tag")),
        ({"GITHUB_EVENT_NAME": "pull_request_target"}, ("`pull_request_target`", "Publish from a release")),
        ({"INPUT_DRY_RUN": "true"}, ("`dry_run` is not an input of this action.", "Did you mean `dry-run`?")),
    ],
)
def test_mistake__in_what_the_runner_passes(
    stage: Stage, variables: dict[str, str | None], words: tuple[str, ...]
) -> None:
    stage.runner.variables |= variables
    stage.runner.event = {"pull_request": {"head": {"repo": {"id": 2}}, "base": {"repo": {"id": 1}}}}
    check_mistake(stage, 2, words)
    assert not stage.requests


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"environment": "staging"}, ("environment `staging`", REGISTER)),
        ({"environment": None}, ("environment (none)", REGISTER)),
        ({"environment": None, "run_attempt": "2"}, ("environment (none)", "a rerun keeps the workflow file")),
        (in_workflow(f"{REPOSITORY}publish.yml", f"{REPOSITORY}publish.yml"), ("workflow `publish.yml`,", REGISTER)),
        (
            in_workflow(f"{REPOSITORY}publish.yml", f"{REPOSITORY}release.yml"),
            ("workflow `publish.yml` (reusable, called by `release.yml`)", REGISTER),
        ),
        (
            in_workflow("octo-org/shared/.github/workflows/release.yml", f"{REPOSITORY}release.yml"),
            ("`octo-org/shared/.github/workflows/release.yml", "Move the publishing job into", "release.yml`"),
        ),
        ({"repository": "octo-org/renamed"}, ("owner `octo-org`, repository `renamed`", REGISTER)),
        ({"repository_owner_id": "9"}, (REGISTER, "the account was renamed or re-created")),
    ],
)  # fmt: skip
def test_mistake__in_the_registration(stage: Stage, claims: dict[str, object], words: tuple[str, ...]) -> None:
    stage.github.claims = claims
    check_mistake(stage, 1, words)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"user": "ci"}, ("`user` is set but `password` is empty.", "Check the name of the secret")),
        ({"user": "ci", "password": "secret"}, ("`user` is `ci`, but PyPI accepts only `__token__`.", "Remove `user`")),
        ({"repository-url": UPLOAD_URL.replace("https", "http")}, ("`http://upload.pypi.org/legacy/`", "`https://`")),
        ({"repository-url": "https://pypi.org/project/sample/"}, ("a page of PyPI's web site", f"`{UPLOAD_URL}`")),
        ({"repository-url": "https://upload.pypi.org/"}, ("is not the upload URL of PyPI", f"`{UPLOAD_URL}`")),
        ({"repository-url": "https://test.pypi.org/simple/"}, ("URL of TestPyPI", "`https://test.pypi.org/legacy/`")),
        ({"dry-run": "perhaps"}, ("`dry-run` is `perhaps`, which is neither yes nor no.", "Allowed: `true`, `yes`")),
        ({"expected-version": "main"}, ("`expected-version` is `main`, which is not a version.", "such as `1.2.3`")),
        ({"expected-version": "demo-v1.2.0"}, ("`expected-version` is `demo-v1.2.0`", "Pass only `v1.2.0`")),
    ],
)
def test_mistake__in_the_inputs(stage: Stage, inputs: dict[str, str], words: tuple[str, ...]) -> None:
    stage.runner.inputs |= {"repository-url": "", "check-url": ""} | inputs
    check_mistake(stage, 2, words)
    assert not stage.requests
