"""The whole result of a run as one value; it knows the result and the exit status."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from publisher.index.outcome import PUBLISHED, Existing, Failed, Outcome, Refused, Skipped, Uploaded, WouldUpload
from publisher.preflight.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from publisher.distributions.model import Distribution, Unreadable
    from publisher.errors import PublisherError
    from publisher.index.endpoints import Index
    from publisher.preflight.finding import Finding


class Result(StrEnum):
    """The output `result`."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    DRY_RUN = "dry-run"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Row:
    """One distribution and what became of it. `attested`: an attestation was sent along with it."""

    distribution: Distribution
    outcome: Outcome
    attested: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did to one index.

    `error` is what ended the run early, if anything; `rehearsal` is the report of the test index, if one was asked for;
    `ignored` names the foreign files that lay beside the distributions; `notices` are plain sentences worth keeping
    (why nothing is attested, which index could not be compared). `rules_url` is the page of the preflight rules.
    `is_rehearsal`: the index is the one to rehearse on.
    """

    index: Index | None = None
    rows: tuple[Row, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    findings: tuple[Finding, ...] = ()
    error: PublisherError | None = None
    dry_run: bool = False
    cancelled: bool = False
    rehearsal: Report | None = None
    ignored: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    rules_url: str = "docs/rules.md"
    is_rehearsal: bool = False

    @property
    def distributions(self) -> tuple[Distribution, ...]:
        """Return the readable distributions."""
        return tuple(row.distribution for row in self.rows)

    @property
    def doubtful(self) -> frozenset[str]:
        """Return the names of the distributions that the index may refuse for what was found."""
        return frozenset(
            finding.filename for finding in self.findings if finding.filename is not None and finding.may_be_refused
        )

    def with_outcomes(self, outcomes: Mapping[str, Outcome], attested: Collection[str] = ()) -> Report:
        """Return the report with the outcome of every distribution, by file name.

        Those in `attested` were sent with an attestation; only what was uploaded now has it.
        """
        rows = []
        for row in self.rows:
            outcome = outcomes[row.distribution.filename]
            is_attested = isinstance(outcome, Uploaded) and row.distribution.filename in attested
            rows.append(replace(row, outcome=outcome, attested=is_attested))
        return replace(self, rows=tuple(rows))

    @property
    def has_errors(self) -> bool:
        """Whether something is known already that keeps the run from publishing."""
        return (
            self.error is not None
            or self.cancelled
            or bool(self.unreadable)
            or any(finding.severity is Severity.ERROR for finding in self.findings)
            or (self.rehearsal is not None and not self.rehearsal.is_success)
            or any(isinstance(row.outcome, (Refused, Failed)) for row in self.rows)
        )

    @property
    def is_success(self) -> bool:
        """Whether everything that was asked for is on the index, or would be accepted as far as can be known."""
        good = (*PUBLISHED, WouldUpload) if self.dry_run else PUBLISHED
        return not self.has_errors and bool(self.rows) and all(isinstance(row.outcome, good) for row in self.rows)

    @property
    def is_uneventful(self) -> bool:
        """Whether there is nothing to explain to anybody."""
        return (
            self.is_success
            and not self.findings
            and not any(isinstance(row.outcome, Skipped) for row in self.rows)
            and (self.rehearsal is None or self.rehearsal.is_uneventful)
        )

    @property
    def result(self) -> Result:
        """Return the output `result`."""
        if not self.is_success:
            return Result.FAILED
        if self.dry_run:
            return Result.DRY_RUN
        if all(isinstance(row.outcome, Existing) for row in self.rows):
            return Result.UNCHANGED
        return Result.PUBLISHED

    @property
    def exit_status(self) -> int:
        """Return the process's exit status."""
        if self.is_success:
            return 0
        return self.error.exit_status if self.error else 1
