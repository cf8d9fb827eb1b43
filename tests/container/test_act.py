"""A third-party runner, `act`, runs a workflow with a matrix and the action nested in a composite action."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from scripts.release.sources import name_image
from tests.architecture.sources import read
from tests.builders import build_wheel
from tests.fakes.trusted_publishing import TrustedPublisher
from tests.rehearsal.__main__ import Abandoned
from tests.rehearsal.release import TOOLS, build_tool
from tests.rehearsal.services import AUTHORITY, serve_to_containers

PROJECTS = ("first", "second")

WORKFLOW = """
on: push
jobs:
  publish:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        project: [first, second]
    steps:
      - id: release
        uses: ./release
        with:
          project: ${{ matrix.project }}
      - run: echo "$PUBLISHED"
        env:
          PUBLISHED: later step of ${{ matrix.project }} has ${{ steps.release.outputs.published }}
"""

COMPOSITE = """
name: Release
description: Publish one project
inputs:
  project:
    required: true
outputs:
  published:
    value: ${{ steps.publish.outputs.result }} ${{ fromJSON(steps.publish.outputs.distributions)[0].filename }}
runs:
  using: composite
  steps:
    - id: publish
      uses: ./action
      with:
        repository-url: ${{ env.REPOSITORY_URL }}
        packages-dir: dist/${{ inputs.project }}
        expected-projects: ${{ inputs.project }}
"""


@pytest.fixture(scope="module")
def act() -> Path:
    try:
        return build_tool(TOOLS / "act", "github.com/nektos/act", "v0.2.89", ".")
    except Abandoned as reason:
        pytest.skip(f"act is left out: {reason}")


def test_act__matrix_of_nested_actions(act: Path, image: str, tmp_path: Path) -> None:
    workspace, home = tmp_path / "workspace", tmp_path / "home"
    files = {
        workspace / ".github/workflows/release.yml": WORKFLOW,
        workspace / "release/action.yml": COMPOSITE,
        # As in a release: the image is not built by the runner.
        workspace / "action/action.yml": name_image(read("action.yml"), image),
        # Without it, act asks which images to use.
        home / ".config/act/actrc": "",
    }
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    subprocess.run(["git", "init", "--quiet", workspace], check=True)
    with serve_to_containers(workspace) as services:
        for project in PROJECTS:
            (workspace / "dist" / project).mkdir(parents=True)
            build_wheel(workspace / "dist" / project, project)
            services.index.register(TrustedPublisher(project))
        variables = {
            **services.variables,
            "REPOSITORY_URL": services.inputs["repository-url"],
            "SSL_CERT_FILE": str(workspace / AUTHORITY),
        }
        (base,) = re.findall(r"^ARG BASE=(.+)", read("Dockerfile"), re.MULTILINE)
        command = [str(act), "push", "--bind", "--pull=false", "--platform", f"ubuntu-latest={base}"]
        command += [argument for name, value in variables.items() for argument in ("--env", f"{name}={value}")]
        done = subprocess.run(
            command,
            cwd=workspace,
            env={"PATH": os.environ["PATH"], "HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )

    assert done.returncode == 0, done.stdout
    assert sorted(services.index.files) == [f"{project}-1.0-py3-none-any.whl" for project in PROJECTS]
    for project in PROJECTS:
        assert f"| later step of {project} has published {project}-1.0-py3-none-any.whl" in done.stdout
    # It executes the commands that mask, and shows no value.
    assert len(services.index.tokens) == len(PROJECTS)
    assert not [token for token in services.index.tokens if token in done.stdout]
