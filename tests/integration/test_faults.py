"""The fault matrix: every kind of request with every class of fault, over real sockets."""

import shutil
from pathlib import Path

import pytest

from tests.builders import build_wheel
from tests.fakes.faults import End
from tests.fakes.proxy import Proxy
from tests.fakes.runner import Run
from tests.integration.matrix import BURN, EXCHANGE, ID_TOKEN, LISTING, MATRIX, TRANSIENT, UPLOAD, Case, Kind
from tests.integration.stage import IMPATIENCE, Stage, says

WHEEL = "sample-1.0-py3-none-any.whl"
ATTEMPTS = 2


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("built"), size=20_000)


@pytest.fixture
def stage(stage: Stage, wheel: Path) -> Stage:
    """Publish one wheel, with two attempts per request."""
    shutil.copy(wheel, stage.dist)
    stage.runner.inputs["max-attempts"] = str(ATTEMPTS)
    return stage


def each(cases: list[tuple[Kind, Case]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("kind", "case"), [pytest.param(kind, case, id=f"{kind.name}: {case.name}") for kind, case in cases]
    )


def proxy_of(stage: Stage, kind: Kind) -> Proxy:
    return stage.github_proxy if kind is ID_TOKEN else stage.index_proxy


def play(stage: Stage, kind: Kind, case: Case, times: int) -> Run:
    """Run with the fault; if it is a missing answer, with short timeouts and a single attempt."""
    if case.fault.end is End.HANG:
        stage.answer_timeout = IMPATIENCE
        stage.runner.inputs |= {"timeout": "1", "max-attempts": "1"}
    proxy_of(stage, kind).script(*[case.fault] * times, path=kind.path)
    run = stage.perform()
    assert run.outcomes.keys() == {WHEEL}
    assert (run.outcomes[WHEEL] == "uploaded") <= (stage.index.filenames() == [WHEEL])
    assert run.outputs["result"] == ("published" if run.exit_status == 0 else "failed")
    assert "Traceback" not in run.raw_log
    assert len(run.raw_log) < 20_000
    id_tokens = [seen.body for seen in stage.index.seen("mint")]
    assert len(set(id_tokens)) == len(id_tokens)
    return run


def count_attempts(stage: Stage, kind: Kind) -> int:
    return sum(passage.path.startswith(kind.path) for passage in proxy_of(stage, kind).passages)


@each(TRANSIENT)
def test_fault__once(stage: Stage, kind: Kind, case: Case) -> None:
    run = play(stage, kind, case, 1)
    assert (run.exit_status, run.outcomes) == (0, {WHEEL: "uploaded"})
    assert count_attempts(stage, kind) == (1 if kind is BURN else 2)
    assert not run.errors


@each(MATRIX)
def test_fault__always(stage: Stage, kind: Kind, case: Case) -> None:
    run = play(stage, kind, case, 9)
    is_retried = case.is_retried and kind is not BURN and case.fault.end is not End.HANG
    assert count_attempts(stage, kind) == (ATTEMPTS if is_retried else 1)
    if kind in EXCHANGE:
        assert (run.exit_status, run.outcomes) == (1, {WHEEL: "not-tried"})
        assert not stage.index.seen("upload")
        assert says(run.errors, case.text), run.errors
    elif kind is LISTING:
        assert (run.exit_status, run.outcomes) == (0, {WHEEL: "uploaded"})
        assert says(run.warnings, case.text), run.warnings
        assert not run.errors
    elif kind is BURN or case.has_worked:
        assert (run.exit_status, run.outcomes) == (0, {WHEEL: "uploaded"})
        assert not run.errors
    else:
        assert (run.exit_status, run.outcomes) == (1, {WHEEL: "refused" if case.is_refusal else "failed"})
        assert says(run.errors, case.text), run.errors
        assert stage.index.filenames() == []
    if kind in {LISTING, UPLOAD}:
        assert [token.burned for token in stage.index.tokens.values()] == [True]
