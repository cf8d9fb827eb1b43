from __future__ import annotations

import pytest

from publisher.attestations.decide import AttestationMode, Target, explain_refused_claims, explain_unattested
from tests.fakes.job import Job

PYPI = Target("PyPI", is_known=True, is_trusted=True)
PYPI_BY_TOKEN = Target("PyPI", is_known=True, is_trusted=False)
TEST_PYPI = Target("TestPyPI", is_known=True, is_trusted=True)
OTHER = Target("index.example", is_known=False, is_trusted=True)
OTHER_BY_PASSWORD = Target("index.example", is_known=False, is_trusted=False)
WORKFLOW = "octo-org/sample/.github/workflows/release.yml"
CALLED = "octo-org/sample/.github/workflows/publish.yml"
NO_VALUES: tuple[object, ...] = (None, "")
REUSABLE: dict[str, object] = {
    "workflow_ref": f"{WORKFLOW}@refs/tags/v1",
    "job_workflow_ref": f"{CALLED}@refs/heads/main",
}


@pytest.mark.parametrize(
    ("target", "by_default", "required"),
    [
        (PYPI, None, None),
        (PYPI_BY_TOKEN, "only with Trusted Publishing", "only with Trusted Publishing"),
        (OTHER, "`attestations: required`", None),
        (OTHER_BY_PASSWORD, "password", None),
    ],
)
def test_explain_unattested__by_mode_and_target(target: Target, by_default: str | None, required: str | None) -> None:
    assert explain_unattested(AttestationMode.FALSE, target, dry_run=False) == "`attestations` is `false`"
    for mode in (AttestationMode.TRUE, AttestationMode.BEST_EFFORT, AttestationMode.REQUIRED):
        assert explain_unattested(mode, target, dry_run=True) == "a dry run signs nothing"
        expected = required if mode is AttestationMode.REQUIRED else by_default
        reason = explain_unattested(mode, target, dry_run=False)
        assert (reason is None) if expected is None else expected in str(reason)


def test_explain_refused_claims__reusable_workflow() -> None:
    reason = explain_refused_claims([TEST_PYPI, OTHER, PYPI], REUSABLE)
    assert reason is not None
    assert f"`{CALLED}`, and TestPyPI and PyPI would refuse" in reason
    assert f"its caller `{WORKFLOW}`" in reason


@pytest.mark.parametrize(
    ("target", "claims"),
    [
        (PYPI, Job().claims()),
        (OTHER, REUSABLE),
        (PYPI, REUSABLE | {"job_workflow_ref": f"{WORKFLOW}@refs/heads/main"}),
        *((PYPI, REUSABLE | {name: value}) for name in REUSABLE for value in NO_VALUES),
    ],
)
def test_explain_refused_claims__none(target: Target, claims: dict[str, object]) -> None:
    assert explain_refused_claims([target], claims) is None
