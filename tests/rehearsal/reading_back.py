"""Find out whether an index really has what was published to it: by its Simple API, and with pip."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import httpx
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

from tests.fakes.simple import JSON_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

BLOCK = 1 << 20
PIP = (sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "--quiet", "--no-input")


class CannotReadBack(Exception):
    """What the index gives is not what was published; the text says where they differ."""


def read_back(url: str, dist: Path, say: Callable[[str], None]) -> dict[str, str]:
    """Download every distribution and compare it; return the SHA-256 by file name; raise `CannotReadBack`."""
    digests: dict[str, str] = {}
    with httpx.Client() as client:
        for path in sorted(dist.iterdir()):
            if not path.name.endswith((".whl", ".tar.gz")):
                continue
            with path.open("rb") as file:
                published = hashlib.file_digest(file, "sha256").hexdigest()
            page = urljoin(url, f"/simple/{_project_of(path.name)}/")
            listing = client.get(page, headers={"Accept": JSON_TYPE}).raise_for_status().json()
            href = next((file["url"] for file in listing["files"] if file["filename"] == path.name), None)
            if href is None:
                raise CannotReadBack(f"the index does not list {path.name}")
            if _download(client, urljoin(page, href)) != published:
                raise CannotReadBack(f"the index has other content as {path.name}")
            say(f"{path.name} is there, unchanged: sha256 {published}")
            digests[path.name] = published
    return digests


def _project_of(filename: str) -> str:
    parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    return canonicalize_name(parse(filename)[0])


def _download(client: httpx.Client, url: str) -> str:
    running = hashlib.sha256()
    with client.stream("GET", url) as answer:
        for block in answer.raise_for_status().iter_bytes(BLOCK):
            running.update(block)
    return running.hexdigest()


def install(url: str, filenames: Iterable[str], target: Path) -> list[str]:
    """Install every release that has a wheel for any machine and return their requirements; raise `CannotReadBack`."""
    wheels = (parse_wheel_filename(name) for name in filenames if name.endswith("-none-any.whl"))
    requirements = sorted({f"{canonicalize_name(name)}=={version}" for name, version, _, _ in wheels})
    for requirement in requirements:
        flags = ["--no-deps", "--no-cache-dir", "--only-binary=:all:", "--ignore-requires-python"]
        command = [*PIP, "install", *flags, "--index-url", f"{url}/simple/", "--target", str(target), requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotReadBack(f"pip could not install {requirement}:\n{done.stdout}{done.stderr}")
    return requirements


def import_sample(target: Path) -> str:
    """Import the installed sample project in a process of its own and return its greeting."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import rehearsal_sample; print(rehearsal_sample.greet())"
    command = [sys.executable, "-I", "-c", code, str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
