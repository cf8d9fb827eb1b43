"""Services on loopback, and a runner that starts the image the way GitHub's does."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders import build_sdist, build_wheel
from tests.container.container import ContainerRunner
from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.serving import serve


@dataclass(frozen=True, slots=True)
class Setting:
    """A workspace with one release, and the services of the run."""

    runner: ContainerRunner
    index: FakeIndex


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
def setting(image: str, tmp_path: Path) -> Iterator[Setting]:
    github = FakeGitHub()
    index = FakeIndex(github)
    index.register()
    name = f"publish-action-test-{uuid.uuid4().hex[:12]}"
    runner = ContainerRunner(tmp_path, image, name)
    dist = runner.workspace / "dist"
    dist.mkdir()
    build_wheel(dist)
    build_sdist(dist)
    with serve(github) as github_at, serve(index) as index_at:
        runner.inputs = {"repository-url": f"{index_at.url}/legacy/", "check-url": f"{index_at.url}/simple/"}
        runner.variables.update(github.variables(github_at.url))
        yield Setting(runner, index)
    # A failed test may leave its container behind.
    subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)
