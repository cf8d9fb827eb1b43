"""A job on a fake runner, with GitHub and an index on loopback, each behind a fault proxy."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from publisher.cancellation import Stop
from publisher.main import Program
from tests.builders import build_sdist, build_wheel
from tests.fakes.commands import parse_file_commands
from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.proxy import Proxy, proxied
from tests.fakes.runner import FileCommands, Run, Runner
from tests.fakes.service import Seen
from tests.fakes.serving import Served, join_abandoned_calls, serve, trusted_certificates

IMPATIENCE = 0.5  # seconds without an answer before a request times out; uploads have their input `timeout`


@dataclass(eq=False)
class Clock:
    """Unix time that changes only by assignment."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


@dataclass
class Stage:
    """Everything for a run that succeeds. The program reaches both services through the proxies."""

    github: FakeGitHub
    index: FakeIndex
    runner: Runner
    github_proxy: Proxy
    index_proxy: Proxy
    served: Served  # the index itself, not its proxy
    clock: Callable[[], float]
    first_wait: float = 0
    answer_timeout: float = 30
    stop: Stop = field(default_factory=Stop)
    stdout: io.StringIO = field(default_factory=io.StringIO)  # the log of the last run

    @property
    def dist(self) -> Path:
        """Return the directory of distributions."""
        path = self.runner.workspace / "dist"
        path.mkdir(exist_ok=True)
        return path

    @property
    def requests(self) -> list[Seen]:
        """Return the requests to GitHub, then those to the index."""
        return [*self.github.requests, *self.index.requests]

    def perform(self, inputs: dict[str, str] | None = None, files: FileCommands | None = None) -> Run:
        """Run the program in this process, without waits between attempts."""
        self.runner.inputs |= inputs or {}
        files = files or FileCommands.create(self.runner.file_commands)
        self.stdout = io.StringIO()
        program = Program(
            self.runner.environment(files),
            self.stdout,
            self.clock,
            self.stop,
            self.first_wait,
            self.answer_timeout,
        )
        status = program.run()
        outputs = parse_file_commands(files.output.read_text("utf-8")) if files.output.is_file() else {}
        summary = files.summary.read_text("utf-8") if files.summary.is_file() else ""
        return Run(status, self.stdout.getvalue(), outputs, summary)


@contextmanager
def set_stage(directory: Path, clock: Callable[[], float] = time.time) -> Iterator[Stage]:
    """Prepare a run that publishes the files in `dist` by Trusted Publishing."""
    github = FakeGitHub(clock=clock)
    index = FakeIndex(github, clock=clock)
    index.register()
    runner = Runner(directory, github.job)
    with ExitStack() as stack:
        to_github = stack.enter_context(proxied(stack.enter_context(serve(github)).url))
        served = stack.enter_context(serve(index))
        to_index = stack.enter_context(proxied(served.url))
        certificates = stack.enter_context(trusted_certificates())
        # A single authority, which also loads faster than the default ones.
        runner.variables = {**github.variables(to_github.url), "SSL_CERT_FILE": str(certificates)}
        runner.inputs = {
            "repository-url": f"{to_index.url}/legacy/",
            "check-url": f"{to_index.url}/simple/",
            "print-hash": "false",
            "attestations": "false",
        }
        yield Stage(github, index, runner, to_github, to_index, served, clock)
    join_abandoned_calls()


@contextmanager
def rehearse(stage: Stage) -> Iterator[FakeIndex]:
    """Have the runs of a stage rehearse on another index that trusts the same publisher."""
    index = FakeIndex()
    index.audience, index.issuers = "test-index", stage.index.issuers
    index.register()
    with serve(index) as served:
        stage.runner.inputs["test-index-url"] = f"{served.url}/legacy/"
        yield index


def build_release(dist: Path, name: str = "sample", version: str = "1.0", wheels: int = 2) -> list[str]:
    """Build some wheels and an sdist of one release; return their names, sorted."""
    paths = [build_wheel(dist, name, version, tag=f"cp3{number}-none-any", size=4000) for number in range(wheels)]
    paths.append(build_sdist(dist, name, version, size=4000))
    return sorted(path.name for path in paths)


def endpoints(requests: list[Seen]) -> list[str]:
    """Return the endpoints in the order of the requests."""
    return [seen.endpoint for seen in requests]


def says(texts: list[str], words: str) -> bool:
    """Return whether one of the texts contains the words, in any case."""
    return any(words.lower() in text.lower() for text in texts)
