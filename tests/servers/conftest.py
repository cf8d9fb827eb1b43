"""Real indexes on loopback, each with one user and a password."""

import base64
import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.fakes.serving import HOST

USER = "alice"
PASSWORD = "correct-horse-battery"
START_LIMIT = 60  # seconds within which a server has to listen


@dataclass(frozen=True, slots=True)
class RealServer:
    """A running index."""

    upload_url: str
    simple_url: str


@contextmanager
def pypiserver(directory: Path) -> Iterator[RealServer]:
    packages, passwords = directory / "packages", directory / "passwords"
    packages.mkdir()
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).digest()).decode()
    passwords.write_text(f"{USER}:{{SHA}}{digest}\n")
    port = free_port()
    command = ["run", "-i", HOST, "-p", str(port), "-a", "update", "-P", str(passwords), "--disable-fallback"]
    with running(["pypi-server", *command, str(packages)], port, directory):
        yield RealServer(f"http://{HOST}:{port}/", f"http://{HOST}:{port}/simple/")


@contextmanager
def devpi_server(directory: Path) -> Iterator[RealServer]:
    data = ["--serverdir", str(directory / "data")]
    init = [script("devpi-init"), *data, "--no-root-pypi", "--root-passwd", PASSWORD]
    subprocess.run(init, check=True, capture_output=True)
    port = free_port()
    root = f"http://{HOST}:{port}"
    with running(["devpi-server", *data, "--host", HOST, "--port", str(port)], port, directory):
        create_devpi_index(root)
        yield RealServer(f"{root}/{USER}/stable/", f"{root}/{USER}/stable/+simple/")


def create_devpi_index(root: str) -> None:
    """Create a user with an index whose files are immutable."""
    with httpx.Client(base_url=root) as client:
        client.put(f"/{USER}", json={"password": PASSWORD}).raise_for_status()
        login = client.post("/+login", json={"user": USER, "password": PASSWORD}).raise_for_status().json()
        token = base64.b64encode(f"{USER}:{login['result']['password']}".encode()).decode()
        index = {"type": "stage", "bases": [], "volatile": False}
        client.put(f"/{USER}/stable", json=index, headers={"X-Devpi-Auth": token}).raise_for_status()


@contextmanager
def running(command: Sequence[str], port: int, directory: Path) -> Iterator[None]:
    """Run a server and wait until it listens."""
    log_path = directory / "server.log"
    with (
        log_path.open("wb") as log,
        subprocess.Popen(
            [script(command[0]), *command[1:]], stdout=log, stderr=log, stdin=subprocess.DEVNULL
        ) as process,
    ):
        try:
            wait_until_it_listens(port, process, log_path)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return as soon as the port accepts a connection."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            break
        else:
            return
    pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')}")


def script(name: str) -> str:
    """Return the path of a program installed with this Python."""
    return str(Path(sys.executable).with_name(name))


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture(scope="session", params=[pypiserver, devpi_server])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    with request.param(tmp_path_factory.mktemp("server")) as running_server:
        yield running_server
