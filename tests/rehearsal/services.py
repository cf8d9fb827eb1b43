"""An index and an ID-token service for containers on this machine: `python -m tests.rehearsal.services DIRECTORY`.

Builds a sample to publish in `DIRECTORY/dist` and prints what a step needs as `name=value`, for `GITHUB_OUTPUT`. Then
closes stdout and serves until it is killed.
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.serving import serve
from tests.fakes.trusted_publishing import TrustedPublisher
from tests.rehearsal.__main__ import Abandoned, build

AUTHORITY = "authority.pem"
PROJECT = "rehearsal-sample"


@dataclass(frozen=True, slots=True)
class Services:
    """The index, and what a step that publishes to it needs."""

    index: FakeIndex
    inputs: Mapping[str, str]
    variables: Mapping[str, str]


@contextmanager
def serve_to_containers(workspace: Path) -> Iterator[Services]:
    """Serve over TLS on the address at which containers reach the host; the workspace gets the authority."""
    address = read_gateway()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(workspace / AUTHORITY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(address).configure_cert(context)
    github = FakeGitHub()
    index = FakeIndex(github, deadlock_timeout=1)
    index.register(TrustedPublisher(PROJECT))
    with (
        serve(github, tls=True, host=address, context=context) as token_service,
        serve(index, tls=True, host=address, context=context) as served,
    ):
        url = f"https://{address}:{served.port}"
        inputs = {"repository-url": f"{url}/legacy/", "check-url": f"{url}/simple/"}
        variables = github.variables(f"https://{address}:{token_service.port}")
        yield Services(index, inputs, variables | {"SSL_CERT_FILE": f"/github/workspace/{AUTHORITY}"})


def read_gateway() -> str:
    """Return the address of this machine in Docker's default network; raise `Abandoned` if it has none there."""
    command = ["docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"]
    address = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    try:
        with socket.socket() as probe:
            probe.bind((address, 0))
    except OSError as error:
        # Docker in a virtual machine or without root, or an interface that was removed.
        raise Abandoned(f"containers cannot reach this machine at {address} ({error.strerror}).") from error
    return address


def main(workspace: Path) -> None:
    """Build the sample, serve, and print how to publish it."""
    build(workspace / "dist")
    with serve_to_containers(workspace) as services:
        for name, value in {**services.inputs, **services.variables}.items():
            sys.stdout.write(f"{name}={value}\n")
        # Closing `sys.stdout` would leave the descriptor open, and the reader waiting.
        sys.stdout.flush()
        os.close(sys.stdout.fileno())
        signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
