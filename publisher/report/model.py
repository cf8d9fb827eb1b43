"""What a run did, in one value that knows its result and exit status."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from packaging.utils import NormalizedName
from packaging.version import Version

from publisher.distributions.model import Distribution, Unreadable
from publisher.errors import PublisherError
from publisher.index.endpoints import Index
from publisher.index.outcome import PUBLISHED, Existing, Failed, NotTried, Outcome, Refused, Uploaded, WouldUpload
from publisher.preflight.model import Finding, Severity
from publisher.report.messages.message import Message

NOT_STARTED = NotTried("the run ended before this file's turn")


class Result(StrEnum):
    """The values of the output `result`."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    DRY_RUN = "dry-run"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Row:
    """One distribution and its outcome; `attested` if an attestation was uploaded with it."""

    distribution: Distribution
    outcome: Outcome = NOT_STARTED
    attested: bool = False

    @property
    def is_on_index(self) -> bool:
        """Whether the index has a file of this name."""
        return isinstance(self.outcome, PUBLISHED)

    @property
    def is_error(self) -> bool:
        """Whether the index refused it, or the upload failed."""
        return isinstance(self.outcome, (Refused, Failed))


@dataclass(slots=True)
class Report:
    """Everything known about a run against one index, filled in as the run proceeds."""

    index: Index | None = None
    rows: Sequence[Row] = ()
    unreadable: Sequence[Unreadable] = ()
    warnings: Sequence[Message] = ()
    findings: Sequence[Finding] = ()
    error: PublisherError | None = None  # stopped the run
    dry_run: bool = False
    cancelled: bool = False
    rehearsal: Report | None = None
    ignored: Sequence[str] = ()  # names of files that are not distributions
    unattested: str | None = None  # why uploads carried no attestations, as a clause
    docs_url: str = "docs"
    is_rehearsal: bool = False

    @property
    def distributions(self) -> tuple[Distribution, ...]:
        """Return the readable distributions."""
        return tuple(row.distribution for row in self.rows)

    @property
    def releases(self) -> tuple[tuple[NormalizedName, Version], ...]:
        """Return the releases of the readable distributions."""
        return tuple(dict.fromkeys(row.distribution.release for row in self.rows))

    @property
    def pending(self) -> tuple[Distribution, ...]:
        """Return the distributions whose outcome is still open."""
        return tuple(row.distribution for row in self.rows if isinstance(row.outcome, NotTried))

    @property
    def with_errors(self) -> frozenset[str | None]:
        """Return the names of the files that prevent publishing."""
        found = (each.filename for each in self.findings if each.severity is Severity.ERROR)
        failed = (each.distribution.filename for each in self.rows if each.is_error)
        return frozenset((*found, *failed, *(each.filename for each in self.unreadable)))

    @property
    def suspects(self) -> frozenset[str]:
        """Return the names of the files that the index may refuse because of a finding."""
        return frozenset(each.filename for each in self.findings if each.filename is not None and each.may_be_refused)

    def add(self, files: Sequence[Distribution | Unreadable], ignored: Sequence[Path] = ()) -> None:
        """Record the files that were read, and those that are not distributions."""
        self.rows = tuple(Row(file) for file in files if isinstance(file, Distribution))
        self.unreadable = tuple(file for file in files if isinstance(file, Unreadable))
        self.ignored = tuple(path.name for path in ignored)

    def settle(self, outcomes: Mapping[str, Outcome], attested: Collection[str] = ()) -> None:
        """Record outcomes by file name; `attested` names the files with an attestation on the index."""
        rows = []
        for row in self.rows:
            filename = row.distribution.filename
            outcome = outcomes.get(filename, row.outcome)
            is_attested = row.attested or (isinstance(outcome, (Uploaded, Existing)) and filename in attested)
            rows.append(replace(row, outcome=outcome, attested=is_attested))
        self.rows = tuple(rows)

    @property
    def has_errors(self) -> bool:
        """Whether anything known so far prevents publishing."""
        return (
            self.error is not None
            or self.cancelled
            or bool(self.unreadable)
            or any(finding.severity is Severity.ERROR for finding in self.findings)
            or (self.rehearsal is not None and not self.rehearsal.is_success)
            or any(row.is_error for row in self.rows)
        )

    @property
    def is_success(self) -> bool:
        """Whether every distribution is on the index or, in a dry run, is expected to be accepted."""
        good = (*PUBLISHED, WouldUpload) if self.dry_run else PUBLISHED
        return not self.has_errors and bool(self.rows) and all(isinstance(row.outcome, good) for row in self.rows)

    @property
    def result(self) -> Result:
        """Return the output `result`."""
        if self.is_success and self.dry_run:
            return Result.DRY_RUN
        if self.is_success:
            is_new = any(isinstance(row.outcome, Uploaded) for row in self.rows)
            return Result.PUBLISHED if is_new else Result.UNCHANGED
        # A dry run publishes nothing, whatever the index already has.
        if not self.dry_run and any(row.is_on_index for row in self.rows):
            return Result.PARTIAL
        return Result.FAILED

    @property
    def exit_status(self) -> int:
        """Return the exit status of the process."""
        return 0 if self.is_success else self.error.exit_status if self.error else 1
