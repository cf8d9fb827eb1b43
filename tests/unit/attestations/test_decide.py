from __future__ import annotations

import pytest

from publisher.attestations.decide import Attest, Decision, Impossible, Leave, Target, decide, judge_claims
from publisher.attestations.model import AttestationMode
from tests.fakes.job import Job

PYPI = Target("PyPI", is_known=True, is_trusted=True)
PYPI_BY_TOKEN = Target("PyPI", is_known=True, is_trusted=False)
OTHER = Target("index.example", is_known=False, is_trusted=True)
OTHER_BY_PASSWORD = Target("index.example", is_known=False, is_trusted=False)
EVERY_TARGET = (PYPI, PYPI_BY_TOKEN, OTHER, OTHER_BY_PASSWORD)
WORKFLOW = "octo-org/sample/.github/workflows/release.yml"
CALLED = "octo-org/sample/.github/workflows/publish.yml"


@pytest.mark.parametrize(
    ("mode", "target", "kind"),
    [
        (AttestationMode.TRUE, PYPI, Attest),
        (AttestationMode.TRUE, PYPI_BY_TOKEN, Leave),
        (AttestationMode.TRUE, OTHER, Leave),
        (AttestationMode.TRUE, OTHER_BY_PASSWORD, Leave),
        (AttestationMode.BEST_EFFORT, PYPI, Attest),
        (AttestationMode.BEST_EFFORT, PYPI_BY_TOKEN, Leave),
        (AttestationMode.BEST_EFFORT, OTHER, Leave),
        (AttestationMode.BEST_EFFORT, OTHER_BY_PASSWORD, Leave),
        (AttestationMode.REQUIRED, PYPI, Attest),
        (AttestationMode.REQUIRED, PYPI_BY_TOKEN, Impossible),
        (AttestationMode.REQUIRED, OTHER, Attest),
        (AttestationMode.REQUIRED, OTHER_BY_PASSWORD, Attest),
    ],
)
def test_decide__by_mode_and_target(mode: AttestationMode, target: Target, kind: type[Decision]) -> None:
    assert type(decide(mode, target, dry_run=False)) is kind


@pytest.mark.parametrize("target", EVERY_TARGET)
def test_decide__never_where_it_is_switched_off(target: Target) -> None:
    assert decide(AttestationMode.FALSE, target, dry_run=False) == Leave("`attestations` is `false`")


@pytest.mark.parametrize("target", EVERY_TARGET)
@pytest.mark.parametrize("mode", [mode for mode in AttestationMode if mode is not AttestationMode.FALSE])
def test_decide__never_in_a_dry_run(mode: AttestationMode, target: Target) -> None:
    assert decide(mode, target, dry_run=True) == Leave("a dry run signs nothing")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (PYPI_BY_TOKEN, "only with Trusted Publishing"),
        (OTHER, "`attestations: required`"),
        (OTHER_BY_PASSWORD, "password"),
    ],
)
def test_decide__says_why_not(target: Target, said: str) -> None:
    decision = decide(AttestationMode.TRUE, target, dry_run=False)
    assert isinstance(decision, Leave)
    assert said in decision.reason


def test_judge_claims__the_workflow_itself_may_sign() -> None:
    assert judge_claims(AttestationMode.TRUE, [PYPI], Job().claims()) == Attest()


def test_judge_claims__a_reusable_workflow_would_be_refused() -> None:
    claims = {"workflow_ref": f"{WORKFLOW}@refs/tags/v1", "job_workflow_ref": f"{CALLED}@refs/heads/main"}
    decision = judge_claims(AttestationMode.BEST_EFFORT, [PYPI], claims)
    assert isinstance(decision, Leave)
    assert f"`{CALLED}`" in decision.reason
    assert f"`{WORKFLOW}`" in decision.reason
    assert isinstance(judge_claims(AttestationMode.REQUIRED, [PYPI], claims), Impossible)


def test_judge_claims__only_the_file_counts_and_not_the_ref() -> None:
    claims = {"workflow_ref": f"{WORKFLOW}@refs/tags/v1", "job_workflow_ref": f"{WORKFLOW}@refs/heads/main"}
    assert judge_claims(AttestationMode.TRUE, [PYPI], claims) == Attest()


def test_judge_claims__an_unknown_index_has_rules_of_its_own() -> None:
    claims = {"workflow_ref": f"{WORKFLOW}@x", "job_workflow_ref": f"{CALLED}@x"}
    assert judge_claims(AttestationMode.REQUIRED, [OTHER], claims) == Attest()
    assert isinstance(judge_claims(AttestationMode.REQUIRED, [OTHER, PYPI], claims), Impossible)


@pytest.mark.parametrize("value", [None, "", 7, ["x"]])
def test_judge_claims__a_claim_that_is_missing_or_strange_proves_nothing(value: object) -> None:
    assert (
        judge_claims(AttestationMode.TRUE, [PYPI], {"workflow_ref": f"{WORKFLOW}@x", "job_workflow_ref": value})
        == Attest()
    )
    assert (
        judge_claims(AttestationMode.TRUE, [PYPI], {"workflow_ref": value, "job_workflow_ref": f"{WORKFLOW}@x"})
        == Attest()
    )
