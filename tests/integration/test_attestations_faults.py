"""Signing while services fail, refuse, or hang."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tuf.api.exceptions import DownloadHTTPError

from publisher.attestations.files import Predicate
from publisher.attestations.sign import AttestationMode, Attested, SigningFailed, attest
from publisher.attestations.sigstore import Trust
from publisher.errors import AttestingImpossible, IdTokenRefused, SigningError
from publisher.identity.exchange import IdToken
from publisher.index.endpoints import index_at
from publisher.network.reply import Cause, NoReply, Reply
from publisher.network.url import Url
from tests.fakes.service import PASS, Answer, Seen
from tests.fakes.serving import closed_port
from tests.fakes.sigstore.authority import new_key
from tests.fakes.sigstore.world import ATTEMPTS, PYPI, SigningWorld, build_many, signing_world

SERVICES = ("certificate", "log")
BAD_GATEWAY = Answer(502, "<html>502</html>")
NOT_JSON = Answer(201, "<html>Welcome to the hotel's network</html>", {"Content-Type": "text/html"})
OTHER_JSON = Answer.of_json(201, {"unexpected": []})
A_LIST = Answer.of_json(201, [1, 2])
LIMITED = Answer.of_json(429, {"code": 8, "message": "slow down"})
REFUSED = Answer.of_json(400, {"code": 3, "message": "the identity is not known here"})
OTHER = index_at(Url.parse("https://index.example/legacy/"), None)
REUSABLE = {"job_workflow_ref": "octo-org/shared/.github/workflows/publish.yml@refs/heads/main"}
WHAT = {"certificate": "Requesting a signing certificate", "log": "Signing sample-1.0-cp30-none-any.whl"}
FIRST, SECOND = (each.filename for each in build_many(2))


def sign(
    world: SigningWorld, mode: AttestationMode = AttestationMode.TRUE, count: int = 1, timeout: float = 30.0
) -> Attested:
    return attest(build_many(count), {}, world.options(mode, timeout=timeout), [PYPI])


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("answer", [BAD_GATEWAY, NOT_JSON, OTHER_JSON, A_LIST, LIMITED])
def test_fault__once_is_retried(service: str, answer: Answer) -> None:
    with signing_world() as world:
        world.sigstore.script(service, answer)
        assert len(sign(world).attestations) == 1
        assert world.requests_to(service) == 2
        (line,) = world.warnings
        assert line.startswith(f"{WHAT[service]}: ")
        assert len(set(world.sigstore.id_tokens)) == world.requests_to("certificate")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(("answer", "summary"), [(BAD_GATEWAY, "502 Bad Gateway"), (NOT_JSON, Cause.UNUSABLE)])
def test_fault__always_ends_the_run_after_all_attempts(service: str, answer: Answer, summary: str) -> None:
    with signing_world() as world:
        world.sigstore.script(service, *[answer] * 10)
        with pytest.raises(SigningError, match=summary) as caught:
            sign(world)
        assert caught.value.filenames == (FIRST,)
        assert caught.value.what == WHAT[service]
        assert world.requests_to(service) == ATTEMPTS


@pytest.mark.parametrize("service", SERVICES)
def test_fault__a_service_that_hangs_is_abandoned(service: str) -> None:
    async def hang(seen: Seen) -> None:
        if seen.endpoint == service:
            await asyncio.Event().wait()

    with signing_world() as world:
        world.sigstore.pause = hang
        with pytest.raises(SigningError) as caught:
            sign(world, timeout=0.5)
        assert caught.value.cause == NoReply(Cause.TIMEOUT_ANSWER)
        assert world.requests_to(service) == ATTEMPTS


def test_fault__a_refusal_is_final() -> None:
    with signing_world() as world:
        world.sigstore.script("certificate", REFUSED)
        with pytest.raises(SigningError) as caught:
            sign(world)
        assert isinstance(caught.value.cause, Reply)
        assert caught.value.cause.json() == {"code": 3, "message": "the identity is not known here"}
        assert world.requests_to("certificate") == 1


def test_fault__an_entry_of_something_else_is_not_accepted() -> None:
    with signing_world() as world:
        sign(world)
        entry = world.sigstore.log.add(world.sigstore.seen("log")[0].json(), world.sigstore.clock())
        world.sigstore.script("log", Answer.of_json(201, entry))
        assert len(sign(world).attestations) == 1
        assert world.requests_to("log") == 3


def test_fault__a_certificate_that_was_not_logged_is_not_used() -> None:
    with signing_world() as world:
        trust = world.parse_trust()
        options = replace(world.options(), load_trust=lambda: trust)
        world.sigstore.authority.log_key = new_key()
        with pytest.raises(SigningError, match=r"Requesting a signing certificate: the answer cannot be used"):
            attest(build_many(1), {}, options, [PYPI])
        assert world.requests_to("log") == 0


def test_fault__after_one_failure_nothing_new_is_begun() -> None:
    with signing_world() as world:
        world.sigstore.script("log", *[REFUSED] * 60)
        with pytest.raises(SigningError) as caught:
            sign(world, count=60)
        assert len(caught.value.filenames) == 60
        assert world.requests_to("log") <= 8


def test_fault__a_clock_hours_off() -> None:
    with signing_world(offset=-7200) as world:
        with pytest.raises(SigningError, match="clock may be wrong"):
            sign(world)
        assert world.requests_to("certificate") == 3
        assert world.requests_to("log") == 0


def test_best_effort__keeps_what_could_be_signed() -> None:
    with signing_world() as world:
        world.sigstore.script("log", PASS, REFUSED)
        options = world.options(AttestationMode.BEST_EFFORT, parallel=1)
        attested = attest(build_many(2), {}, options, [PYPI])
        assert [each.predicate for each in attested.attestations[FIRST]] == [Predicate.PUBLISH]
        assert attested.failed[SECOND].what == f"Signing {SECOND}"


def test_reusable_workflow__signs_nothing_unless_the_index_has_its_own_rules() -> None:
    with signing_world() as world:
        world.github.claims = dict(REUSABLE)
        attested = sign(world, AttestationMode.BEST_EFFORT)
        assert "octo-org/shared/.github/workflows/publish.yml" in str(attested.unsigned)
        assert (attested.attestations, attested.failed) == ({}, {})
        with pytest.raises(AttestingImpossible, match="reusable workflow") as caught:
            sign(world, AttestationMode.REQUIRED)
        # Known only after a request.
        assert caught.value.exit_status == 1
        assert world.sigstore.requests == []
        options = world.options(AttestationMode.REQUIRED)
        assert attest(build_many(1), {}, options, [OTHER]).unsigned is None
        assert world.requests_to("log") == 1


@pytest.mark.parametrize("issued", [0, 1])
def test_id_token__refused_for_the_first_or_second_certificate(issued: int) -> None:
    with signing_world() as world:

        def request(audience: str) -> IdToken:
            if len(world.github.issued) == issued:
                raise IdTokenRefused(Url.parse(f"https://tokens.example/{audience}"), Reply(403), 1)
            return world.request_id_token(audience)

        world.sigstore.script("certificate", BAD_GATEWAY)
        options = world.options(AttestationMode.BEST_EFFORT, request_id_token=request)
        failure = SigningFailed("Requesting an ID token for signing", Reply(403))
        assert attest(build_many(2), {}, options, [PYPI]).failed == {FIRST: failure, SECOND: failure}


def test_trust__passing_outage() -> None:
    failures = [DownloadHTTPError("unavailable", 503)]
    with signing_world() as world:

        def load_trust() -> Trust:
            if failures:
                raise failures.pop()
            return world.parse_trust()

        options = replace(world.options(), load_trust=load_trust)
        assert len(attest(build_many(2), {}, options, [PYPI]).attestations) == 2
        (line,) = world.warnings
        assert line.startswith("Updating the Sigstore trust root: 503; attempt 2 of 3")


def test_public_trust__outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with closed_port() as port, signing_world() as world:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        with pytest.raises(SigningError, match="Updating the Sigstore trust root: "):
            attest(build_many(2), {}, replace(world.options(), load_trust=None), [PYPI])
        assert len(world.log.entries) == ATTEMPTS - 1
        assert world.sigstore.requests == []


def test_public_trust__directory_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a directory")
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    with signing_world() as world:
        with pytest.raises(SigningError) as caught:
            attest(build_many(1), {}, replace(world.options(), load_trust=None), [PYPI])
        assert caught.value.cause == "NotADirectoryError: Not a directory"
        assert world.log.entries == []
