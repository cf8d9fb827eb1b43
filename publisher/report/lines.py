"""The plain lines of the log that tell the story of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from publisher.index.outcome import Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded, WouldUpload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.distributions.model import Distribution
    from publisher.index.endpoints import Index

_UNITS = ("bytes", "kB", "MB", "GB")
_STEP = 1000

NAMED = 20
"""Names that one log line lists."""


def render_size(size: int) -> str:
    """Render bytes as people read them, in powers of 1000 as PyPI's pages do."""
    value, unit = float(size), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{size} bytes" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def render_intent(count: int, index: Index, method: str, attested: str) -> str:
    """Say what is about to happen: how many files go where, authenticated how, attested or not."""
    files = "1 distribution" if count == 1 else f"{count} distributions"
    return f"Publishing {files} to {index.name} ({index.upload_url}) {method}, {attested}"


def render_dry_run(count: int, index: Index) -> str:
    """Say what is about to be looked at."""
    files = "1 distribution" if count == 1 else f"{count} distributions"
    return f"Dry run: checking {files} for {index.name} ({index.upload_url}); nothing will be uploaded"


def render_names(names: Sequence[str]) -> str:
    """List names in a log line, the first twenty of them."""
    rest = len(names) - NAMED
    return ", ".join((*names[:NAMED], *([f"and {rest} more"] if rest > 0 else [])))


def render_rehearsal(test: Index, real: Index) -> str:
    """Say what is tried where first; two indexes on one host, as in Artifactory, differ only in their URLs."""
    first, then = (test.name, real.name) if test.name != real.name else (str(test.upload_url), str(real.upload_url))
    return f"Rehearsing on {first}; {then} is untouched until all is accepted there"


def render_digests(distribution: Distribution) -> Iterator[str]:
    """List a distribution with its digests."""
    yield f"{distribution.filename} ({render_size(distribution.size)})"
    yield f"    SHA-256      {distribution.digests.sha256}"
    yield f"    BLAKE2b-256  {distribution.digests.blake2b_256}"
    yield f"    MD5          {distribution.digests.md5}"


def render_outcome(distribution: Distribution, outcome: Outcome, seconds: float | None = None) -> str:
    """Say in one line what became of a distribution."""
    name = distribution.filename
    took = "" if seconds is None else f" in {seconds:.1f} s"
    match outcome:
        case Uploaded(attempts=1):
            return f"Uploaded {name}{took}"
        case Uploaded(attempts=attempts):
            return f"Uploaded {name}{took} (attempt {attempts})"
        case Existing():
            return f"Nothing to do for {name}: the index has this very file"
        case Skipped(reason=reason):
            return f"Skipped {name}: {reason}"
        case Refused(status=None, reason=reason):
            return f"Not published {name}: {reason}"
        case Refused(status=status, reason=reason):
            return f"Refused {name}: {status} {reason}"
        case Failed(reason=reason, attempts=attempts):
            after = f" after {attempts} attempt{'s' * (attempts != 1)}" if attempts else ""
            return f"Failed {name}{after}: {reason}"
        case NotTried(reason=reason):
            return f"Not tried {name}: {reason}"
        case WouldUpload():
            return f"Would upload {name}"
        case _:
            assert_never(outcome)
