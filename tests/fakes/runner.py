"""GitHub's runner: what it hands to an action, and how it reads what the action says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ruamel.yaml import YAML

from tests.fakes.commands import Command, parse_commands, parse_file_commands, split_lines
from tests.fakes.job import Job

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
ENTRYPOINT = (sys.executable, str(ROOT / "entrypoint.py"))

HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Run:
    """What an action left behind: its exit status, everything it printed, and its file commands."""

    exit_status: int
    raw_log: str
    outputs: Mapping[str, str]
    summary: str
    commands: Sequence[Command] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "commands", parse_commands(self.raw_log))

    @property
    def masks(self) -> list[str]:
        """Return the values that are hidden from then on."""
        return [command.data for command in self.commands if command.name == "add-mask"]

    def annotations(self, kind: str) -> list[Command]:
        """Return the `error`, `warning` or `notice` annotations, all of them: the runner would keep ten."""
        return [command for command in self.commands if command.name == kind]

    @property
    def errors(self) -> list[str]:
        """Return the texts of the error annotations."""
        return [command.data for command in self.annotations("error")]

    @property
    def warnings(self) -> list[str]:
        """Return the texts of the warning annotations."""
        return [command.data for command in self.annotations("warning")]

    @property
    def distributions(self) -> list[dict[str, object]]:
        """Return the output `distributions`, parsed."""
        parsed: list[dict[str, object]] = json.loads(self.outputs["distributions"])
        return parsed

    @property
    def outcomes(self) -> dict[str, object]:
        """Return what became of each distribution, by file name."""
        return {str(one["filename"]): one["outcome"] for one in self.distributions}

    @property
    def log(self) -> str:
        """Return the log as GitHub shows it: masks applied, commands turned into what they mean."""
        shown: list[str] = []
        hidden: list[str] = []
        commands = {command.line: command for command in self.commands}
        for number, line in enumerate(split_lines(self.raw_log)):
            command = commands.get(number)
            text = line if command is None else command.shown()
            if command is not None and command.name == "add-mask":
                hidden += filter(None, [command.data, *split_lines(command.data)])
            if text is not None:
                shown.append(_hide(text, hidden))
        return "\n".join(shown)


@dataclass(slots=True)
class Step:
    """An action under way."""

    process: subprocess.Popen[str]
    files: FileCommands

    def send_signal(self, number: signal.Signals) -> None:
        """Cancel the way the runner does: SIGINT first, SIGTERM later."""
        self.process.send_signal(number)

    def finish(self, timeout: float = 120) -> Run:
        """Wait for the end and return what was left behind; an action that takes too long is killed."""
        try:
            log, _ = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            log, _ = self.process.communicate()
            raise AssertionError(f"the action did not end within {timeout} s:\n{log}") from None
        return Run(
            self.process.returncode,
            log,
            parse_file_commands(self.files.output.read_text("utf-8")),
            self.files.summary.read_text("utf-8"),
        )


@dataclass(frozen=True, slots=True)
class FileCommands:
    """The files through which an action talks back."""

    output: Path
    summary: Path
    state: Path
    env: Path
    path: Path

    @classmethod
    def create(cls, directory: Path) -> Self:
        """Make the files, empty."""
        names = ("output", "step_summary", "save_state", "set_env", "add_path")
        paths = [directory / name for name in names]
        for path in paths:
            path.write_bytes(b"")
        return cls(*paths)

    def variables(self) -> dict[str, str]:
        """Return the variables that say where the files are."""
        return {
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_STATE": str(self.state),
            "GITHUB_ENV": str(self.env),
            "GITHUB_PATH": str(self.path),
        }


class Runner:
    """Start an action as a step of `job`, with a workspace, a home and file commands under `directory`."""

    def __init__(self, directory: Path, job: Job | None = None) -> None:
        self.job = job or Job()
        self.workspace = directory / "workspace"
        self.home = directory / "home"
        self.temporary = directory / "runner_temp"
        self.workflow = directory / "workflow"
        self.file_commands = directory / "file_commands"
        for path in (self.workspace, self.home, self.temporary, self.workflow, self.file_commands):
            path.mkdir(parents=True, exist_ok=True)
        self.inputs: dict[str, str] = {}
        """What stands under `with`; any other input has its default."""
        self.variables: dict[str, str | None] = {}
        """Variables beyond the runner's own, as by `env`; None removes one."""
        self.event: dict[str, object] = {}

    def environment(self, files: FileCommands) -> dict[str, str]:
        """Return the whole environment of the step: nothing of this machine's but `PATH`."""
        event_path = self.workflow / "event.json"
        event_path.write_text(json.dumps(self.event), "utf-8")
        environment: dict[str, str | None] = {
            # Coverage follows into the process under test by these.
            **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_EVENT_PATH": str(event_path),
            "GITHUB_ACTION_REPOSITORY": "octo-org/publish-action",
            "RUNNER_TEMP": str(self.temporary),
            "RUNNER_OS": "Linux",
            "RUNNER_ARCH": "X64",
            **self.job.variables(),
            **files.variables(),
            **input_variables(self.inputs),
            **self.variables,
        }
        return {name: value for name, value in environment.items() if value is not None}

    def start(self, command: Sequence[str] = ENTRYPOINT) -> Step:
        """Start the action; `send_signal` and `finish` on what comes back."""
        files = FileCommands.create(self.file_commands)
        process = subprocess.Popen(
            command,
            cwd=self.workspace,
            env=self.environment(files),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # the runner reads both alike
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        return Step(process, files)

    def run(self, command: Sequence[str] = ENTRYPOINT, *, timeout: float = 120) -> Run:
        """Start the action and wait for its end."""
        return self.start(command).finish(timeout)


@cache
def declared_inputs() -> Mapping[str, str]:
    """Return every input of `action.yml` with its default, empty where it has none."""
    action = YAML(typ="safe").load(ROOT / "action.yml")
    return {name: str(declared.get("default", "")) for name, declared in action["inputs"].items()}


def input_variables(given: Mapping[str, str]) -> dict[str, str]:
    """Return the `INPUT_*` variables of a step that was given these inputs; an unknown input is a test's mistake."""
    unknown = given.keys() - declared_inputs().keys()
    assert not unknown, f"action.yml has no input {', '.join(sorted(unknown))}"
    inputs = {**declared_inputs(), **given}
    return {f"INPUT_{name.replace(' ', '_').upper()}": value for name, value in inputs.items()}


def _hide(text: str, hidden: Sequence[str]) -> str:
    for value in hidden:
        text = text.replace(value, HIDDEN)
    return text
