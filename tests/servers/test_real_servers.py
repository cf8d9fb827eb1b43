"""Publish to indexes that other people wrote, and install from them."""

from __future__ import annotations

import subprocess
import sys
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.builders import build_sdist, build_wheel
from tests.fakes.runner import Run, Runner

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.conftest import RealServer


@dataclass(frozen=True, slots=True)
class Release:
    """A release that no other test publishes, and the step that publishes it."""

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
            "user": self.server.user,
            "password": self.server.password,
            **{name.replace("_", "-"): value for name, value in inputs.items()},
        }
        return self.runner.run()

    def publish_first(self) -> None:
        run = self.publish()
        assert run.exit_status == 0, run.log

    def install(self, target: Path) -> list[str]:
        flags = ["--isolated", "--disable-pip-version-check", "--no-deps", "--no-cache-dir"]
        pip = [sys.executable, "-m", "pip", "install", *flags, "--index-url", self.server.simple_url]
        subprocess.run([*pip, "--target", target, f"{self.project}==1.0"], check=True, capture_output=True)
        return [path.name for path in target.glob("*.dist-info")]


@pytest.fixture
def release(server: RealServer, tmp_path: Path) -> Release:
    return Release(server, Runner(tmp_path), f"sample-{uuid.uuid4().hex[:12]}")


def test_publish__wheel_and_sdist_then_pip_installs(release: Release, tmp_path: Path) -> None:
    names = release.build()
    run = release.publish(check_url=release.server.simple_url, wait_for_index="20")
    assert run.exit_status == 0, run.log
    assert run.outputs["result"] == "published"
    assert run.outcomes == dict.fromkeys(names, "uploaded")
    assert release.install(tmp_path / "target") == [f"{release.project.replace('-', '_')}-1.0.dist-info"]


def test_publish__again_is_no_error(release: Release) -> None:
    names = release.build()
    release.publish_first()
    again = release.publish(check_url=release.server.simple_url)
    assert again.exit_status == 0, again.log
    assert again.outputs["result"] == "unchanged"
    assert again.outcomes == dict.fromkeys(names, "existing")


def test_publish__other_content_is_refused(release: Release) -> None:
    names = release.build()
    release.publish_first()
    assert release.build(summary="second build") == names
    other = release.publish(check_url=release.server.simple_url)
    assert other.exit_status == 1, other.log
    assert other.outcomes == dict.fromkeys(names, "refused")
    assert any(names[0] in error for error in other.errors)


def test_publish__other_content_is_refused_by_the_server_itself(release: Release) -> None:
    names = release.build()
    release.publish_first()
    release.build(summary="second build")
    other = release.publish()
    assert other.exit_status == 1, other.log
    assert other.outcomes[names[0]] == "refused"


@pytest.mark.parametrize("knows_what_exists", [True, False])
def test_publish__other_content_is_skipped_on_demand(release: Release, knows_what_exists: bool) -> None:
    names = release.build()
    release.publish_first()
    release.build(summary="second build")
    other = release.publish(skip_existing="true", check_url=release.server.simple_url if knows_what_exists else "")
    assert other.exit_status == 0, other.log
    assert other.outcomes == dict.fromkeys(names, "skipped")
    assert other.warnings


def test_publish__wrong_password(release: Release) -> None:
    release.build()
    run = release.publish(password="wrong-password-canary")
    assert run.exit_status == 1, run.log
    assert run.outputs["result"] == "failed"
    assert "wrong-password-canary" not in run.log


def test_publish__one_missing_file_completes_the_release(release: Release) -> None:
    names = release.build()
    sdist = release.runner.workspace / "dist" / names[1]
    elsewhere = sdist.rename(release.runner.workspace / names[1])
    release.publish_first()
    elsewhere.rename(sdist)
    run = release.publish(check_url=release.server.simple_url)
    assert run.exit_status == 0, run.log
    assert run.outcomes == {names[0]: "existing", names[1]: "uploaded"}
