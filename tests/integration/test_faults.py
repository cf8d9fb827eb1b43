"""The fault matrix: every request of a run meets every fault, once and for good, over real sockets."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.builders import build_wheel
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
    from pathlib import Path

    from tests.fakes.runner import Run

WHEEL = "sample-1.0-py3-none-any.whl"
ATTEMPTS = 2


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of all these runs."""
    return build_wheel(tmp_path_factory.mktemp("built"), size=20_000)


@pytest.fixture
def stage(stage: Stage, wheel: Path) -> Stage:
    """Make one wheel ready, in a run that tries twice."""
    shutil.copy(wheel, stage.dist)
    stage.runner.inputs["max-attempts"] = str(ATTEMPTS)
    return stage


def play(stage: Stage, kind: Kind, case: Case, times: int) -> Run:
    """Let the fault happen so many times. Only a run that meets silence is impatient: this machine may be busy."""
    if case.takes_patience:
        stage.answer_timeout = IMPATIENCE
        stage.runner.inputs["timeout"] = "1"
    kind.proxy(stage).script(*[case.fault] * times, path=kind.path)
    return stage.perform()


def everywhere(*cases: tuple[Kind, Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("kind", "case"), [pytest.param(kind, case, id=f"{kind.name}: {case.name}") for kind, case in cases]
    )


def announced_waits(run: Run) -> int:
    return run.raw_log.count("next_attempt=")


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
    run = play(stage, kind, case, 1)
    assert_told(stage, run)
    assert run.exit_status == 0
    assert outcomes(run) == {WHEEL: "uploaded"}
    assert stage.index.filenames() == [WHEEL]
    attempts = 1 if kind is BURN else 2
    assert kind.count(stage) == attempts
    assert announced_waits(run) == attempts - 1
    assert not run.errors
    assert case.cause in run.raw_log or kind is BURN


@everywhere(*MATRIX)
def test_always__the_cause_is_named(stage: Stage, kind: Kind, case: Case) -> None:
    run = play(stage, kind, case, 9)
    assert_told(stage, run)
    attempts = ATTEMPTS if case.retried and kind is not BURN else 1
    assert kind.count(stage) == attempts
    assert announced_waits(run) == attempts - 1
    if kind in EXCHANGE:
        assert run.exit_status == 1
        assert outcomes(run) == {WHEEL: "not-tried"}
        assert not stage.index.seen("upload")
        assert any(case.cause_at(kind) in error for error in run.errors)
    elif kind is LISTING:
        assert run.exit_status == 0
        assert "What 127.0.0.1 has of sample is not known: " in run.raw_log
        assert "- What 127.0.0.1 has of sample is not known: " in run.summary
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
    if kind in {LISTING, UPLOAD}:
        assert [token.burned for token in stage.index.tokens.values()] == [True]
