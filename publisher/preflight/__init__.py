"""What could go wrong: pure rules on what was read, before any request."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from publisher.preflight.rule import is_in_force, make_finding
from publisher.preflight.rules import REGISTERED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from publisher.distributions.model import Distribution, Unreadable
    from publisher.preflight.finding import Finding
    from publisher.preflight.plan import Plan
    from publisher.preflight.rule import Registered


FLAWS_LIMIT = 1000
"""Flaws that one rule may find in one file: nobody reads more of them."""


def _go_on() -> None:
    """Pause for nothing."""


def check(plan: Plan, pause: Callable[[], None] = _go_on) -> tuple[Finding, ...]:
    """Apply every rule in force: findings about all files first, then file by file, each in the order of the rules.

    `pause` is called before each look at a file and may raise: a long description takes seconds.
    """
    return _apply(plan, REGISTERED, pause)


def check_published(plan: Plan) -> tuple[Finding, ...]:
    """Apply the rules that look at `plan.published`, and only these: the second look, once the index was asked."""
    return _apply(plan, [registered for registered in REGISTERED if registered.subject == "published"], _go_on)


def _apply(plan: Plan, rules: Sequence[Registered], pause: Callable[[], None]) -> tuple[Finding, ...]:
    files: tuple[Distribution | Unreadable, ...] = (*plan.distributions, *plan.unreadable)
    place = {name: number for number, name in enumerate(dict.fromkeys(file.filename for file in files), start=1)}
    rules = [registered for registered in rules if is_in_force(registered.rule, plan)]
    findings = [
        make_finding(registered.rule, flaw, plan, flaw.filename)
        for registered in rules
        if registered.look_at_all
        for flaw in registered.look_at_all(plan)
    ]
    for distribution in plan.distributions:
        for registered in rules:
            if registered.look_at_each:
                pause()
                flaws = islice(registered.look_at_each(distribution, plan), FLAWS_LIMIT)
                findings += [make_finding(registered.rule, flaw, plan, distribution.filename) for flaw in flaws]
    return tuple(sorted(findings, key=lambda finding: place.get(finding.filename or "", 0)))
