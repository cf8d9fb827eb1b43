"""Rules about what is to be published, applied before the first request. All of them are pure."""

from __future__ import annotations

from collections.abc import Iterable

from publisher.preflight.model import Finding, Plan
from publisher.preflight.rule import Registered
from publisher.preflight.rules import REGISTERED


def check(plan: Plan) -> tuple[Finding, ...]:
    """Apply every rule in force.

    Findings about the plan as a whole come first, then those about each file, in the order of the rules.
    """
    return _apply(REGISTERED, plan)


def check_published(plan: Plan) -> tuple[Finding, ...]:
    """Apply only the rules about `plan.published`, once the index was asked."""
    return _apply([each for each in REGISTERED if each.subject == "published"], plan)


def _apply(rules: Iterable[Registered], plan: Plan) -> tuple[Finding, ...]:
    findings = [finding for each in rules for finding in each.apply(plan)]
    position = {file.filename: number for number, file in enumerate(plan.files)}
    return tuple(sorted(findings, key=lambda finding: position.get(finding.filename or "", -1)))
