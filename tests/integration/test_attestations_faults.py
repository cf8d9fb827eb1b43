from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tuf.api.exceptions import DownloadHTTPError

from publisher.attestations.decide import Target
from publisher.attestations.library import load_private_trust, load_public_trust
from publisher.attestations.model import AttestationMode
from publisher.errors import AttestingImpossible, IdTokenRefused, SettingsError, SigningError
from publisher.network.reply import Reply
from publisher.network.url import Url
from tests.fakes.job import Job
from tests.fakes.service import Answer
from tests.fakes.sigstore.authority import new_key
from tests.fakes.sigstore.world import ATTEMPTS, PYPI, build_distribution, build_many, signing_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publisher.attestations.library import Trust
    from publisher.attestations.signing import Attested
    from publisher.identity.tokens import IdToken
    from tests.fakes.service import Seen
    from tests.fakes.sigstore.world import SigningWorld

REQUIRED_SERVICES = ("certificate", "log")
BAD_GATEWAY = Answer(502, "<html>502</html>")
NOT_JSON = Answer(201, "<html>Welcome to the hotel's network</html>", {"Content-Type": "text/html"})
OTHER_JSON = Answer.of_json(201, {"unexpected": []})
A_LIST = Answer.of_json(201, [1, 2])
LIMITED = Answer.of_json(429, {"code": 8, "message": "slow down"})
REFUSED = Answer.of_json(400, {"code": 3, "message": "the identity is not known here"})
OTHER = Target("index.example", is_known=False, is_trusted=True)
REUSABLE = {"job_workflow_ref": "octo-org/shared/.github/workflows/publish.yml@refs/heads/main"}


def attest(
    world: SigningWorld, mode: AttestationMode = AttestationMode.TRUE, count: int = 1, timeout: float = 30.0
) -> Attested:
    return asyncio.run(world.attestor(mode, timeout=timeout).attest_all(build_many(count), {}))


@pytest.mark.parametrize("service", REQUIRED_SERVICES)
@pytest.mark.parametrize("answer", [BAD_GATEWAY, NOT_JSON, OTHER_JSON, A_LIST, LIMITED])
def test_fault__once_is_survived(service: str, answer: Answer) -> None:
    with signing_world() as world:
        world.sigstore.script(service, answer)
        attested = attest(world)
        assert len(attested.attestations) == 1
        assert world.requests_to(service) == 2
        assert any("next_attempt" in line for line in world.lines)


@pytest.mark.parametrize("service", REQUIRED_SERVICES)
@pytest.mark.parametrize(("answer", "said"), [(BAD_GATEWAY, "502 Bad Gateway"), (NOT_JSON, "it is not JSON")])
def test_fault__always_stops_the_run_after_all_attempts(service: str, answer: Answer, said: str) -> None:
    with signing_world() as world:
        world.sigstore.script(service, *[answer] * 10)
        with pytest.raises(SigningError, match=said) as caught:
            attest(world)
        assert caught.value.filenames == ("sample-1.0-cp30-none-any.whl",)
        assert world.requests_to(service) == ATTEMPTS


@pytest.mark.parametrize("service", REQUIRED_SERVICES)
def test_fault__a_service_that_hangs_is_given_up_after_the_timeout(service: str) -> None:
    async def hang(seen: Seen) -> None:
        if seen.endpoint == service:
            await asyncio.Event().wait()

    with signing_world() as world:
        world.sigstore.pause = hang
        load_private_trust(world.sigstore.trust_config(world.url))  # imports are no part of the time that is measured
        with pytest.raises(SigningError, match="no answer came in time"):
            attest(world, timeout=1.0)
        assert world.requests_to(service) == ATTEMPTS


def test_fault__a_refusal_is_final_and_quoted() -> None:
    with signing_world() as world:
        world.sigstore.script("certificate", REFUSED)
        with pytest.raises(SigningError, match="400 Bad Request: the identity is not known here"):
            attest(world)
        assert world.requests_to("certificate") == 1


def test_fault__the_timestamp_authority_is_not_asked_and_so_cannot_fail() -> None:
    with signing_world() as world:
        world.sigstore.script("timestamp", BAD_GATEWAY)
        assert len(attest(world).attestations) == 1
        assert world.requests_to("timestamp") == 0


def test_fault__every_attempt_has_an_id_token_of_its_own() -> None:
    with signing_world() as world:
        world.sigstore.script("certificate", BAD_GATEWAY, BAD_GATEWAY)
        attest(world)
        assert len(set(world.sigstore.id_tokens)) == 3


def test_fault__an_entry_for_something_else_is_not_taken() -> None:
    with signing_world() as world:
        attest(world)
        other = Answer.of_json(
            201, world.sigstore.log.add(world.sigstore.seen("log")[0].json(), world.sigstore.clock())
        )
        world.sigstore.script("log", other)
        asked = world.requests_to("log")
        assert len(attest(world).attestations) == 1
        assert world.requests_to("log") == asked + 2


def test_fault__a_certificate_that_was_not_logged_is_not_used() -> None:
    with signing_world() as world:
        trust = world.load_trust()
        world.sigstore.authority.log_key = new_key()
        attestor = world.attestor(load_trust=lambda: trust)
        with pytest.raises(SigningError, match="Signing certificate: the answer cannot be used"):
            asyncio.run(attestor.attest_all(build_many(1), {}))
        assert world.requests_to("log") == 0


def test_fault__after_one_failure_nothing_new_is_begun() -> None:
    with signing_world() as world:
        world.sigstore.script("log", *[REFUSED] * 60)
        with pytest.raises(SigningError) as caught:
            attest(world, count=60)
        assert "the identity is not known here" in caught.value.reason
        assert len(caught.value.filenames) == 60
        assert world.requests_to("log") <= 8


def test_fault__a_clock_that_is_hours_off_ends_with_an_explanation() -> None:
    with signing_world(offset=-7200) as world:
        with pytest.raises(SigningError, match="clock"):
            attest(world)
        assert world.requests_to("certificate") == 3
        assert world.requests_to("log") == 0


def test_best_effort__goes_on_without_the_attestations_that_failed() -> None:
    with signing_world() as world:
        world.sigstore.script("log", *[BAD_GATEWAY] * 100)
        attested = attest(world, AttestationMode.BEST_EFFORT, count=3)
        assert attested.attestations == {}
        assert len(attested.failed) == 3
        assert sum("goes without an attestation" in line for line in world.lines) == 3


def test_best_effort__keeps_what_could_be_signed() -> None:
    with signing_world() as world:
        attestor = world.attestor(AttestationMode.BEST_EFFORT, parallel=1)
        first, second = build_many(2)

        async def sign_in_turn() -> Attested:
            signed = await attestor.attest_all([first], {})
            world.sigstore.script("log", REFUSED)
            return await attestor.attest_all([first, second], signed.attestations)

        attested = asyncio.run(sign_in_turn())
        assert set(attested.attestations) == {first.filename}
        assert set(attested.failed) == {second.filename}


@pytest.mark.parametrize("mode", [AttestationMode.TRUE, AttestationMode.BEST_EFFORT])
def test_reusable_workflow__is_found_out_before_anything_is_signed(mode: AttestationMode) -> None:
    with signing_world() as world:
        world.github.claims = dict(REUSABLE)
        attested = attest(world, mode)
        assert attested.unsigned is not None
        assert "octo-org/shared/.github/workflows/publish.yml" in attested.unsigned
        assert attested.attestations == {}
        assert world.sigstore.requests == []


def test_reusable_workflow__stops_the_run_where_attestations_are_required() -> None:
    with signing_world() as world:
        world.github.claims = dict(REUSABLE)
        with pytest.raises(AttestingImpossible, match="reusable workflow") as caught:
            attest(world, AttestationMode.REQUIRED)
        assert caught.value.exit_status == 2
        assert world.sigstore.requests == []


def test_reusable_workflow__signs_for_an_index_with_rules_of_its_own() -> None:
    with signing_world(Job()) as world:
        world.github.claims = dict(REUSABLE)
        attestor = world.attestor(AttestationMode.REQUIRED, targets=(OTHER,))
        assert asyncio.run(attestor.attest_all(build_many(1), {})).unsigned is None
        assert world.requests_to("log") == 1


async def refuse_id_token(audience: str) -> IdToken:
    raise IdTokenRefused(Url.parse(f"https://tokens.example/{audience}"), Reply(403))


def test_id_token__a_refusal_stops_the_run() -> None:
    with signing_world() as world:
        attestor = replace(world.attestor(), request_id_token=refuse_id_token)
        with pytest.raises(SigningError, match="no ID token for signing: 403 Forbidden"):
            asyncio.run(attestor.attest_all(build_many(1), {}))


def test_id_token__a_refusal_later_on_stops_the_run_too() -> None:
    with signing_world() as world:
        issue, issued = world.request_id_token, world.github.issued

        async def request_once(audience: str) -> IdToken:
            return await (refuse_id_token(audience) if issued else issue(audience))

        world.sigstore.script("certificate", BAD_GATEWAY)
        attestor = replace(world.attestor(), request_id_token=request_once)
        with pytest.raises(SigningError, match="no ID token for signing"):
            asyncio.run(attestor.attest_all(build_many(1), {}))


def test_trust__a_passing_outage_is_survived() -> None:
    failures = [DownloadHTTPError("unavailable", 503)]
    with signing_world() as world:

        def load() -> Trust:
            if failures:
                raise failures.pop()
            return world.load_trust()

        attested = asyncio.run(world.attestor(load_trust=load).attest_all(build_many(1), {}))
        assert len(attested.attestations) == 1


def test_trust__an_outage_that_lasts_ends_before_any_id_token_is_spent() -> None:
    def load() -> Trust:
        raise DownloadHTTPError("unavailable", 503)

    with signing_world() as world:
        with pytest.raises(SigningError, match="Trust root: 503 Service Unavailable"):
            asyncio.run(world.attestor(load_trust=load).attest_all(build_many(2), {}))
        assert world.sigstore.requests == []


def test_trust__the_public_one_is_tried_as_often_as_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with signing_world() as world:
        attestor = world.attestor(load_trust=load_public_trust)
        with pytest.raises(SigningError, match="Trust root: "):
            asyncio.run(attestor.attest_all(build_many(2), {}))
        assert sum("next_attempt" in line for line in world.lines) == ATTEMPTS - 1
        assert world.sigstore.requests == []


def test_trust__a_home_that_cannot_be_written_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no directory")
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    with signing_world() as world:
        attestor = world.attestor(load_trust=load_public_trust)
        with pytest.raises(SigningError, match="Trust root: NotADirectoryError"):
            asyncio.run(attestor.attest_all(build_many(1), {}))
        assert not any("next_attempt" in line for line in world.lines)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:-1], "a part is missing"),
        (lambda _: "{}", "a part is missing"),
        (lambda text: text.replace('"rekorTlogUrls": [{', '"rekorTlogUrls": [], "oidcUrls": [{', 1), "Rekor"),
        (lambda text: text.replace('"majorApiVersion": 1', '"majorApiVersion": 2'), "Rekor|Fulcio"),
    ],
)
def test_trust__a_useless_configuration_is_a_problem_of_its_input(change: Callable[[str], str], said: str) -> None:
    with signing_world() as world:
        text = change(world.sigstore.trust_config(world.url))
        attestor = world.attestor(load_trust=lambda: load_private_trust(text))
        with pytest.raises(SettingsError, match=f"sigstore-trust-config.*({said})"):
            asyncio.run(attestor.attest_all([build_distribution()], {}))


def test_targets__are_named_in_the_reason() -> None:
    with signing_world() as world:
        world.github.claims = dict(REUSABLE)
        test_index = Target("TestPyPI", is_known=True, is_trusted=True)
        attested = asyncio.run(world.attestor(targets=(test_index, PYPI)).attest_all(build_many(1), {}))
        assert attested.unsigned is not None
        assert "TestPyPI and PyPI would refuse" in attested.unsigned
