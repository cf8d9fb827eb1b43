"""What only PyPI has: a list of classifiers. The far side is the client's answers, for PyPI is not on loopback."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, cast

import pytest

from publisher.network.reply import Reply
from publisher.preflight.finding import Severity
from publisher.publish import Run
from publisher.report.masker import Masker
from publisher.report.runner import Runner, Surroundings
from publisher.settings.model import RunnerVariables
from publisher.settings.validation import read_settings
from publisher.world import World
from tests.builders import build_wheel
from tests.values import NOW, Journal, run

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.network.client import Client
    from publisher.network.request import Request
    from publisher.report.model import Report

NEW = "Programming Language :: Python :: 3.99"
KNOWN = "\n".join(f"Topic :: Number {number}" for number in range(200))


class FarSide:
    """Answer requests by their URL; 404 for any other."""

    def __init__(self, answers: dict[str, Reply]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def send(self, request: Request, _on_progress: object = None) -> Reply:
        self.asked.append(str(request.url))
        return self.answers.get(str(request.url), Reply(404))


def try_out(workspace: Path, far_side: FarSide) -> Report:
    async def once() -> Report:
        world = World(
            cast("Client", far_side),
            Journal().retrying(),
            Runner(io.StringIO(), Surroundings(in_actions=False), Masker()),
            RunnerVariables.read({}),
            workspace,
            asyncio.Event(),
            lambda: NOW,
        )
        telling = Run(read_settings({"INPUT_DRY-RUN": "true"}), world)
        await telling.tell()
        return telling.report

    return run(once())


def severities(report: Report) -> list[Severity]:
    return [finding.severity for finding in report.findings if finding.rule == "classifiers-unknown"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "dist").mkdir()
    build_wheel(tmp_path / "dist", metadata=[("Classifier", NEW)])
    return tmp_path


LIST = "https://pypi.org/pypi?:action=list_classifiers"


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (Reply(200, body=f"{KNOWN}\n{NEW}\n".encode()), []),
        (Reply(200, body=KNOWN.encode()), [Severity.ERROR]),
        (Reply(200, body=b"<html>maintenance</html>"), [Severity.WARNING]),
        (Reply(503), [Severity.WARNING]),
    ],
)
def test_unknown_classifier__the_live_list_decides(workspace: Path, answer: Reply, left: list[Severity]) -> None:
    far_side = FarSide({LIST: answer})
    assert severities(try_out(workspace, far_side)) == left
    assert LIST in far_side.asked


def test_known_classifiers__nobody_is_asked_for_the_list(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    build_wheel(tmp_path / "dist", metadata=[("Classifier", "Programming Language :: Python :: 3")])
    far_side = FarSide({})
    try_out(tmp_path, far_side)
    assert far_side.asked == ["https://pypi.org/simple/sample/"]
