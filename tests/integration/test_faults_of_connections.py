"""Faults that the matrix cannot script: no connection, slow lines, early answers, redirects that are followed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from publisher.network.retry import RetryPolicy
from tests.builders import build_wheel
from tests.fakes.faults import End, answer_early, render_answer, slow, stall
from tests.fakes.index import FakeIndex
from tests.fakes.proxy import proxied
from tests.fakes.service import Answer
from tests.fakes.serving import serve, trusted_certificates
from tests.integration.matrix import answer
from tests.integration.stage import IMPATIENCE, Clock, Stage, build_release, outcomes

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "sample-1.0-py3-none-any.whl"
SOME_MEGABYTES = 4 << 20
"""More than the buffers between both sides hold."""


@pytest.fixture
def stage(stage: Stage) -> Stage:
    stage.runner.inputs |= {"max-attempts": "2", "timeout": "1"}
    return stage


def test_certificate_of_a_private_authority__trusted_by_variable(stage: Stage) -> None:
    build_wheel(stage.dist)
    with proxied(stage.served.url, tls=True) as proxy, trusted_certificates() as path:
        stage.runner.variables["SSL_CERT_FILE"] = str(path)
        run = stage.perform({"repository-url": f"{proxy.url}/legacy/", "check-url": f"{proxy.url}/simple/"})
    assert run.exit_status == 0
    assert stage.index.filenames() == [WHEEL]


def test_reset_of_every_connection__before_a_byte(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index_proxy.resets_on_accept = 99
    run = stage.perform()
    assert run.exit_status == 1
    # The reset comes while the connection is being made, or right after that.
    assert any("the connection broke" in error or "could not be made" in error for error in run.errors)
    assert stage.index_proxy.connections == 4  # listing and audience, twice each


def test_slow_but_steady__is_never_killed(stage: Stage) -> None:
    build_wheel(stage.dist, size=SOME_MEGABYTES)
    stage.index_proxy.script(slow(SOME_MEGABYTES / 3), path="/legacy/")
    run = stage.perform({"timeout": "2"})
    assert run.exit_status == 0
    assert len(stage.index.seen("upload")) == 1


def test_stall_in_the_body(stage: Stage) -> None:
    build_wheel(stage.dist, size=SOME_MEGABYTES)
    stage.index_proxy.script(stall(after=100_000), path="/legacy/")
    run = stage.perform()
    assert run.exit_status == 0
    assert "no byte could be sent for too long (1 s)" in run.raw_log
    assert len(stage.index.seen("upload")) == 1


@pytest.mark.parametrize("end", [End.CLOSE, End.RESET, End.HANG, End.KEEP])
def test_refusal_before_a_large_body_is_read(stage: Stage, end: End) -> None:
    build_wheel(stage.dist, size=SOME_MEGABYTES)
    refusal = render_answer(413, b'{"detail": "Too large for this index"}', {"Content-Type": "application/json"})
    stage.index_proxy.script(answer_early(refusal, end=end), path="/legacy/")
    run = stage.perform()
    if end is not End.RESET:  # the reset may overtake the answer: then it is another attempt
        assert run.exit_status == 1
        assert outcomes(run) == {WHEEL: "refused"}
        assert any("413 Too large for this index" in error for error in run.errors)
        assert stage.index.filenames() == []
    else:
        assert outcomes(run) in ({WHEEL: "refused"}, {WHEEL: "uploaded"})


@pytest.mark.parametrize("end", [End.CLOSE, End.HANG])
def test_success_before_a_large_body_is_read__is_not_believed(stage: Stage, end: End) -> None:
    build_wheel(stage.dist, size=SOME_MEGABYTES)
    stage.index_proxy.script(*[answer_early(render_answer(200), end=end)] * 2, path="/legacy/")
    run = stage.perform()
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "failed"}
    assert any("although the file was not sent yet" in error for error in run.errors)


def test_redirect__to_the_missing_slash(stage: Stage) -> None:
    build_wheel(stage.dist)
    run = stage.perform({"repository-url": stage.runner.inputs["repository-url"].rstrip("/")})
    assert run.exit_status == 0
    assert [seen.endpoint for seen in stage.index.requests if seen.filename] == ["slashless", "upload"]


def test_redirect__relative(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index_proxy.script(answer(307, Location="../legacy/"), path="/legacy/")
    assert stage.perform().exit_status == 0
    assert len(stage.index.seen("upload")) == 1


@pytest.mark.parametrize("status", [301, 302, 303])
def test_redirect__that_loses_the_body(stage: Stage, status: int) -> None:
    build_wheel(stage.dist)
    stage.index_proxy.script(answer(status, Location="/legacy/"), path="/legacy/")
    run = stage.perform()
    assert run.exit_status == 1
    assert any("in a way that loses the request's body" in error for error in run.errors)
    assert not stage.index.seen("upload")


def test_redirect__in_a_circle(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index_proxy.script(*[answer(308, Location="/legacy/")] * 99, path="/legacy/")
    stage.index_proxy.script(*[answer(302, Location="?x=1")] * 99, path="/simple/")
    run = stage.perform()
    assert run.exit_status == 1
    assert any("it redirects in a circle" in error for error in run.errors)
    assert "What 127.0.0.1 has of sample is not known: it redirects in a circle" in run.raw_log
    assert len(stage.index_proxy.passages) < 20


@pytest.mark.parametrize(
    "path", ["/legacy/", "/simple/", "/_/oidc/audience", "/_/oidc/mint-token", "/_/oidc/burn-token"]
)
def test_redirect__nothing_goes_to_another_origin(stage: Stage, path: str) -> None:
    build_wheel(stage.dist)
    stranger = FakeIndex()
    with serve(stranger) as elsewhere:
        stage.index_proxy.script(answer(308, Location=f"{elsewhere.url}{path}"), path=path)
        stage.perform()
    assert not stranger.requests


def test_retry_after__seconds_and_date_are_kept_to(stage: Stage) -> None:
    """The clock stands half a second before the date, so that the wait is real and short."""
    build_wheel(stage.dist)
    stage.clock = Clock(1_445_412_479.5)
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    stage.index_proxy.script(answer(503, Retry_After=date), path="/simple/")
    stage.index_proxy.script(answer(429, Retry_After="1"), path="/legacy/")
    stage.index.clock = stage.github.clock = stage.clock
    run = stage.perform()
    assert run.exit_status == 0
    assert 'Listing of sample: 503 Because  next_attempt="2 of 2"  wait="0.5 s"' in run.raw_log
    assert f'{WHEEL}: 429 Because  next_attempt="2 of 2"  wait="1.0 s"' in run.raw_log


def test_retry_after__an_absurd_wait_has_a_bound() -> None:
    assert RetryPolicy(2).retry_after_cap == 120


def test_429_without_a_wait__is_final_and_explained(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index.script("upload", Answer.of_json(429, {"code": "429 Too many new projects created"}))
    run = stage.perform()
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "refused"}
    assert len(stage.index.seen("upload")) == 1
    assert any("429 Too many new projects created" in error for error in run.errors)
    assert not any("disturbance" in error for error in run.errors)


def test_lost_answer__already_exists_then_is_success(stage: Stage) -> None:
    """An index that refuses what it has, even the very same content, and has no Simple API."""
    build_wheel(stage.dist)
    stage.index.script("upload", Answer(500, after=True), Answer(409, "already there"))
    run = stage.perform({"check-url": ""})
    assert run.exit_status == 0
    assert outcomes(run) == {WHEEL: "uploaded"}


def test_lost_answer__of_somebody_elses_file(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index.script("upload", Answer(500), Answer(409, "already there"))
    stage.index.script("simple", Answer(500), Answer(500))
    stage.index.add(WHEEL, b"other content")
    run = stage.perform()
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "refused"}


def test_lost_answer__last_attempt_refused_for_another_reason(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index.script("upload", Answer(502, after=True), Answer(403, "maintenance"))
    run = stage.perform()
    assert run.exit_status == 0
    assert outcomes(run) == {WHEEL: "uploaded"}


def test_failure__does_not_stop_the_others_of_its_wave(stage: Stage) -> None:
    names = build_release(stage.dist, wheels=4)
    stage.index.script("upload", Answer(200, after=True), Answer(500), Answer(500), Answer(500), Answer(500))
    run = stage.perform({"max-parallel": "1"})
    told = outcomes(run)
    assert run.exit_status == 1
    assert sorted(told.values()) == ["failed", "failed", "not-tried", "uploaded", "uploaded"]
    assert told[names[-1]] == "not-tried"
    assert sorted(name for name, outcome in told.items() if outcome == "uploaded") == stage.index.filenames()


def test_many_projects__waiting_for_a_connection_is_no_timeout(stage: Stage, tmp_path: Path) -> None:
    del tmp_path
    for number in range(12):
        build_wheel(stage.dist, f"sample{number}")

    async def pause(_: object) -> None:
        await asyncio.sleep(IMPATIENCE / 5)

    stage.index.pause = pause
    stage.answer_timeout = IMPATIENCE
    run = stage.perform({"max-parallel": "1", "dry-run": "true"})
    assert run.exit_status == 0
    assert "is not known" not in run.raw_log
    assert len(stage.index.seen("simple")) == 12
