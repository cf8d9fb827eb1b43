"""GitHub's runner for container actions: mounts, variables, no terminal, no standard input."""

import os
from collections.abc import Sequence
from pathlib import Path

from tests.fakes.job import Job
from tests.fakes.runner import FileCommands, Run, Runner, Step


class ContainerRunner(Runner):
    """Start `image` as a step, in a container called `name`."""

    def __init__(self, directory: Path, image: str, name: str, job: Job | None = None) -> None:
        super().__init__(directory, job)
        self.image = image
        self.name = name
        self.mounts = {
            self.workspace: "/github/workspace",
            self.home: "/github/home",
            self.workflow: "/github/workflow",
            self.file_commands: "/github/file_commands",
            self.temporary: "/github/runner_temp",
        }
        self.workspace_mode = "rw"
        self.network: str | None = None  # the runner names one only in a job with service containers

    def environment(self, files: FileCommands) -> dict[str, str]:
        """Return the environment with the paths inside the container, as the runner rewrites them."""
        environment = super().environment(files)
        for outside, inside in self.mounts.items():
            environment = {name: value.replace(str(outside), inside) for name, value in environment.items()}
        return environment | _client_variables()

    def start(self, command: Sequence[str] = ()) -> Step:
        """Run the image with its own entry point, or with `command` instead."""
        return super().start(self._docker_run(command))

    def run(self, command: Sequence[str] = (), *, timeout: float = 120) -> Run:
        """Start the container and wait for it."""
        return self.start(command).finish(timeout)

    def _docker_run(self, command: Sequence[str]) -> list[str]:
        names = self.environment(FileCommands.create(self.file_commands)).keys() - _client_variables().keys()
        entrypoint, *arguments = command or [""]
        return [
            "docker",
            "run",
            "--name",
            self.name,
            "--label",
            "publish-action-test",
            "--workdir",
            "/github/workspace",
            "--rm",
            *(argument for name in sorted(names) for argument in ("-e", name)),
            *(("--entrypoint", entrypoint) if entrypoint else ()),
            *(("--network", self.network) if self.network else ()),
            *(argument for mount in self._mount_arguments() for argument in ("-v", mount)),
            self.image,
            *arguments,
        ]

    def _mount_arguments(self) -> list[str]:
        modes = {self.workspace: self.workspace_mode}
        return [f"{outside}:{inside}:{modes.get(outside, 'rw')}" for outside, inside in self.mounts.items()]


def _client_variables() -> dict[str, str]:
    """Return the variables for the docker client."""
    return {
        name: value for name, value in os.environ.items() if name == "PATH" or name.startswith(("DOCKER_", "COVERAGE_"))
    }
