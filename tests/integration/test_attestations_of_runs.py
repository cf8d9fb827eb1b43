"""Attestations in a run: after the exchange, before any upload, for the indexes that accept them."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.builders import build_wheel
from tests.fakes.service import Answer, Seen
from tests.fakes.serving import serve
from tests.fakes.sigstore.instance import FakeSigstore
from tests.fakes.sigstore.world import GITHUB_ISSUER
from tests.integration.stage import Stage, build_release, endpoints, rehearse, says


@contextmanager
def sign(stage: Stage) -> Iterator[FakeSigstore]:
    """Have the runs of a stage sign with a private Sigstore."""
    stage.github.issuer = GITHUB_ISSUER
    stage.index.issuers = {GITHUB_ISSUER: stage.github.key.public_key()}
    sigstore = FakeSigstore(stage.github)
    with serve(sigstore) as served:
        (stage.runner.workspace / "trust.json").write_text(sigstore.trust_config(served.url))
        stage.runner.inputs |= {"attestations": "required", "sigstore-trust-config": "trust.json"}
        yield sigstore


@pytest.fixture
def sigstore(stage: Stage) -> Iterator[FakeSigstore]:
    with sign(stage) as sigstore:
        yield sigstore


def test_attesting__after_the_exchange_and_before_any_upload(stage: Stage, sigstore: FakeSigstore) -> None:
    names = build_release(stage.dist)
    run = stage.perform()
    assert run.exit_status == 0
    assert {each["filename"]: each["attested"] for each in run.distributions} == dict.fromkeys(names, True)
    for upload in stage.index.seen("upload"):
        (attestation,) = json.loads(upload.value("attestations") or "")
        assert attestation["version"] == 1
    # All files share a certificate, whose ID token is not that of the exchange.
    assert endpoints(sigstore.requests) == ["certificate", "log", "log", "log"]
    assert [dict(pair.split("=") for pair in seen.query.split("&"))["audience"] for seen in stage.github.requests] == [
        stage.index.audience,
        "sigstore",
    ]
    assert "All 3 files were uploaded and attested." in run.summary
    for number, name in enumerate(names):
        assert f"Signed {name}: " in run.log
        assert f"logIndex={number}" in run.log


def test_attesting__a_failure_stops_the_run_before_any_upload(stage: Stage, sigstore: FakeSigstore) -> None:
    build_release(stage.dist)
    sigstore.script("certificate", *[Answer(502)] * 9)
    run = stage.perform()
    assert run.exit_status == 1
    assert stage.index.files == {}
    assert [token.burned for token in stage.index.tokens.values()] == [True]
    assert any("502" in error for error in run.errors)


def test_exchange__refused__nothing_is_signed(stage: Stage, sigstore: FakeSigstore) -> None:
    build_wheel(stage.dist)
    stage.index.publishers.clear()
    with rehearse(stage) as test_index:
        assert stage.perform().exit_status == 1
        assert test_index.seen("upload") == []
    assert sigstore.requests == []


def test_exchange__refused_by_the_test_index__nothing_is_signed(stage: Stage, sigstore: FakeSigstore) -> None:
    build_wheel(stage.dist)
    with rehearse(stage) as test_index:
        test_index.publishers.clear()
        assert stage.perform().exit_status == 1
        assert endpoints(test_index.requests) == ["audience", "mint"]
    assert sigstore.requests == []
    assert endpoints(stage.index.requests) == ["simple", "audience", "mint", "burn"]


def test_exchange__cancelled_while_signing__tokens_are_revoked(stage: Stage, sigstore: FakeSigstore) -> None:
    build_wheel(stage.dist)

    async def cancel(_: Seen) -> None:
        stage.stop.request()
        await asyncio.Event().wait()

    sigstore.pause = cancel
    with rehearse(stage) as test_index:
        run = stage.perform()
        assert test_index.files == {}
        assert [token.burned for token in test_index.tokens.values()] == [True]
    assert run.exit_status == 1
    assert says(run.errors, "cancelled while signing")
    assert [token.burned for token in stage.index.tokens.values()] == [True]


def test_attesting__a_file_with_an_attestation_is_not_signed_again(stage: Stage, sigstore: FakeSigstore) -> None:
    wheel = build_wheel(stage.dist)
    assert stage.perform().exit_status == 0
    sent = stage.index.seen("upload")[0].value("attestations") or ""
    wheel.with_name(f"{wheel.name}.publish.attestation").write_text(json.dumps(json.loads(sent)[0]))
    stage.index.files.clear()
    stage.index.projects["sample"].releases.clear()
    sigstore.requests.clear()

    run = stage.perform()
    assert run.exit_status == 0
    assert sigstore.requests == []
    assert json.loads(stage.index.seen("upload")[-1].value("attestations") or "") == json.loads(sent)


def test_attesting__existing_files_gain_none(stage: Stage, sigstore: FakeSigstore) -> None:
    wheel = build_wheel(stage.dist)
    stage.index.add(wheel.name, wheel.read_bytes())
    run = stage.perform()
    assert run.exit_status == 0
    assert run.outcomes == {wheel.name: "existing"}
    assert run.distributions[0]["attested"] is False
    assert sigstore.requests == []
    assert "Attestations cannot be added to files that" in run.log


def test_attesting__the_same_for_both_indexes(stage: Stage, sigstore: FakeSigstore) -> None:
    build_wheel(stage.dist)
    with rehearse(stage) as test_index:
        assert stage.perform().exit_status == 0
        rehearsed = test_index.seen("upload")[0].value("attestations")
    assert rehearsed == stage.index.seen("upload")[0].value("attestations")
    assert len(sigstore.seen("log")) == 1


@pytest.mark.usefixtures("sigstore")
def test_attesting__required_with_a_password_requests_an_id_token(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index.script("upload", Answer(200))  # unlike PyPI, it accepts attestations with a password
    run = stage.perform({"user": "user", "password": "password"})
    assert run.exit_status == 0
    assert len(stage.github.seen("id-token")) == 1
    assert stage.index.seen("mint") == []


def test_trust_config__unusable(stage: Stage) -> None:
    build_wheel(stage.dist)
    run = stage.perform({"attestations": "required", "sigstore-trust-config": "trust.json"})
    assert run.exit_status == 2
    assert stage.requests == []
    assert any("sigstore-trust-config" in error for error in run.errors)


def test_attestations_false__files_beside_the_distributions_are_ignored(stage: Stage) -> None:
    wheel = build_wheel(stage.dist)
    wheel.with_name(f"{wheel.name}.publish.attestation").write_text("not even JSON")
    run = stage.perform({"attestations": "false"})
    assert run.exit_status == 0
    assert stage.index.seen("upload")[0].value("attestations") is None
    assert not any("attestation" in warning for warning in run.warnings)


def test_dry_run__reports_an_unusable_attestation_file(stage: Stage) -> None:
    wheel = build_wheel(stage.dist)
    wheel.with_name(f"{wheel.name}.slsa.attestation").write_text("not even JSON")
    run = stage.perform({"attestations": "true", "dry-run": "true"})
    assert run.exit_status == 1
    assert any("Invalid JSON" in error for error in run.errors)


def test_required__for_pypi_with_a_password(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.runner.inputs |= {"repository-url": "", "check-url": ""}
    run = stage.perform({"attestations": "required", "password": "pypi-token"})
    assert run.exit_status == 2
    assert stage.requests == []
    assert any("only with Trusted Publishing" in error for error in run.errors)
