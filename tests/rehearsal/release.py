"""Release a version to a registry and a Git remote on this machine, the way .github/workflows/release.yml does.

The scripts and their commands are those of the workflow. Left out: the second platform, attestations, and the release
page, because they need GitHub.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ruamel.yaml import YAML

from scripts.release.git import BOT, BOT_ADDRESS, Repository
from scripts.release.sources import ACTION, CHANGELOG, PROGRAM, PROJECT, find_notes, prepare_sources
from scripts.release.steps import Release
from scripts.release.version import Refusal, Version
from tests.container.container import ContainerRunner
from tests.rehearsal.__main__ import Abandoned, CannotReadBack, build, compare, write_heading, write_line
from tests.rehearsal.services import read_gateway, serve_to_containers

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".build" / "tools"
VERSION, OLDER = Version(99, 1, 0), Version(99, 0, 0)
REPOSITORY = "octo-org/publish-action"

# Where the machine has neither, Go builds them.
REGISTRY_MODULE = ("github.com/distribution/distribution/v3", "v3.0.0", "./cmd/registry")
BUILDX_MODULE = ("github.com/docker/buildx", "v0.19.3", "./cmd/buildx")


class Failed(Exception):
    """The release did not go as it must."""


def main(arguments: Sequence[str]) -> int:
    """Rehearse and return the exit status: 0 released, 1 failed, 2 left out."""
    parser = argparse.ArgumentParser(description="Release to a registry and a Git remote on this machine.")
    parser.add_argument("--build-flags", default="", help="more arguments for `docker buildx build`")
    flags = parser.parse_args(arguments).build_flags.split()
    began = time.monotonic()
    try:
        write_heading("Tools")
        registry = find_tools()
        with TemporaryDirectory(prefix="release-rehearsal-") as name:
            directory = Path(name)
            with run_registry(registry, directory / "registry") as host:
                image = f"{host}/{REPOSITORY}"
                try:
                    rehearse(directory, image, flags)
                finally:
                    remove_images(image)
    except Abandoned as reason:
        write_line(f"\nThe rehearsal of a release is left out: {reason}")
        return 2
    except (Failed, Refusal, CannotReadBack) as reason:
        write_line(f"\nThe rehearsal of a release failed: {reason}")
        return 1
    write_line(f"\nThe rehearsal of a release succeeded in {time.monotonic() - began:.0f} s.")
    return 0


def rehearse(directory: Path, image: str, flags: Sequence[str]) -> None:
    """Go through the jobs of the workflow, then through all of them again."""
    repository = make_remote(directory)
    release = Release(repository, image, [read_platform()])

    write_heading("Plan")
    version = release.plan("")
    check(version == VERSION, "the newest version in the changelog is to be released")
    write_line(f"tag: {VERSION.tag}\nfrom: {repository.read_head()}")

    write_heading(f"Build, push, and join (only {release.platforms[0]}; the workflow has a machine for each platform)")
    digest, commit = build_commit(release, flags)
    write_line(f"digest: {digest}\nrelease commit: {commit}")
    write_line(repository.run("show", "--unified=0", "--format=%an%n%s", commit))

    write_heading("Run the release commit as an action")
    run_commit(directory, commit)

    write_heading("Publish")
    moved = release.publish(VERSION, commit)
    check(moved == [VERSION.tag, *VERSION.moving_tags], "tag the commit and move the tags that follow")
    write_line(repository.run("ls-remote", "origin"))
    write_line("Left out: attestations and the release page, which need GitHub. Its notes would be:\n")
    write_line(find_notes(VERSION, repository.read_file("HEAD", CHANGELOG)))

    write_heading("All steps again: nothing may change")
    before = repository.run("ls-remote", "origin")
    check(release.plan(VERSION.number) == VERSION, "find the release that is already made")
    check(build_commit(release, flags) == (digest, commit), "find the image that is already built")
    check(release.publish(VERSION, commit) == [], "find the tags in place")
    check(repository.run("ls-remote", "origin") == before, "leave the remote alone")

    write_heading("Releases that are refused")
    write_commit(repository, "fix: after the release")
    before = repository.run("ls-remote", "origin")
    for requested in (VERSION.number, OLDER.number, "99.2.0"):
        try:
            release.plan(requested)
        except Refusal as refusal:
            write_line(f"{requested}: {refusal}")
        else:
            raise Failed(f"{requested} must be refused.")
    check(repository.run("ls-remote", "origin") == before, "leave the remote alone")


def build_commit(release: Release, flags: Sequence[str]) -> tuple[str, str]:
    """Build, join, and commit; return the digest and the release commit."""
    release.build(VERSION, release.platforms[0], f"https://github.com/{REPOSITORY}", flags)
    digest, _ = release.join()
    return digest, release.commit(VERSION, digest)


def run_commit(directory: Path, commit: str) -> None:
    """Check out the release commit and run it, first as a dry run, then to publish."""
    checkout = directory / "action"
    Repository(directory).run("clone", "--quiet", str(directory / "remote"), str(checkout))
    Repository(checkout).run("checkout", "--quiet", "--detach", commit)
    reference = YAML(typ="safe").load(checkout / ACTION)["runs"]["image"].removeprefix("docker://")
    runner = ContainerRunner(directory / "job", reference, directory.name)
    build(runner.workspace / "dist")
    with serve_to_containers(runner.workspace) as services:
        runner.variables.update(services.variables)
        for inputs, result in (({"dry-run": "true"}, "dry-run"), ({"wait-for-index": "30"}, "published")):
            runner.inputs = {**services.inputs, **inputs, "index-rules": "pypi"}
            run = runner.run()
            write_line(run.log.rstrip())
            check(run.exit_status == 0 and run.outputs["result"] == result, f"end with the result `{result}`")
        compare(services.index, runner.workspace / "dist")


def make_remote(directory: Path) -> Repository:
    """Make a bare remote from HEAD, merge a release pull request into its main branch, and return a clone."""
    clone = Repository(directory / "clone")
    clone.path.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        raise Abandoned(f"this is not a Git repository: {archive.stderr.decode().strip()}")
    subprocess.run(["tar", "--extract"], cwd=clone.path, input=archive.stdout, check=True)
    files = {path: (clone.path / path).read_text("utf-8") for path in (CHANGELOG, PROGRAM, PROJECT)}
    files[CHANGELOG] = files[CHANGELOG].replace("## [Unreleased]\n", "## [Unreleased]\n\n- A rehearsal.\n", 1)
    for path, content in prepare_sources(VERSION, files, "2000-01-01").items():
        (clone.path / path).write_text(content, "utf-8")
    Repository(directory).run("init", "--quiet", "--bare", "--initial-branch=main", "remote")
    clone.run("init", "--quiet", "--initial-branch=main")
    clone.run("add", "--all", "--force")
    clone.run("remote", "add", "origin", str(directory / "remote"))
    write_commit(clone, f"release: {VERSION.number}")
    return clone


def write_commit(repository: Repository, message: str) -> None:
    """Commit what is staged, if anything, and push it to main."""
    author = ("-c", f"user.name={BOT}", "-c", f"user.email={BOT_ADDRESS}")
    repository.run(*author, "commit", "--quiet", "--allow-empty", "--message", message)
    repository.run("push", "--quiet", "origin", "main")


def remove_images(image: str) -> None:
    """Remove what was built and pulled from this machine."""
    command = ["docker", "image", "ls", "--quiet", "--filter", f"reference={image}"]
    for each in set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()):
        subprocess.run(["docker", "image", "rm", "--force", each], capture_output=True, check=False)


def find_tools() -> str:
    """Return the path of a registry and make sure that `docker buildx` works; raise `Abandoned`."""
    for command in ("git", "docker"):
        if shutil.which(command) is None:
            raise Abandoned(f"`{command}` is not installed.")
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        raise Abandoned("Docker is not running; see `docker info`.")
    read_gateway()
    if subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode:
        os.environ["DOCKER_CONFIG"] = str(TOOLS / "docker")
        build_tool(TOOLS / "docker" / "cli-plugins" / "docker-buildx", *BUILDX_MODULE)
    path = shutil.which("registry") or str(build_tool(TOOLS / "registry", *REGISTRY_MODULE))
    buildx = subprocess.run(["docker", "buildx", "version"], capture_output=True, text=True, check=True)
    write_line(f"{buildx.stdout.strip()}\n{path}")
    return path


def build_tool(path: Path, module: str, version: str, package: str) -> Path:
    """Build a tool with Go unless that was done earlier; return its path; raise `Abandoned`."""
    if path.exists():
        return path
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise Abandoned(f"`{path.name}` is not installed, and neither is Go, which could build it.")
    write_line(f"Building {path.name} {version} with Go; this takes some minutes.")
    download = subprocess.run([go, "mod", "download", "-json", f"{module}@{version}"], capture_output=True, check=False)
    if download.returncode:
        raise Abandoned(f"Go could not download {module}: {download.stdout.decode()}")
    command = [go, "build", "-mod=readonly", "-trimpath", "-o", str(path), package]
    built = subprocess.run(command, cwd=json.loads(download.stdout)["Dir"], capture_output=True, text=True, check=False)
    if built.returncode:
        raise Abandoned(f"Go could not build {module}: {built.stderr}")
    return path


@contextmanager
def run_registry(command: str, directory: Path) -> Iterator[str]:
    """Run a registry on loopback and yield its host and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    directory.mkdir()
    configuration = {
        "version": 0.1,
        "log": {"accesslog": {"disabled": True}, "level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(directory / "storage")}},
        "http": {"addr": host},
    }
    (directory / "configuration.yml").write_text(json.dumps(configuration))
    with (directory / "log").open("w") as log:
        process = subprocess.Popen([command, "serve", directory / "configuration.yml"], stdout=log, stderr=log)
    try:
        yield host
    finally:
        process.terminate()
        process.wait(30)


def read_platform() -> str:
    """Return the platform of this machine."""
    command = ["docker", "version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def check(condition: bool, expected: str) -> None:
    """Raise `Failed` unless the condition holds."""
    if not condition:
        raise Failed(f"It must {expected}.")
    write_line(f"ok: {expected}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
