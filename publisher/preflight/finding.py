"""The result of one rule for one distribution, or for the whole plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error stops the run before any request; a warning is shown and the index decides."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with what is to be published.

    `rule` is the rule's id (`filename-conflict`), from which its documentation link is derived. `filename` is None
    where the finding is about all distributions together. `message` is one sentence that quotes the offending value
    in backticks; `remedy` says what to change. Neither is safe to print: `report` renders them. `may_be_refused`
    tells a warning about what the index could refuse from advice about what it takes: the former files go first.
    """

    rule: str
    severity: Severity
    message: str
    remedy: str
    filename: str | None = None
    may_be_refused: bool = True
