"""What could go wrong: pure rules on what was read, before any request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.preflight.rules import REGISTERED

if TYPE_CHECKING:
    from publisher.preflight.finding import Finding
    from publisher.preflight.plan import Plan


def check(plan: Plan) -> tuple[Finding, ...]:
    """Apply every rule in force: findings about all files first, then file by file, each in the order of the rules."""
    files = [*plan.distributions, *plan.unreadable]
    place = {name: number for number, name in enumerate(dict.fromkeys(file.filename for file in files), start=1)}
    findings = [finding for registered in REGISTERED for finding in registered.apply(plan)]
    return tuple(sorted(findings, key=lambda finding: place.get(finding.filename or "", 0)))
