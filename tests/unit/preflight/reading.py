"""Read a directory of distributions into a plan, as a run does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from publisher.distributions.model import Distribution, Unreadable
from publisher.distributions.reader import read_distributions
from publisher.preflight import check
from publisher.preflight.plan import Plan

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.preflight.finding import Finding


def read_plan(directory: Path, **expectations: Any) -> Plan:  # noqa: ANN401 -- fields of a plan
    """Read all files below a directory, in the order of their paths."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    files = asyncio.run(read_distributions(paths, workspace=directory, processors=1, stopped=lambda: False))
    return replace(
        Plan(
            tuple(file for file in files if isinstance(file, Distribution)),
            tuple(file for file in files if isinstance(file, Unreadable)),
        ),
        **expectations,
    )


def find(rule: str, plan: Plan) -> list[Finding]:
    """Give what one rule finds."""
    return [finding for finding in check(plan) if finding.rule == rule]
