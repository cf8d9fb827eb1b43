"""The fault matrix: every request of a run meets every fault, once and for good, over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import build_wheel
from tests.fakes.faults import End
from tests.integration.matrix import (
    BURN,
    EXCHANGE,
    LISTING,
    MATRIX,
    UPLOAD,
    Case,
    Kind,
)
from tests.integration.stage import IMPATIENCE, Stage, outcomes

if TYPE_CHECKING:
    from tests.fakes.runner import Run

WHEEL = "sample-1.0-py3-none-any.whl"
ATTEMPTS = 2


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """Make one wheel ready, in a run that tries twice and does not wait long."""
    build_wheel(stage.dist, size=20_000)
    stage.answer_timeout = IMPATIENCE
    stage.runner.inputs |= {"max-attempts": str(ATTEMPTS), "timeout": "1"}
    return stage


def everywhere(*cases: tuple[Kind, Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("kind", "case"), [pytest.param(kind, case, id=f"{kind.name}: {case.name}") for kind, case in cases]
    )


def assert_told(stage: Stage, run: Run) -> None:
    """Hold the report to what really is on the index."""
    assert set(outcomes(run)) == {WHEEL}
    assert (outcomes(run)[WHEEL] in {"uploaded", "existing"}) <= (stage.index.filenames() == [WHEEL])
    assert run.outputs["result"] == ("published" if run.exit_status == 0 else "failed")
    assert "Traceback" not in run.raw_log
    assert len(run.raw_log) < 20_000
    id_tokens = [str(seen.json()) for seen in stage.index.seen("mint")]
    assert len(set(id_tokens)) == len(id_tokens)


@everywhere(*((kind, case) for kind, case in MATRIX if case.retried))
def test_once__the_run_recovers(stage: Stage, kind: Kind, case: Case) -> None:
    kind.proxy(stage).script(case.fault, path=kind.path)
    run = stage.perform()
    assert_told(stage, run)
    assert run.exit_status == 0
    assert outcomes(run) == {WHEEL: "uploaded"}
    assert stage.index.filenames() == [WHEEL]
    assert kind.count(stage) == (1 if kind is BURN else 2)
    assert not run.errors
    assert case.cause in run.raw_log or kind is BURN


@everywhere(*MATRIX)
def test_always__the_cause_is_named(stage: Stage, kind: Kind, case: Case) -> None:
    kind.proxy(stage).script(*[case.fault] * 9, path=kind.path)
    run = stage.perform()
    assert_told(stage, run)
    attempts = ATTEMPTS if case.retried and kind is not BURN else 1
    assert kind.count(stage) == attempts
    if kind in EXCHANGE:
        assert run.exit_status == 1
        assert outcomes(run) == {WHEEL: "not-tried"}
        assert not stage.index.seen("upload")
        assert any(case.cause_at(kind) in error for error in run.errors)
    elif kind is LISTING:
        assert run.exit_status == 0
        assert "What 127.0.0.1 has of sample is not known: " in run.raw_log
        assert case.cause in run.raw_log
    elif kind is UPLOAD and case.worked:
        assert run.exit_status == 0
        assert outcomes(run) == {WHEEL: "uploaded"}
    elif kind is UPLOAD:
        assert run.exit_status == 1
        assert outcomes(run) == {WHEEL: "refused" if case.refusal else "failed"}
        assert stage.index.filenames() == []
        assert any(case.cause in error for error in run.errors)
    else:
        assert run.exit_status == 0
        assert not run.errors
        assert [token.burned for token in stage.index.tokens.values()] == [case.worked]
    if kind in {LISTING, UPLOAD} and case.fault.end is not End.HANG:
        assert [token.burned for token in stage.index.tokens.values()] == [True]
