"""The prose of the log: what is about to happen, each outcome, and the result of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import assert_never

from structlog.typing import FilteringBoundLogger

from publisher.distributions.model import Distribution
from publisher.index.endpoints import Index
from publisher.index.outcome import Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded, WouldUpload
from publisher.report.log import Console
from publisher.report.messages.upload import explain_cause
from publisher.report.model import Report, Result
from publisher.report.outputs import OUTCOME_WORDS

_UNITS = ("bytes", "kB", "MB", "GB")
_STEP = 1000


def format_count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def format_size(size: int) -> str:
    """Return bytes in powers of 1000, as PyPI's pages do."""
    value, unit = float(size), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{size} bytes" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def render_intent(count: int, index: Index, method: str) -> str:
    """Return how many files are about to be published, where, and authenticated how."""
    return f"Publishing {format_count(count, 'distribution')} to {index.name} ({index.upload_url}) {method}"


def render_dry_run(count: int, index: Index) -> str:
    """Return what a dry run is about to check."""
    files = format_count(count, "distribution")
    return f"Dry run: checking {files} for {index.name} ({index.upload_url}); nothing will be uploaded"


def render_rehearsal(test: Index, real: Index) -> str:
    """Return which index comes first; two indexes on one host, as in Artifactory, differ only by URL."""
    first, then = (test.name, real.name) if test.name != real.name else (str(test.upload_url), str(real.upload_url))
    return f"Rehearsing on {first}; nothing goes to {then} until every distribution is accepted there"


def render_outcome(distribution: Distribution, outcome: Outcome, seconds: float | None = None) -> str:
    """Return one line for the outcome of a distribution, with the duration of its upload if known."""
    name = distribution.filename
    match outcome:
        case Uploaded(attempts=attempts):
            took = "" if seconds is None else f" in {seconds:.1f} s"
            return f"Uploaded {name}{took}{f' (attempt {attempts})' if attempts > 1 else ''}"
        case Existing():
            return f"Nothing to upload for {name}: the index already has this exact file"
        case Skipped(reason=reason):
            return f"Skipped {name}: {reason}"
        case Refused(status=None, reason=reason):
            return f"Cannot publish {name}: {reason}"
        case Refused(status=status, reason=reason):
            return f"Refused {name}: {status} {reason}".rstrip()
        case Failed(cause=cause, attempts=attempts):
            after = f" after {format_count(attempts, 'attempt')}" if attempts else ""
            return f"Failed to upload {name}{after}: {explain_cause(cause)[0]}"
        case NotTried(reason=reason):
            return f"Did not upload {name}: {reason}"
        case WouldUpload():
            return f"Would upload {name}"
        case _:
            assert_never(outcome)


def render_headline(report: Report) -> str:
    """Return the result of a run in one sentence."""
    index = report.index.name if report.index else "the index"
    total = format_count(len(report.rows), "distribution")
    words = Counter(OUTCOME_WORDS[type(row.outcome)] for row in report.rows)
    counts = ", ".join(f"{number} {word}" for word, number in words.items())
    by_result = {
        Result.PUBLISHED: f"Published to {index}: {counts}",
        Result.UNCHANGED: f"Nothing to upload to {index}: {counts}",
        Result.DRY_RUN: f"Dry run: checked {total} for {index}; nothing was uploaded",
    }
    return by_result.get(report.result) or _render_failure(report, index)


def _render_failure(report: Report, index: str) -> str:
    done = sum(row.is_on_index for row in report.rows)
    total = format_count(len(report.rows) + len(report.unreadable), "distribution")
    if report.dry_run:
        stopped = f"Dry run: stopped before everything was checked for {index}"
        return stopped if report.error else f"Dry run: {index} would not accept everything"
    if report.cancelled:
        return f"Cancelled: {done} of {total} on {index}"
    if done and done == len(report.rows):
        return f"Published to {index}, but the run failed"
    if done:
        return f"Partially published: {done} of {total} on {index}"
    rehearsal = report.rehearsal
    if rehearsal is not None and rehearsal.index is not None and not rehearsal.is_success:
        return f"Nothing was published to {index}: the rehearsal on {rehearsal.index.name} failed"
    return f"Nothing was published to {index}"


def log_start(log: FilteringBoundLogger, distribution: Distribution) -> None:
    """Log that the first attempt of an upload begins."""
    log.info(f"Uploading {distribution.filename} ({format_size(distribution.size)})")


def log_end(log: FilteringBoundLogger, distribution: Distribution, outcome: Outcome, seconds: float) -> None:
    """Log what became of an upload."""
    write = log.error if isinstance(outcome, (Refused, Failed)) else log.info
    write(render_outcome(distribution, outcome, seconds))


def write_digests(distributions: Sequence[Distribution], console: Console) -> None:
    """Write the digests of all distributions into a group."""
    if not distributions:
        return
    with console.group("Digests of the distributions"):
        for distribution in distributions:
            console.write_line(f"{distribution.filename} ({format_size(distribution.size)})")
            console.write_line(f"    SHA-256      {distribution.digests.sha256}")
            console.write_line(f"    BLAKE2b-256  {distribution.digests.blake2b_256}")
            console.write_line(f"    MD5          {distribution.digests.md5}")


def write_settled(report: Report, console: Console) -> None:
    """Write the outcomes that are known before any upload."""
    for row in report.rows:
        if not isinstance(row.outcome, NotTried):
            console.write_line(render_outcome(row.distribution, row.outcome))
