"""Measure signing against pypi-attestations, one file after the other: `python -m bench.signing`."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING

from tests.fakes.sigstore.world import build_many, signing_world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigstore.sign import SigningContext

    from publisher.distributions.model import Distribution
    from tests.fakes.service import Seen
    from tests.fakes.sigstore.world import SigningWorld

FILES = 60
LATENCY = 0.2
BOUND = 0.25
"""Of the time of signing one file after the other."""


async def wait(_: Seen) -> None:
    """Answer as slowly as the public services do."""
    await asyncio.sleep(LATENCY)


def main() -> int:
    """Sign the same files in three ways; the exit status says whether the bound holds."""
    with signing_world() as world:
        world.sigstore.pause = wait
        files = build_many(FILES)
        _sign_in_turn(world, files[:1], with_timestamps=True)  # imports are not measured
        default = _sign_in_turn(world, files, with_timestamps=True)
        lean = _sign_in_turn(world, files, with_timestamps=False)
        ours = _sign_together(world, files)
    print(f"{FILES} files, {LATENCY * 1000:.0f} ms per request")
    print(f"pypi-attestations, as configured         {default:6.2f} s")
    print(f"pypi-attestations, without timestamps    {lean:6.2f} s")
    print(f"this action                              {ours:6.2f} s  {ours / default:.2f} x, {ours / lean:.2f} x")
    return 0 if ours <= BOUND * min(default, lean) else 1


def _sign_in_turn(world: SigningWorld, files: Sequence[Distribution], *, with_timestamps: bool) -> float:
    from pypi_attestations import Attestation, Distribution
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken
    from sigstore.sign import SigningContext

    config = ClientTrustConfig.from_json(world.sigstore.trust_config(world.url))
    context: SigningContext = SigningContext.from_trust_config(config)
    if not with_timestamps:
        services = config.signing_config
        context = SigningContext(
            fulcio=services.get_fulcio(), rekor=services.get_tlogs()[0], trusted_root=config.trusted_root
        )
    began = time.perf_counter()
    with context.signer(IdentityToken(world.github.issue("sigstore"))) as signer:
        for each in files:
            Attestation.sign(signer, Distribution(name=each.filename, digest=each.digests.sha256))
    return time.perf_counter() - began


def _sign_together(world: SigningWorld, files: Sequence[Distribution]) -> float:
    began = time.perf_counter()
    attested = asyncio.run(world.attestor().attest_all(files, {}))
    if len(attested.attestations) != len(files):
        sys.exit("not every file was signed, so there is nothing to compare")
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
