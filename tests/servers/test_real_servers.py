"""Publish to other indexes and install from them."""

import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders import build_sdist, build_wheel
from tests.fakes.runner import Run, Runner
from tests.servers.conftest import PASSWORD, USER, RealServer


@dataclass(frozen=True, slots=True)
class Release:
    """A release with a unique name, and the step that publishes it."""

    server: RealServer
    runner: Runner
    project: str

    def build(self, *, summary: str = "first build") -> list[str]:
        dist = self.runner.workspace / "dist"
        dist.mkdir(exist_ok=True)
        metadata = [("Summary", summary)]
        paths = [build_wheel(dist, self.project, metadata=metadata), build_sdist(dist, self.project, metadata=metadata)]
        return [path.name for path in paths]

    def publish(self, **inputs: str) -> Run:
        self.runner.inputs = {
            "repository-url": self.server.upload_url,
            "user": USER,
            "password": PASSWORD,
            **{name.replace("_", "-"): value for name, value in inputs.items()},
        }
        return self.runner.run()

    def install(self, target: Path) -> list[str]:
        flags = ["--isolated", "--disable-pip-version-check", "--no-deps", "--no-cache-dir"]
        pip = [sys.executable, "-m", "pip", "install", *flags, "--index-url", self.server.simple_url]
        subprocess.run([*pip, "--target", target, f"{self.project}==1.0"], check=True, capture_output=True)
        return [path.name for path in target.glob("*.dist-info")]


@pytest.fixture
def release(server: RealServer, tmp_path: Path) -> Release:
    """Prepare a release of a new project."""
    return Release(server, Runner(tmp_path), f"sample-{uuid.uuid4().hex[:12]}")


def test_publish__new_release_then_pip_installs_then_again(release: Release, tmp_path: Path) -> None:
    names = release.build()
    run = release.publish(check_url=release.server.simple_url, wait_for_index="20")
    assert run.exit_status == 0, run.log
    assert run.outputs["result"] == "published"
    assert run.outcomes == dict.fromkeys(names, "uploaded")
    assert release.install(tmp_path / "target") == [f"{release.project.replace('-', '_')}-1.0.dist-info"]

    run = release.publish(check_url=release.server.simple_url)
    assert run.exit_status == 0, run.log
    assert run.outputs["result"] == "unchanged"
    assert run.outcomes == dict.fromkeys(names, "existing")


def test_publish__other_content(release: Release) -> None:
    release.build()
    assert release.publish().exit_status == 0
    names = release.build(summary="second build")

    run = release.publish(check_url=release.server.simple_url)
    assert run.exit_status == 1, run.log
    assert run.outcomes == dict.fromkeys(names, "refused")
    assert any(names[0] in error for error in run.errors)

    run = release.publish()  # refused by the server
    assert run.exit_status == 1, run.log
    assert run.outcomes[names[0]] == "refused"

    for check_url in (release.server.simple_url, ""):
        run = release.publish(skip_existing="true", check_url=check_url)
        assert run.exit_status == 0, run.log
        assert run.outcomes == dict.fromkeys(names, "skipped")
        assert run.warnings


def test_publish__wrong_password(release: Release) -> None:
    release.build()
    run = release.publish(password="wrong-password-canary")
    assert run.exit_status == 1, run.log
    assert run.outputs["result"] == "failed"
    assert "wrong-password-canary" not in run.log


def test_publish__missing_file(release: Release) -> None:
    names = release.build()
    sdist = release.runner.workspace / "dist" / names[1]
    elsewhere = sdist.rename(release.runner.workspace / names[1])
    assert release.publish().exit_status == 0
    elsewhere.rename(sdist)
    run = release.publish(check_url=release.server.simple_url)
    assert run.exit_status == 0, run.log
    assert run.outcomes == {names[0]: "existing", names[1]: "uploaded"}
