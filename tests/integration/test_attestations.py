"""Signing with a Sigstore on loopback, and verification as an index does it."""

import asyncio
from pathlib import Path

import pytest
from pypi_attestations import Attestation as SignedAttestation
from pypi_attestations import Distribution as SignedDistribution
from pypi_attestations import GitHubPublisher

from publisher.attestations.files import Attestation
from publisher.attestations.sign import attest
from publisher.distributions.model import Distribution
from tests.fakes.job import Job
from tests.fakes.service import Seen
from tests.fakes.sigstore.world import PYPI, SigningWorld, build_many, install_trusted_root, signing_world
from tests.values import build_distribution

TEN_MINUTES = 600
PUBLISH = "https://docs.pypi.org/attestations/publish/v1"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory where sigstore caches the public trusted root."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "cache"


def verify(attestation: Attestation, distribution: Distribution, job: Job | None = None) -> str:
    """Verify with the job's Trusted Publisher, as an index does; return the predicate type."""
    job = job or Job()
    publisher = GitHubPublisher(repository=job.repository, workflow=job.workflow)
    signed = SignedAttestation.model_validate_json(attestation.text)
    dist = SignedDistribution(name=distribution.filename, digest=distribution.digests.sha256)
    return signed.verify(publisher, dist, offline=True)[0]


def sign(world: SigningWorld, distributions: list[Distribution], parallel: int = 8) -> dict[str, Attestation]:
    """Sign all distributions; return the only attestation of each."""
    attested = attest(distributions, {}, world.options(parallel=parallel), [PYPI])
    assert not attested.failed
    assert attested.unsigned is None
    return {filename: each for filename, (each,) in attested.attestations.items()}


def test_attest__an_index_verifies_the_file_and_the_workflow(cache: Path) -> None:
    distribution = build_distribution()
    with signing_world() as world:
        install_trusted_root(world, cache)
        attestation = sign(world, [distribution])[distribution.filename]
        assert attestation.log_url == f"{world.url}/api/v1/log/entries?logIndex=0"
        assert world.requests_to("timestamp") == 0
    assert verify(attestation, distribution) == PUBLISH
    with pytest.raises(ValueError, match="digest"):
        verify(attestation, build_distribution(content=b"other"))
    with pytest.raises(ValueError, match="Build Config URI"):
        verify(attestation, distribution, Job(workflow="other.yml"))


def test_attest__sixty_files_share_one_certificate_and_sign_in_parallel() -> None:
    with signing_world() as world:
        attestations = sign(world, build_many(60))
        assert world.requests_to("certificate") == 1
        assert world.requests_to("log") == 60
        assert len(world.github.issued) == 1
        assert 1 < world.sigstore.most_at_once <= 8
    assert len({each.log_url for each in attestations.values()}) == 60


def test_attest__certificate_expires_half_way(cache: Path) -> None:
    distributions = build_many(60)
    with signing_world() as world:
        install_trusted_root(world, cache)
        clock = world.sigstore.clock

        def later() -> float:
            # The certificate expires after the thirtieth entry.
            return clock() + (TEN_MINUTES + 60) * (len(world.sigstore.log.leaves) >= 30)

        world.sigstore.clock = world.github.clock = later
        attestations = sign(world, distributions)
        assert world.requests_to("certificate") == 2
        assert len(set(world.sigstore.id_tokens)) == 2
    for distribution in distributions:
        assert verify(attestations[distribution.filename], distribution) == PUBLISH


def test_attest__a_late_answer_does_not_discard_the_new_certificate() -> None:
    third_arrived = asyncio.Event()

    with signing_world() as world:
        clock = world.sigstore.clock

        def later() -> float:
            return clock() + (TEN_MINUTES + 60) * (world.requests_to("log") > 0)

        async def hold_the_second(seen: Seen) -> None:
            # The third is the first file again, with a new certificate; the second still has the old one.
            match [each.arrived for each in world.sigstore.seen("log")]:
                case [_, second] if seen.arrived == second:
                    await third_arrived.wait()
                case [_, _, third] if seen.arrived == third:
                    third_arrived.set()

        world.sigstore.clock = world.github.clock = later
        world.sigstore.pause = hold_the_second
        sign(world, build_many(2))
        assert world.requests_to("log") == 4
        assert world.requests_to("certificate") == 2


def test_attest__certificate_that_had_expired_when_it_came() -> None:
    with signing_world() as world:
        right = world.sigstore.clock

        def slow_at_first() -> float:
            return right() - 2 * TEN_MINUTES * (world.requests_to("certificate") < 2)

        world.sigstore.clock = slow_at_first
        sign(world, build_many(3))
        assert world.requests_to("certificate") == 2


@pytest.mark.parametrize("offset", [-300, 300])
def test_attest__clock_five_minutes_off(offset: float, cache: Path) -> None:
    distribution = build_distribution()
    with signing_world(offset=offset) as world:
        install_trusted_root(world, cache)
        attestation = sign(world, [distribution])[distribution.filename]
        assert verify(attestation, distribution) == PUBLISH
