import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.sources import read

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def built_again(image: str) -> Iterator[str]:
    name = f"{image}-again"
    flags = os.environ.get("BUILD_FLAGS", "").split()
    subprocess.run(["docker", "build", "--quiet", "--no-cache", *flags, "--tag", name, ROOT], check=True)
    yield name
    subprocess.run(["docker", "image", "rm", name], capture_output=True, check=True)


def inspect(image: str) -> dict[str, Any]:
    """Return what Docker knows about an image."""
    done = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=True)
    inspected: dict[str, Any] = json.loads(done.stdout)[0]
    return inspected


def test_build__again__gives_equal_layers(image: str, built_again: str) -> None:
    assert inspect(image)["RootFS"] == inspect(built_again)["RootFS"]


def test_labels__say_what_the_image_is(image: str) -> None:
    labels = inspect(image)["Config"]["Labels"]
    described = {name.removeprefix("org.opencontainers.image.") for name, value in labels.items() if value}
    assert described >= {"title", "description", "licenses", "source", "version", "revision"}
    assert f'__version__ = "{labels["org.opencontainers.image.version"]}"' in read("publisher/__init__.py")
