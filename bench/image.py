"""Compare the image with one made the way the PyPA action's is: its size, pulling it, and starting it."""

import json
import os
import re
import shlex
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import check_bound
from bench.runtime import ROOT
from tests.rehearsal.__main__ import Abandoned
from tests.rehearsal.release import REGISTRY_MODULE, TOOLS, build_tool, run_registry

# The same direct dependencies, in the versions of our lock file, installed by pip in one stage.
PEER = r"""
ARG BASE=python:3.13-slim-trixie
FROM ${BASE}
ENV PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PIP_CONSTRAINT=/constraints.txt
COPY constraints.txt /
RUN pip install --user --upgrade pip \
 && pip install --user --upgrade --prefer-binary twine id requests pypi-attestations sigstore packaging
ENTRYPOINT ["python3", "-m", "twine"]
"""

SIZE_BOUND, COMPRESSED_BOUND, PULL_BOUND, START_BOUND = 0.6, 0.55, 0.55, 1.2


@dataclass(frozen=True, slots=True)
class ImageCase:
    """Both images are pushed to a registry on this machine, and pulled to where nothing else is."""

    name: str

    def measure(self, command: tuple[str, ...], runs: int) -> bool:
        """Measure both images in turn; return whether every bound holds, or true if this machine cannot do it."""
        try:
            registry = _find_registry()
        except Abandoned as reason:
            print(f"\n{self.name} is left out: {reason}")
            return True
        with tempfile.TemporaryDirectory() as name, run_registry(registry, Path(name) / "registry") as host:
            images = [f"{host}/{each}:bench" for each in ("ours", "peer")]
            for image, context in zip(images, (ROOT, _write_peer(Path(name) / "peer")), strict=True):
                _run(
                    "docker",
                    "build",
                    "--quiet",
                    *shlex.split(os.environ.get("BUILD_FLAGS", "")),
                    "--tag",
                    image,
                    context,
                )
                _run("docker", "push", image)
            sizes = [int(_run("docker", "image", "inspect", "--format", "{{.Size}}", image)) for image in images]
            compressed = [_read_compressed_size(image) for image in images]
            empty = ("docker", "run", "--rm", "--entrypoint", "/usr/bin/env", images[0])
            starts = _time_starts([command, ("docker", "run", "--rm", images[0]), empty], runs)
            with _running_containerd(Path(name) / "containerd") as client:
                pulls = _time_pulls(client, images, runs)
            _run("docker", "image", "rm", *images)
        print(f"\n{self.name}: ours and the peer's")
        for label, values, unit in (("size", sizes, 1e6), ("compressed", compressed, 1e6), ("pull", pulls, 1)):
            print(f"  {label:10} {values[0] / unit:8.2f} {values[1] / unit:8.2f} {'s' if unit == 1 else 'MB'}")
        on_host, ours, engine = starts
        print(f"  first line {ours:8.2f} s, on the host {on_host:.2f} s; any container takes {engine:.2f} s to start")
        checks = (
            check_bound("size", sizes[0] / sizes[1], SIZE_BOUND),
            check_bound("compressed", compressed[0] / compressed[1], COMPRESSED_BOUND),
            check_bound("pull and unpack", pulls[0] / pulls[1], PULL_BOUND),
            check_bound("docker run / host", ours / on_host, START_BOUND),
        )
        return all(checks)


def _find_registry() -> str:
    """Return the path of a registry; raise `Abandoned` if this machine cannot measure."""
    if os.geteuid() or not shutil.which("containerd"):
        raise Abandoned("pulling is measured with a second containerd, which only root can start.")
    return shutil.which("registry") or str(build_tool(TOOLS / "registry", *REGISTRY_MODULE))


def _write_peer(directory: Path) -> Path:
    """Write what the peer's image is built from."""
    directory.mkdir()
    pins = re.findall(r"^[\w.-]+==\S+", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE)
    (directory / "constraints.txt").write_text("\n".join(pins))
    (directory / "Dockerfile").write_text(PEER)
    return directory


def _read_compressed_size(image: str) -> int:
    """Return how much of an image is transferred."""
    host, _, name = image.removesuffix(":bench").partition("/")
    accept = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
    request = urllib.request.Request(f"http://{host}/v2/{name}/manifests/bench", headers=accept)
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        manifest = json.load(answer)
    return sum(layer["size"] for layer in manifest["layers"])


@contextmanager
def _running_containerd(directory: Path) -> Iterator[tuple[str, ...]]:
    """Run what pulls for Docker, without any image, so that each pull transfers and unpacks all; yield its client."""
    directory.mkdir()
    places = [f"--{name}={directory / name}" for name in ("address", "root", "state")]
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(("containerd", *places), stdout=log, stderr=log)
    client = ("ctr", "--address", str(directory / "address"))
    try:
        while subprocess.run((*client, "version"), capture_output=True, check=False).returncode:
            if process.poll() is not None:
                raise RuntimeError(f"containerd ended:\n{(directory / 'log').read_text()}")
            time.sleep(0.2)
        yield client
    finally:
        process.terminate()
        process.wait(60)


def _time_pulls(client: Sequence[str], images: Sequence[str], runs: int) -> list[float]:
    """Return the median time of pulling and unpacking each image, in seconds, after once to warm up."""
    times: dict[str, list[float]] = {image: [] for image in images}
    for _ in range(runs + 1):
        for image in images:
            began = time.perf_counter()
            _run(*client, "images", "pull", "--plain-http", image)
            times[image].append(time.perf_counter() - began)
            _run(*client, "images", "rm", "--sync", image)
    return [statistics.median(each[1:]) for each in times.values()]


def _time_starts(commands: Sequence[Sequence[str]], runs: int) -> list[float]:
    """Return the median time to the first line of each command, in seconds, after once to warm up."""
    times: list[list[float]] = [[] for _ in commands]
    for _ in range(3 * runs + 1):
        for command, samples in zip(commands, times, strict=True):
            began = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                assert process.stdout is not None  # noqa: S101 -- for mypy
                process.stdout.readline()
                samples.append(time.perf_counter() - began)
                process.stdout.read()
    return [statistics.median(samples[1:]) for samples in times]


def _run(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


CASES = (ImageCase("image"),)
