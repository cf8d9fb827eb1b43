"""Rarer mistakes than those of `tests/scenarios`: one annotation each, whose first lines name cause and fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import build_wheel

if TYPE_CHECKING:
    from tests.integration.stage import Stage

FOLD = 300
"""Characters of an annotation that GitHub shows, roughly."""

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
    ("claims", "words"),
    [
        ({"environment": None, "run_attempt": "2"}, ("environment (none)", "a rerun keeps the workflow file")),
        (
            in_workflow("octo-org/shared/.github/workflows/release.yml", f"{REPOSITORY}release.yml"),
            ("`octo-org/shared/.github/workflows/release.yml", "Move the publishing job into", "release.yml`"),
        ),
        ({"repository_owner_id": "9"}, (REGISTER, "the account was renamed or re-created")),
    ],
)  # fmt: skip
def test_mistake__in_the_registration(stage: Stage, claims: dict[str, object], words: tuple[str, ...]) -> None:
    stage.github.claims = claims
    check_mistake(stage, 1, words)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"repository-url": UPLOAD_URL.replace("https", "http")}, ("`http://upload.pypi.org/legacy/`", "`https://`")),
        ({"repository-url": "https://upload.pypi.org/"}, ("is not the upload URL of PyPI", f"`{UPLOAD_URL}`")),
        ({"repository-url": "https://test.pypi.org/simple/"}, ("URL of TestPyPI", "`https://test.pypi.org/legacy/`")),
        ({"expected-version": "main"}, ("`expected-version` is `main`, which is not a version.", "such as `1.2.3`")),
    ],
)
def test_mistake__in_the_inputs(stage: Stage, inputs: dict[str, str], words: tuple[str, ...]) -> None:
    stage.runner.inputs |= {"repository-url": "", "check-url": ""} | inputs
    check_mistake(stage, 2, words)
    assert not stage.requests
