"""Read a directory of distributions into a plan, as a run does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from publisher.distributions.model import Distribution, Unreadable
from publisher.preflight import check, judge
from publisher.preflight.plan import Plan
from tests.reading import read_files

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.preflight.finding import Finding


def read_plan(directory: Path, **expectations: Any) -> Plan:  # noqa: ANN401 -- fields of a plan
    """Read all files below a directory, in the order of their paths."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    files = read_files(paths, directory)
    return replace(
        Plan(
            tuple(file for file in files if isinstance(file, Distribution)),
            tuple(file for file in files if isinstance(file, Unreadable)),
        ),
        **expectations,
    )


def check_all(plan: Plan) -> tuple[Finding, ...]:
    """Apply every rule to a plan."""
    return check(plan, [judge(distribution, profile=plan.profile) for distribution in plan.distributions])


def find(rule: str, plan: Plan) -> list[Finding]:
    """Give what one rule finds."""
    return [finding for finding in check_all(plan) if finding.rule == rule]
