"""Read a directory of distributions into a plan, as a run does."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from publisher.distributions.model import Distribution, Unreadable
from publisher.distributions.read import read_distributions
from publisher.preflight import check
from publisher.preflight.model import Finding, Plan


def read_plan(directory: Path, **expectations: Any) -> Plan:  # noqa: ANN401 -- fields of a plan
    """Read all files below a directory, in the order of their paths."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    files = read_distributions(paths, directory)
    return replace(
        Plan(
            tuple(file for file in files if isinstance(file, Distribution)),
            tuple(file for file in files if isinstance(file, Unreadable)),
        ),
        **expectations,
    )


def find(rule: str, plan: Plan) -> list[Finding]:
    """Return the findings of one rule."""
    return [finding for finding in check(plan) if finding.rule == rule]
