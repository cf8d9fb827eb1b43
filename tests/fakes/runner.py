"""GitHub's runner: the environment of an action, and the interpretation of its output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from ruamel.yaml import YAML

from tests.fakes.commands import Command, parse_commands, parse_file_commands, split_lines
from tests.fakes.job import Job

ROOT = Path(__file__).resolve().parents[2]
ENTRYPOINT = (sys.executable, str(ROOT / "entrypoint.py"))


@dataclass(frozen=True, slots=True)
class Run:
    """The result of an action: its exit status, output and file commands."""

    exit_status: int
    raw_log: str
    outputs: Mapping[str, str]
    summary: str

    @property
    def commands(self) -> list[Command]:
        """Return the commands in the log."""
        return parse_commands(self.raw_log)

    @property
    def masks(self) -> list[str]:
        """Return the masked values."""
        return [command.data for command in self.commands if command.name == "add-mask"]

    def annotations(self, kind: str) -> list[Command]:
        """Return all annotations of a kind, although the runner keeps ten."""
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
    def outcomes(self) -> dict[str, str]:
        """Return the outcome of each distribution by file name."""
        return {str(one["filename"]): str(one["outcome"]) for one in self.distributions}

    @property
    def log(self) -> str:
        """Return the log as GitHub shows it, with masks applied and commands interpreted."""
        shown: list[str] = []
        hidden: list[str] = []
        commands = {command.line: command for command in self.commands}
        for number, line in enumerate(split_lines(self.raw_log)):
            command = commands.get(number)
            text = line if command is None else command.shown()
            if command is not None and command.name == "add-mask":
                hidden += filter(None, [command.data, *split_lines(command.data)])
            if text is not None:
                for value in hidden:
                    text = text.replace(value, "***")
                shown.append(text)
        return "\n".join(shown)


@dataclass(slots=True)
class Step:
    """A running action."""

    process: subprocess.Popen[str]
    files: FileCommands

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal; the runner sends SIGINT first and SIGTERM later."""
        self.process.send_signal(number)

    def finish(self, timeout: float = 120) -> Run:
        """Wait for the action and return its result; kill it if it takes too long."""
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
    """The files for outputs and summary."""

    output: Path
    summary: Path

    @classmethod
    def create(cls, directory: Path) -> Self:
        """Create the files, empty."""
        files = cls(directory / "output", directory / "step_summary")
        files.output.write_bytes(b"")
        files.summary.write_bytes(b"")
        return files

    def variables(self) -> dict[str, str]:
        """Return the variables with the paths of the files."""
        return {"GITHUB_OUTPUT": str(self.output), "GITHUB_STEP_SUMMARY": str(self.summary)}


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
        self.inputs: dict[str, str] = {}  # the inputs under `with`; other inputs have their defaults
        self.variables: dict[str, str | None] = {}  # variables in addition to the runner's own; None removes one
        self.event: dict[str, object] = {}

    def environment(self, files: FileCommands) -> dict[str, str]:
        """Return the complete environment of the step, which inherits only `PATH`."""
        event_path = self.workflow / "event.json"
        event_path.write_text(json.dumps(self.event), "utf-8")
        environment: dict[str, str | None] = {
            # Used by coverage to measure subprocesses.
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
        """Start the action."""
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
        """Start the action and wait for it."""
        return self.start(command).finish(timeout)


@cache
def declared_inputs() -> Mapping[str, str]:
    """Return the inputs of `action.yml` and their defaults, or empty strings."""
    action = YAML(typ="safe").load(ROOT / "action.yml")
    return {name: str(declared.get("default", "")) for name, declared in action["inputs"].items()}


def input_variables(given: Mapping[str, str]) -> dict[str, str]:
    """Return the `INPUT_*` variables of a step with these inputs, which must be known."""
    unknown = given.keys() - declared_inputs().keys()
    assert not unknown, f"action.yml has no input {', '.join(sorted(unknown))}"
    inputs = {**declared_inputs(), **given}
    return {f"INPUT_{name.replace(' ', '_').upper()}": value for name, value in inputs.items()}
