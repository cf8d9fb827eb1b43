"""Services that containers reach, and a runner that starts the image the way GitHub's does."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.builders import build_sdist, build_wheel
from tests.container.container import ContainerRunner
from tests.fakes.index import FakeIndex
from tests.rehearsal.services import serve_to_containers

USER = 1001  # the id of the runner's user


@dataclass(frozen=True, slots=True)
class Setting:
    """A workspace with one release, and the index of the run, which has an address in Docker's default network."""

    runner: ContainerRunner
    index: FakeIndex

    @property
    def address(self) -> str:
        """Return the address of the services."""
        return urlsplit(self.runner.inputs["repository-url"]).hostname or ""


@pytest.fixture(scope="session")
def image() -> str:
    name = os.environ.get("PUBLISH_ACTION_IMAGE", "")
    if not name:
        pytest.fail("PUBLISH_ACTION_IMAGE is not set: run `make container-test`")
    inspected = subprocess.run(["docker", "image", "inspect", name], capture_output=True, text=True, check=False)
    if inspected.returncode:
        pytest.fail(f"the image `{name}` cannot be used: {inspected.stderr.strip()}")
    return name


@pytest.fixture
def runner(image: str, tmp_path: Path) -> Iterator[ContainerRunner]:
    """Yield a runner whose directories belong to an ordinary user."""
    runner = ContainerRunner(tmp_path, image, f"publish-action-test-{uuid.uuid4().hex[:12]}")
    if os.geteuid() == 0:
        for directory in runner.mounts:
            os.chown(directory, USER, USER)
    yield runner
    # A failed test may leave its container behind.
    subprocess.run(["docker", "rm", "--force", runner.name], capture_output=True, check=False)


@pytest.fixture
def setting(runner: ContainerRunner) -> Iterator[Setting]:
    dist = runner.workspace / "dist"
    dist.mkdir()
    build_wheel(dist)
    build_sdist(dist)
    with serve_to_containers(runner.workspace) as services:
        services.index.register()
        runner.inputs = dict(services.inputs)
        runner.variables.update(services.variables)
        yield Setting(runner, services.index)
