"""A GitHub, a Sigstore on loopback that trusts it, and everything that attesting is handed."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version
from pydantic import SecretStr

from publisher.attestations.decide import Target
from publisher.attestations.library import load_private_trust
from publisher.attestations.model import AttestationMode
from publisher.attestations.signing import Attestor
from publisher.distributions.metadata import parse_metadata
from publisher.distributions.model import Digests, Distribution, Kind
from publisher.identity.claims import parse_unverified_claims
from publisher.identity.tokens import IdToken
from publisher.network.retry import Retrying, RetryPolicy
from publisher.report.logs import configure_logging
from publisher.report.masker import Masker
from tests.builders import build_metadata
from tests.fakes.github import FakeGitHub
from tests.fakes.serving import serve
from tests.fakes.sigstore.instance import FakeSigstore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publisher.attestations.library import Trust
    from tests.fakes.job import Job

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
"""The issuer for which indexes take attestations; it is named and never asked."""

PYPI = Target("PyPI", is_known=True, is_trusted=True)
ATTEMPTS = 3
PATIENT = 30.0


def build_distribution(filename: str = "sample-1.0-py3-none-any.whl", content: bytes = b"") -> Distribution:
    """Describe a distribution; nothing that attesting needs lies on a disk."""
    return Distribution(
        path=Path(filename),
        filename=filename,
        kind=Kind.WHEEL,
        project=canonicalize_name("sample"),
        version=Version("1.0"),
        python_tag="py3",
        size=len(content),
        modified_ns=0,
        digests=Digests(sha256(content or filename.encode()).hexdigest(), "", ""),
        metadata=parse_metadata(build_metadata()),
    )


def build_many(count: int) -> list[Distribution]:
    """Describe the wheels of one release, for as many platforms."""
    return [build_distribution(f"sample-1.0-cp3{number}-none-any.whl") for number in range(count)]


@dataclass(slots=True)
class SigningWorld:
    """Where attesting happens, with nothing but the clock shared with us."""

    github: FakeGitHub
    sigstore: FakeSigstore
    url: str
    lines: list[str] = field(default_factory=list)
    """What was logged."""

    def load_trust(self) -> Trust:
        """Return the trust that the user's configuration would give."""
        return load_private_trust(self.sigstore.trust_config(self.url))

    async def request_id_token(self, audience: str) -> IdToken:
        """Return a new ID token."""
        secret = SecretStr(self.github.issue(audience))
        return IdToken(secret, parse_unverified_claims(secret))

    def attestor(
        self,
        mode: AttestationMode = AttestationMode.TRUE,
        *,
        targets: tuple[Target, ...] = (PYPI,),
        parallel: int = 8,
        timeout: float = PATIENT,
        load_trust: Callable[[], Trust] | None = None,
    ) -> Attestor:
        """Return what attests here, with no waits between attempts."""
        policy = RetryPolicy(ATTEMPTS, base=0.0, retry_after_cap=0.0)
        log = configure_logging(self.lines.append, Masker(), verbose=True)
        retrying = Retrying(policy, time.time, log)
        return Attestor(
            mode, targets, self.request_id_token, retrying, parallel, load_trust or self.load_trust, timeout
        )

    def requests_to(self, endpoint: str) -> int:
        """Count the requests to one of Sigstore's services."""
        return len(self.sigstore.seen(endpoint))


@contextmanager
def signing_world(job: Job | None = None, *, offset: float = 0.0) -> Iterator[SigningWorld]:
    """Serve a Sigstore on loopback; the clocks of all services are `offset` seconds ahead of ours."""

    def clock() -> float:
        return time.time() + offset

    github = FakeGitHub(job, clock=clock)
    github.issuer = GITHUB_ISSUER
    sigstore = FakeSigstore(github, clock=clock)
    with serve(sigstore) as served:
        yield SigningWorld(github, sigstore, served.url)


def install_trusted_root(world: SigningWorld, cache: Path) -> None:
    """Put the instance's trusted root where sigstore keeps the public one, so that an index's verifier takes it."""
    place = cache / "sigstore-python" / "tuf" / "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev"
    place.mkdir(parents=True)
    config = json.loads(world.sigstore.trust_config(world.url))
    (place / "trusted_root.json").write_text(json.dumps(config["trustedRoot"]))
    (place / "signing_config.v0.2.json").write_text(json.dumps(config["signingConfig"]))
