"""The first host cannot be reached: each kind of first request, for each reason."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from publisher.network.reply import Cause
from tests.builders import build_wheel
from tests.fakes.proxy import proxied
from tests.fakes.serving import closed_port
from tests.integration.stage import outcomes, says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.runner import Run
    from tests.integration.stage import Stage

WHEEL = "sample-1.0-py3-none-any.whl"
NO_ADDRESS = "https://index.invalid"
"""RFC 6761 reserves the top-level domain: it has no hosts."""

REASONS = {
    "refused": Cause.CONNECT,
    "unknown host": Cause.DNS,
    "untrusted certificate": Cause.CERTIFICATE,
    "no TLS": Cause.TLS,
}
each_reason = pytest.mark.parametrize("reason", REASONS)


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


def assert_tried(run: Run, reason: str) -> None:
    """Check that a run tried twice, or once if another attempt is useless."""
    assert run.raw_log.count("attempt 2 of 2 in") == (0 if reason == "untrusted certificate" else 1)


@each_reason
def test_listing__the_answers_to_the_uploads_decide(stage: Stage, reason: str) -> None:
    with unreachable(stage, reason) as url:
        run = stage.perform({"check-url": f"{url}/simple/"})
    assert run.exit_status == 0
    assert says(run.warnings, f"cannot be used, because {REASONS[reason]}")
    assert stage.index.filenames() == [WHEEL]
    assert_tried(run, reason)


@pytest.mark.parametrize(("password", "outcome"), [("", "not-tried"), ("secret-password", "failed")])
@each_reason
def test_exchange_or_upload__ends_the_run(stage: Stage, reason: str, password: str, outcome: str) -> None:
    with unreachable(stage, reason) as url:
        run = stage.perform({"repository-url": f"{url}/legacy/", "check-url": "", "password": password})
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: outcome}
    assert says(run.errors, REASONS[reason])
    assert not any("may be on the index" in error for error in run.errors)
    assert not stage.requests
    assert_tried(run, reason)


@each_reason
def test_id_token__ends_the_run(stage: Stage, reason: str) -> None:
    with unreachable(stage, reason) as url:
        stage.runner.variables |= stage.github.variables(url)
        run = stage.perform()
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "not-tried"}
    assert says(run.errors, REASONS[reason])
    assert not stage.index.seen("mint")
    assert_tried(run, reason)
