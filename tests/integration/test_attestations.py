from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from publisher.attestations.model import build_field
from tests.fakes.job import Job
from tests.fakes.sigstore.world import build_distribution, build_many, install_trusted_root, signing_world

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.attestations.model import Attestation
    from publisher.distributions.model import Distribution
    from tests.fakes.service import Seen
    from tests.fakes.sigstore.world import SigningWorld

TEN_MINUTES = 600
PUBLISH = "https://docs.pypi.org/attestations/publish/v1"


@pytest.fixture
def as_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep sigstore's trusted roots in a directory of this test, and from the network."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "cache"


def verify(attestation: Attestation, distribution: Distribution, job: Job | None = None) -> str:
    """Verify as an index does with the Trusted Publisher of the job, and return the predicate."""
    from pypi_attestations import Attestation as SignedAttestation
    from pypi_attestations import Distribution as SignedDistribution
    from pypi_attestations import GitHubPublisher

    job = job or Job()
    publisher = GitHubPublisher(repository=job.repository, workflow=job.workflow)
    signed = SignedAttestation.model_validate_json(attestation.text)
    dist = SignedDistribution(name=distribution.filename, digest=distribution.digests.sha256)
    return signed.verify(publisher, dist, offline=True)[0]


def attest(world: SigningWorld, distributions: list[Distribution]) -> dict[str, Attestation]:
    """Attest everything and return the one attestation of each by file name."""
    attested = asyncio.run(world.attestor().attest_all(distributions, {}))
    assert not attested.failed
    assert attested.unsigned is None
    return {filename: each for filename, (each,) in attested.attestations.items()}


def test_attest_all__an_index_takes_what_was_signed(as_index: Path) -> None:
    distribution = build_distribution()
    with signing_world() as world:
        install_trusted_root(world, as_index)
        attestation = attest(world, [distribution])[distribution.filename]
        assert verify(attestation, distribution) == PUBLISH
        assert attestation.log_index == 0
        assert attestation.log_url == f"{world.url}/api/v1/log/entries?logIndex=0"
    field = build_field([attestation])
    assert field is not None
    assert len(json.loads(field)) == 1


def test_attest_all__a_file_with_other_content_is_not_attested(as_index: Path) -> None:
    distribution = build_distribution()
    with signing_world() as world:
        install_trusted_root(world, as_index)
        attestation = attest(world, [distribution])[distribution.filename]
    with pytest.raises(ValueError, match="digest"):
        verify(attestation, build_distribution(content=b"other"))


def test_attest_all__another_workflow_is_not_the_publisher(as_index: Path) -> None:
    distribution = build_distribution()
    with signing_world() as world:
        install_trusted_root(world, as_index)
        attestation = attest(world, [distribution])[distribution.filename]
    with pytest.raises(ValueError, match="Build Config URI"):
        verify(attestation, distribution, Job(workflow="other.yml"))


def test_attest_all__sixty_files_share_one_certificate_and_sign_in_parallel() -> None:
    distributions = build_many(60)
    with signing_world() as world:
        attestations = attest(world, distributions)
        assert world.requests_to("certificate") == 1
        assert world.requests_to("log") == 60
        assert len(world.github.issued) == 1
        assert 1 < world.sigstore.most_at_once <= 8
    assert {each.log_index for each in attestations.values()} == set(range(60))


def test_attest_all__one_at_a_time_where_told() -> None:
    with signing_world() as world:
        asyncio.run(world.attestor(parallel=1).attest_all(build_many(4), {}))
        assert world.sigstore.most_at_once == 1


def test_attest_all__a_certificate_that_ends_half_way_is_replaced(as_index: Path) -> None:
    distributions = build_many(60)
    with signing_world() as world:
        install_trusted_root(world, as_index)
        clock = world.sigstore.clock

        def later() -> float:
            # Each entry moves the clock of the services: the first certificate ends after the thirtieth.
            return clock() + (TEN_MINUTES + 60) * (len(world.sigstore.log.leaves) >= 30)

        world.sigstore.clock = world.github.clock = later
        attestations = attest(world, distributions)
        assert world.requests_to("certificate") == 2
        assert len(set(world.sigstore.id_tokens)) == 2
        for distribution in distributions:
            assert verify(attestations[distribution.filename], distribution) == PUBLISH


def test_attest_all__a_file_that_is_late_does_not_discard_the_new_certificate() -> None:
    third_is_there = asyncio.Event()

    with signing_world() as world:
        clock = world.sigstore.clock

        def later() -> float:
            return clock() + (TEN_MINUTES + 60) * (world.requests_to("log") > 0)

        async def hold_the_second(seen: Seen) -> None:
            # The third entry is the first file's, with its second certificate: the second file is still at its first.
            match [each.arrived for each in world.sigstore.seen("log")]:
                case [_, second] if seen.arrived == second:
                    await third_is_there.wait()
                case [_, _, third] if seen.arrived == third:
                    third_is_there.set()

        world.sigstore.clock = world.github.clock = later
        world.sigstore.pause = hold_the_second
        attest(world, build_many(2))
        assert world.requests_to("log") == 4
        assert world.requests_to("certificate") == 2


def test_attest_all__a_certificate_that_has_ended_already_is_replaced() -> None:
    with signing_world() as world:
        right = world.sigstore.clock

        def slow_at_first() -> float:
            return right() - 2 * TEN_MINUTES * (world.requests_to("certificate") < 2)

        world.sigstore.clock = slow_at_first
        attest(world, build_many(3))
        assert world.requests_to("certificate") == 2


@pytest.mark.parametrize("offset", [-300, 300])
def test_attest_all__a_clock_five_minutes_off_does_not_matter(offset: float, as_index: Path) -> None:
    distribution = build_distribution()
    with signing_world(offset=offset) as world:
        install_trusted_root(world, as_index)
        attestation = attest(world, [distribution])[distribution.filename]
        assert verify(attestation, distribution) == PUBLISH


def test_attest_all__twice_in_one_job_signs_once() -> None:
    distributions = build_many(3)
    with signing_world() as world:
        first = asyncio.run(world.attestor().attest_all(distributions, {}))
        world.sigstore.requests.clear()
        world.github.issued.clear()
        second = asyncio.run(world.attestor().attest_all(distributions, first.attestations))
        assert second.attestations == first.attestations
        assert world.sigstore.requests == []
        assert world.github.issued == []


def test_attest_all__the_id_token_appears_in_no_log_line() -> None:
    with signing_world() as world:
        attest(world, build_many(2))
        (token,) = world.sigstore.id_tokens
        assert world.lines
        assert not any(token in line for line in world.lines)


def test_attest_all__a_cancelled_run_does_not_wait_for_a_service_that_hangs() -> None:
    async def cancel_once_it_hangs(world: SigningWorld) -> None:
        loop, hanging = asyncio.get_running_loop(), asyncio.Event()

        async def hang(_: Seen) -> None:
            loop.call_soon_threadsafe(hanging.set)
            await asyncio.Event().wait()

        world.sigstore.pause = hang
        signing = asyncio.ensure_future(world.attestor().attest_all(build_many(2), {}))
        await hanging.wait()
        signing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await signing

    with signing_world() as world:
        # The request would take thirty seconds to time out, and a thread of asyncio's own would be waited for.
        asyncio.run(asyncio.wait_for(cancel_once_it_hangs(world), 10))
