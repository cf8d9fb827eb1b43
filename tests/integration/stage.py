"""The place where a run is played: a job on a runner, GitHub and an index on loopback, and a proxy before each."""

from __future__ import annotations

import io
import json
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.program import Program
from tests.builders import build_sdist, build_wheel
from tests.fakes.commands import parse_file_commands
from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.proxy import Proxy, proxied
from tests.fakes.runner import FileCommands, Run, Runner
from tests.fakes.serving import Served, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from publisher.ahead import Ahead
    from tests.fakes.service import Seen

IMPATIENCE = 0.5
"""Seconds after which a request other than an upload counts as unanswered here."""


@dataclass(eq=False)
class Clock:
    """Unix time that moves only when it is told to."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


@dataclass
class Stage:
    """A run that would succeed as it stands. The program talks to both services through the proxies."""

    github: FakeGitHub
    index: FakeIndex
    runner: Runner
    github_proxy: Proxy
    index_proxy: Proxy
    served: Served
    """The index without the proxy."""
    clock: Callable[[], float]
    first_wait: float = 0
    answer_timeout: float = 30
    ahead: Ahead | None = None

    @property
    def dist(self) -> Path:
        """Return the directory of distributions."""
        path = self.runner.workspace / "dist"
        path.mkdir(exist_ok=True)
        return path

    @property
    def requests(self) -> list[Seen]:
        """Return what both services were asked, in the order in which it was asked of each."""
        return [*self.github.requests, *self.index.requests]

    def perform(self, inputs: dict[str, str] | None = None, files: FileCommands | None = None) -> Run:
        """Run the program in this process as the runner would, without any wait between attempts."""
        self.runner.inputs |= inputs or {}
        files = files or FileCommands.create(self.runner.file_commands)
        stdout = io.StringIO()
        program = Program(
            self.runner.environment(files),
            stdout,
            self.clock,
            self.ahead,
            self.first_wait,
            self.answer_timeout,
        )
        status = program.run()
        outputs = parse_file_commands(files.output.read_text("utf-8")) if files.output.is_file() else {}
        summary = files.summary.read_text("utf-8") if files.summary.is_file() else ""
        return Run(status, stdout.getvalue(), outputs, summary)


@contextmanager
def set_stage(directory: Path, clock: Callable[[], float] = time.time) -> Iterator[Stage]:
    """Make everything ready for a run that publishes what lies in `dist` by Trusted Publishing."""
    github = FakeGitHub(clock=clock)
    index = FakeIndex(github, clock=clock)
    index.register()
    runner = Runner(directory, github.job)
    with ExitStack() as stack:
        to_github = stack.enter_context(proxied(stack.enter_context(serve(github)).url))
        served = stack.enter_context(serve(index))
        to_index = stack.enter_context(proxied(served.url))
        runner.variables = dict(github.variables(to_github.url))
        runner.inputs = {
            "repository-url": f"{to_index.url}/legacy/",
            "check-url": f"{to_index.url}/simple/",
            "print-hash": "false",
            "attestations": "false",
        }
        yield Stage(github, index, runner, to_github, to_index, served, clock)


def build_release(dist: Path, name: str = "sample", version: str = "1.0", wheels: int = 2) -> list[str]:
    """Build some wheels and an sdist of one release; return their names, sorted."""
    paths = [build_wheel(dist, name, version, tag=f"cp3{number}-none-any", size=4000) for number in range(wheels)]
    paths.append(build_sdist(dist, name, version, size=4000))
    return sorted(path.name for path in paths)


def outcomes(run: Run) -> dict[str, str]:
    """Return the outcome of each distribution as the outputs tell it."""
    return {each["filename"]: each["outcome"] for each in json.loads(run.outputs["distributions"])}


def endpoints(requests: list[Seen]) -> list[str]:
    """Return what was asked, in order."""
    return [seen.endpoint for seen in requests]
