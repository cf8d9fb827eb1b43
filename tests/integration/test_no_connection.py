"""The first host cannot be reached: each kind of first request, for each reason."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from publisher.network.reply import Cause
from tests.builders import build_wheel
from tests.fakes.proxy import proxied
from tests.fakes.serving import closed_port
from tests.integration.stage import says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.stage import Stage

WHEEL = "sample-1.0-py3-none-any.whl"
NO_ADDRESS = "https://index.invalid"  # RFC 6761 reserves the top-level domain: it has no hosts
REASONS = {
    "refused": Cause.CONNECT,
    "unknown host": Cause.DNS,
    "untrusted certificate": Cause.CERTIFICATE,
    "no TLS": Cause.TLS,
}


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """Publish one wheel, with two attempts per request."""
    build_wheel(stage.dist)
    stage.runner.inputs["max-attempts"] = "2"
    return stage


@contextmanager
def unreachable(stage: Stage, reason: str) -> Iterator[str]:
    """Yield the root URL of a host that cannot be connected to."""
    match reason:
        case "refused":
            with closed_port() as port:
                yield f"http://127.0.0.1:{port}"
        case "unknown host":
            yield NO_ADDRESS
        case "untrusted certificate":
            stage.runner.variables["SSL_CERT_FILE"] = None
            with proxied(stage.served.url, tls=True) as proxy:
                yield proxy.url
        case _:
            yield stage.served.url.replace("http:", "https:")


@pytest.mark.parametrize(
    ("kind", "status", "outcome"),
    [("listing", 0, "uploaded"), ("audience", 1, "not-tried"), ("id-token", 1, "not-tried"), ("upload", 1, "failed")],
)
@pytest.mark.parametrize("reason", REASONS)
def test_no_connection__for_the_first_request(stage: Stage, kind: str, status: int, outcome: str, reason: str) -> None:
    with unreachable(stage, reason) as url:
        if kind == "listing":
            stage.runner.inputs["check-url"] = f"{url}/simple/"
        elif kind == "id-token":
            stage.runner.variables |= stage.github.variables(url)
        else:
            password = "secret-password" if kind == "upload" else ""
            stage.runner.inputs |= {"repository-url": f"{url}/legacy/", "check-url": "", "password": password}
        run = stage.perform()
    assert (run.exit_status, run.outcomes) == (status, {WHEEL: outcome})
    assert says(run.errors if status else run.warnings, REASONS[reason])
    assert not any("may have the file" in error for error in run.errors)
    assert run.raw_log.count("attempt 2 of 2 in") == (reason != "untrusted certificate")
    assert stage.index.filenames() == ([] if status else [WHEEL])
