"""A GitHub, a Sigstore on loopback that trusts it, and the options for signing there."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import jwt
import structlog
from pydantic import SecretStr
from structlog.testing import LogCapture

from publisher.attestations.sign import AttestationMode, SigningOptions
from publisher.attestations.sigstore import Trust, parse_trust_config
from publisher.distributions.model import Distribution
from publisher.identity.exchange import IdToken
from publisher.index.endpoints import PYPI_UPLOAD_URL, index_at
from publisher.network.retry import Retrying, RetryPolicy
from tests.fakes.github import FakeGitHub
from tests.fakes.job import Job
from tests.fakes.serving import join_abandoned_calls, serve
from tests.fakes.sigstore.instance import FakeSigstore
from tests.values import build_distribution

# The only issuer whose attestations indexes accept; no test sends it a request.
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"

PYPI = index_at(PYPI_UPLOAD_URL, None)
ATTEMPTS = 3


def build_many(count: int) -> list[Distribution]:
    """Describe the wheels of one release."""
    names = [f"sample-1.0-cp3{number}-none-any.whl" for number in range(count)]
    return [build_distribution(name, content=name.encode()) for name in names]


@dataclass(slots=True)
class SigningWorld:
    """The services that signing depends on, and what was logged meanwhile."""

    github: FakeGitHub
    sigstore: FakeSigstore
    url: str
    log: LogCapture = field(default_factory=LogCapture)

    @property
    def warnings(self) -> list[str]:
        """Return the warnings in the log."""
        return [entry["event"] for entry in self.log.entries if entry["log_level"] == "warning"]

    def parse_trust(self) -> Trust:
        """Parse the client trust configuration of the instance."""
        trust = parse_trust_config(self.sigstore.trust_config(self.url).encode())
        assert isinstance(trust, Trust)
        return trust

    def request_id_token(self, audience: str) -> IdToken:
        """Return a new ID token."""
        token = self.github.issue(audience)
        return IdToken(SecretStr(token), jwt.decode(token, options={"verify_signature": False}))

    def options(
        self,
        mode: AttestationMode = AttestationMode.TRUE,
        *,
        request_id_token: Callable[[str], IdToken] | None = None,
        parallel: int = 8,
        timeout: float = 30.0,
    ) -> SigningOptions:
        """Return options to sign here without waits between attempts."""
        log = structlog.wrap_logger(None, [self.log], structlog.make_filtering_bound_logger(0))
        retrying = Retrying(RetryPolicy(ATTEMPTS, base=0.0, retry_after_cap=0.0), time.time, log)
        request = request_id_token or self.request_id_token
        return SigningOptions(mode, request, retrying, parallel, self.parse_trust, timeout)

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
    join_abandoned_calls()


def install_trusted_root(world: SigningWorld, cache: Path) -> None:
    """Replace the cached public trusted root, so that an index's verifier trusts this instance."""
    place = cache / "sigstore-python" / "tuf" / "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev"
    place.mkdir(parents=True)
    config = json.loads(world.sigstore.trust_config(world.url))
    (place / "trusted_root.json").write_text(json.dumps(config["trustedRoot"]))
    (place / "signing_config.v0.2.json").write_text(json.dumps(config["signingConfig"]))
