"""Attestations on their way: found or signed, to the index that takes them, and to no other."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.builders import build_wheel
from tests.fakes.service import Answer
from tests.fakes.serving import serve
from tests.fakes.sigstore.instance import FakeSigstore
from tests.fakes.sigstore.world import GITHUB_ISSUER
from tests.integration.stage import build_release, endpoints, outcomes, set_stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.sigstore.instance import FakeSigstore as Sigstore
    from tests.integration.stage import Stage

PUBLISH = "https://docs.pypi.org/attestations/publish/v1"


@contextmanager
def set_signing_stage(directory: Path) -> Iterator[tuple[Stage, Sigstore]]:
    """Make everything ready for a run that signs with a private Sigstore."""
    with set_stage(directory) as stage:
        stage.github.issuer = GITHUB_ISSUER
        stage.index.issuers = {GITHUB_ISSUER: list(stage.github.jwks())}
        sigstore = FakeSigstore(stage.github)
        with serve(sigstore) as served:
            (stage.runner.workspace / "trust.json").write_text(sigstore.trust_config(served.url))
            stage.runner.inputs |= {"attestations": "required", "sigstore-trust-config": "trust.json"}
            yield stage, sigstore


@pytest.fixture
def signing(tmp_path: Path) -> Iterator[tuple[Stage, Sigstore]]:
    with set_signing_stage(tmp_path) as ready:
        yield ready


def test_proof__signed_before_any_upload_token_exists(signing: tuple[Stage, Sigstore]) -> None:
    stage, sigstore = signing
    names = build_release(stage.dist)
    run = stage.perform()
    assert run.exit_status == 0
    assert {each["filename"]: each["attested"] for each in run.distributions} == dict.fromkeys(names, True)
    for upload in stage.index.seen("upload"):
        (attestation,) = json.loads(upload.value("attestations") or "")
        assert attestation["version"] == 1
    # One certificate serves all files; the ID token for it is another one than that for the exchange.
    assert endpoints(sigstore.requests) == ["certificate", "log", "log", "log"]
    assert [dict(pair.split("=") for pair in seen.query.split("&"))["audience"] for seen in stage.github.requests] == [
        "sigstore",
        stage.index.audience,
    ]
    assert "Attested." in run.summary
    assert "transparency_log=" in run.log


def test_proof__a_failure_stops_the_run_before_anything_is_uploaded(signing: tuple[Stage, Sigstore]) -> None:
    stage, sigstore = signing
    build_release(stage.dist)
    sigstore.script("certificate", *[Answer(502)] * 9)
    run = stage.perform()
    assert run.exit_status == 1
    assert stage.index.files == {}
    assert stage.index.seen("mint") == []
    assert any("502" in error for error in run.errors)


def test_proof__one_that_lies_beside_the_file_is_sent_and_not_signed_again(signing: tuple[Stage, Sigstore]) -> None:
    stage, sigstore = signing
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


def test_proof__a_file_that_the_index_has_gains_none_and_the_log_says_so(signing: tuple[Stage, Sigstore]) -> None:
    stage, sigstore = signing
    wheel = build_wheel(stage.dist)
    stage.index.add(wheel.name, wheel.read_bytes())
    run = stage.perform()
    assert run.exit_status == 0
    assert outcomes(run) == {wheel.name: "existing"}
    assert run.distributions[0]["attested"] is False
    assert sigstore.requests == []
    assert "gains no attestation" in run.log


def test_proof__rehearsal_and_real_index_get_the_same(signing: tuple[Stage, Sigstore], tmp_path: Path) -> None:
    stage, sigstore = signing
    build_wheel(stage.dist)
    with set_stage(tmp_path / "test-index") as other:
        other.index.issuers = stage.index.issuers
        run = stage.perform({"test-index-url": f"{other.served.url}/legacy/"})
        assert run.exit_status == 0
        rehearsed = other.index.seen("upload")[0].value("attestations")
    assert rehearsed == stage.index.seen("upload")[0].value("attestations")
    assert len(sigstore.seen("log")) == 1


def test_proof__a_password_and_attestations_required__asks_for_an_id_token_to_sign(
    signing: tuple[Stage, Sigstore],
) -> None:
    stage, _ = signing
    build_wheel(stage.dist)
    stage.index.script("upload", Answer(200))  # an index other than PyPI, which takes them from anybody
    run = stage.perform({"user": "user", "password": "password"})
    assert run.exit_status == 0
    assert len(stage.github.seen("id-token")) == 1
    assert stage.index.seen("mint") == []


def test_proof__trust_configuration_that_is_not_there__before_any_request(stage: Stage) -> None:
    build_wheel(stage.dist)
    run = stage.perform({"attestations": "required", "sigstore-trust-config": "nowhere.json"})
    assert run.exit_status == 2
    assert stage.requests == []
    assert any("sigstore-trust-config" in error for error in run.errors)


def test_proof__attestations_false__those_beside_the_files_stay_where_they_are(stage: Stage) -> None:
    wheel = build_wheel(stage.dist)
    wheel.with_name(f"{wheel.name}.publish.attestation").write_text("not even JSON")
    run = stage.perform({"attestations": "false"})
    assert run.exit_status == 0
    assert stage.index.seen("upload")[0].value("attestations") is None
    assert not any("attestation" in warning for warning in run.warnings)


def test_proof__attestation_file_that_cannot_be_used__is_found_in_a_dry_run(stage: Stage) -> None:
    wheel = build_wheel(stage.dist)
    wheel.with_name(f"{wheel.name}.slsa.attestation").write_text("not even JSON")
    run = stage.perform({"attestations": "true", "dry-run": "true"})
    assert run.exit_status == 1
    assert any("is not JSON" in error for error in run.errors)


def test_proof__required_of_pypi_with_a_token__before_any_request(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.runner.inputs |= {"repository-url": "", "check-url": ""}
    run = stage.perform({"attestations": "required", "password": "pypi-token"})
    assert run.exit_status == 2
    assert stage.requests == []
    assert any("only with Trusted Publishing" in error for error in run.errors)
