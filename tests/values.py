"""The values that unit tests start from: distributions, a log that is kept, a policy that does not wait."""

import hashlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import SecretStr
from structlog.typing import FilteringBoundLogger

from publisher.distributions.filename import parse_filename
from publisher.distributions.metadata import parse_metadata
from publisher.distributions.model import Digests, Distribution
from publisher.network.client import Connection, build_client
from publisher.network.retry import Retrying, RetryPolicy
from publisher.preflight.model import Severity
from publisher.report.log import configure_logging
from tests.builders import build_metadata

NOW = 1_800_000_000.0  # Unix time in every test that does not say otherwise
WHEEL = "sample-1.0-py3-none-any.whl"
SDIST = "sample-1.0.tar.gz"


@dataclass(slots=True)
class Journal:
    """A real log whose lines are kept, and the secrets it was told to hide."""

    lines: list[str] = field(default_factory=list)
    masked: list[str] = field(default_factory=list, repr=False)

    @property
    def log(self) -> FilteringBoundLogger:
        """Return the log, on which even debug lines are kept; it hides nothing, so that a leak is seen."""
        return configure_logging(self.write_line, verbose=True)

    def write_line(self, text: str, severity: Severity | None = None) -> None:
        """Keep a line."""
        self.lines.append(f"{severity}: {text}" if severity else text)

    @property
    def text(self) -> str:
        """Return all that was said."""
        return "\n".join(self.lines)

    def mask(self, secret: SecretStr) -> None:
        """Remember what was to be hidden."""
        self.masked.append(secret.get_secret_value())

    def retrying(self, attempts: int = 3) -> Retrying:
        """Return a policy of so many attempts without any wait, which tells this journal."""
        return Retrying(RetryPolicy(attempts, base=0, retry_after_cap=0), lambda: NOW, self.log)

    def connection(self, client: httpx.Client) -> Connection:
        """Return what requests need, with this journal as the log."""
        return Connection(client, self.retrying(), self.mask)


def build_distribution(
    filename: str = WHEEL,
    *,
    path: Path | None = None,
    content: bytes = b"content",
    size: int | None = None,
    metadata: Sequence[tuple[str, str]] = (),
) -> Distribution:
    """Describe a distribution. Without a `path` there is no file, which most code does not notice."""
    name = parse_filename(filename)
    return Distribution(
        path=path or Path("/nowhere") / filename,
        filename=filename,
        kind=name.kind,
        project=name.project,
        version=name.version,
        python_tag=name.python_tag,
        size=len(content) if size is None else size,
        modified_ns=path.stat().st_mtime_ns if path else 0,
        digests=Digests(
            hashlib.sha256(content).hexdigest(),
            hashlib.blake2b(content, digest_size=32).hexdigest(),
            hashlib.md5(content, usedforsecurity=False).hexdigest(),
        ),
        metadata=parse_metadata(build_metadata(name.project, str(name.version), metadata=metadata)),
    )


def write_distribution(
    directory: Path, filename: str = WHEEL, content: bytes = b"content", *, metadata: Sequence[tuple[str, str]] = ()
) -> Distribution:
    """Write a file with any content and describe it as a distribution."""
    path = directory / filename
    path.write_bytes(content)
    return build_distribution(filename, path=path, content=content, metadata=metadata)


def connect() -> httpx.Client:
    """Return a client for loopback."""
    return build_client(ssl.create_default_context(), 8, {})
