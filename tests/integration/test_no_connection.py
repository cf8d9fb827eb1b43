"""Whoever is asked first cannot be reached: each kind of first request, each reason why."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.builders import build_wheel
from tests.fakes.proxy import proxied
from tests.fakes.serving import closed_port
from tests.integration.stage import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.runner import Run
    from tests.integration.stage import Stage

WHEEL = "sample-1.0-py3-none-any.whl"
NO_ADDRESS = "https://index.invalid"
"""A host of the top-level domain that RFC 6761 reserves for having no hosts."""

REASONS = {
    "refused": "the connection could not be made",
    "unknown host": "the host name could not be resolved",
    "untrusted certificate": "the certificate is not trusted",
    "no TLS": "the TLS handshake failed",
}
everywhere = pytest.mark.parametrize("reason", REASONS)


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """Make one wheel ready, in a run that tries twice."""
    build_wheel(stage.dist)
    stage.runner.inputs["max-attempts"] = "2"
    return stage


@contextmanager
def unreachable(stage: Stage, reason: str) -> Iterator[str]:
    """Lend the root URL of a host with which no connection comes about."""
    match reason:
        case "refused":
            with closed_port() as port:
                yield f"http://127.0.0.1:{port}"
        case "unknown host":
            yield NO_ADDRESS
        case "untrusted certificate":
            with proxied(stage.served.url, tls=True) as proxy:
                yield proxy.url
        case _:
            yield stage.served.url.replace("http:", "https:")


def assert_tried(run: Run, reason: str) -> None:
    """Hold a run to having tried twice, but only once where another attempt could mend nothing."""
    assert run.raw_log.count("next_attempt=") == (0 if reason == "untrusted certificate" else 1)


@everywhere
def test_listing__the_answers_to_the_uploads_decide(stage: Stage, reason: str) -> None:
    with unreachable(stage, reason) as url:
        run = stage.perform({"check-url": f"{url}/simple/"})
    assert run.exit_status == 0
    assert any(f"is not known: {REASONS[reason]}" in warning for warning in run.raw_log.splitlines())
    assert stage.index.filenames() == [WHEEL]
    assert_tried(run, reason)


@everywhere
def test_exchange__ends_the_run(stage: Stage, reason: str) -> None:
    with unreachable(stage, reason) as url:
        run = stage.perform({"repository-url": f"{url}/legacy/", "check-url": ""})
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "not-tried"}
    assert any(REASONS[reason] in error for error in run.errors)
    assert not stage.requests
    assert_tried(run, reason)


@everywhere
def test_id_token__ends_the_run(stage: Stage, reason: str) -> None:
    with unreachable(stage, reason) as url:
        stage.runner.variables |= stage.github.variables(url)
        run = stage.perform()
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "not-tried"}
    assert any(REASONS[reason] in error for error in run.errors)
    assert not stage.index.seen("mint")
    assert_tried(run, reason)


@everywhere
def test_upload__fails(stage: Stage, reason: str) -> None:
    with unreachable(stage, reason) as url:
        run = stage.perform({"repository-url": f"{url}/legacy/", "check-url": "", "password": "secret-password"})
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "failed"}
    assert any(REASONS[reason] in error for error in run.errors)
    assert not any("may be on the index" in error for error in run.errors)
    assert not stage.requests
    assert_tried(run, reason)
