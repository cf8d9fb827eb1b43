"""The result of a run in one sentence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, assert_never

from publisher.index.outcome import PUBLISHED
from publisher.report.model import Result
from publisher.report.outputs import OUTCOME_WORDS

if TYPE_CHECKING:
    from publisher.report.model import Report


def render_headline(report: Report) -> str:
    """Say what came of the run; the name of the index in it came from outside."""
    where = report.index.name if report.index else "the index"
    total = count(len(report.rows), "distribution")
    match report.result:
        case Result.PUBLISHED:
            counts = Counter(OUTCOME_WORDS[type(row.outcome)] for row in report.rows)
            return f"Published to {where}: {', '.join(f'{number} {word}' for word, number in counts.items())}"
        case Result.UNCHANGED:
            return f"Nothing to do: {where} already has {'it' if len(report.rows) == 1 else f'all {total}'}"
        case Result.DRY_RUN:
            return f"Dry run: {total} checked for {where}, nothing was uploaded"
        case Result.FAILED:
            return _render_failure(report, where)
        case unreachable:
            assert_never(unreachable)


def _render_failure(report: Report, where: str) -> str:
    done = sum(isinstance(row.outcome, PUBLISHED) for row in report.rows)
    of_all = f"{done} of {count(len(report.rows), 'distribution')} on {where}"
    if report.dry_run and report.error:
        return f"Dry run: it ended before everything was checked for {where}"
    if report.dry_run:
        return f"Dry run: not everything would be accepted by {where}"
    if report.cancelled:
        return f"Cancelled: {of_all}"
    if report.rows and done == len(report.rows):
        return f"Published to {where}, but not all is well"
    if done:
        return f"Published in part: {of_all}"
    rehearsed = report.rehearsal
    if rehearsed is not None and rehearsed.index is not None and not rehearsed.is_success:
        return f"Nothing was published to {where}: the rehearsal on {rehearsed.index.name} failed"
    return f"Nothing was published to {where}"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{number} {one}" if number == 1 else f"{number} {many or f'{one}s'}"
