"""What could go wrong: pure rules on what was read, before any request."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from publisher.frozen import dataclass
from publisher.preflight.rule import is_in_force, make_finding
from publisher.preflight.rules import REGISTERED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from publisher.distributions.model import Distribution, Unreadable
    from publisher.preflight.finding import Finding
    from publisher.preflight.plan import Plan, Profile
    from publisher.preflight.rule import Flaw, Registered


FLAWS_LIMIT = 1000
"""Flaws that one rule may find in one file: nobody reads more of them."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A distribution, and the flaws that the rules found in it alone, by the rule's id."""

    distribution: Distribution
    flaws: tuple[tuple[str, Flaw], ...]


def _go_on() -> None:
    """Pause for nothing."""


def judge(profile: Profile, distribution: Distribution, pause: Callable[[], None] = _go_on) -> Judged:
    """Apply every rule that looks at one distribution by itself.

    `pause` is called before each look and may raise: a long description takes seconds.
    """
    flaws: list[tuple[str, Flaw]] = []
    for registered in REGISTERED:
        if registered.look_at_each and is_in_force(registered.rule, profile):
            pause()
            found = islice(registered.look_at_each(distribution), FLAWS_LIMIT)
            flaws += [(registered.rule.id, flaw) for flaw in found]
    return Judged(distribution, tuple(flaws))


def check(plan: Plan, judged: Iterable[Judged]) -> tuple[Finding, ...]:
    """Apply the rules that look at all distributions together; say what follows from these and those for each.

    Findings about all files come first, then file by file, each in the order of the rules.
    """
    rules = {registered.rule.id: registered.rule for registered in REGISTERED}
    findings = _check_together(plan, REGISTERED)
    for each in judged:
        findings += [make_finding(rules[rule], flaw, plan, each.distribution.filename) for rule, flaw in each.flaws]
    files: tuple[Distribution | Unreadable, ...] = (*plan.distributions, *plan.unreadable)
    place = {name: number for number, name in enumerate(dict.fromkeys(file.filename for file in files), start=1)}
    return tuple(sorted(findings, key=lambda finding: place.get(finding.filename or "", 0)))


def check_published(plan: Plan) -> tuple[Finding, ...]:
    """Apply the rules that look at `plan.published`, and only these: the second look, once the index was asked."""
    return tuple(_check_together(plan, [registered for registered in REGISTERED if registered.subject == "published"]))


def _check_together(plan: Plan, rules: Sequence[Registered]) -> list[Finding]:
    return [
        make_finding(registered.rule, flaw, plan, flaw.filename)
        for registered in rules
        if registered.look_at_all and is_in_force(registered.rule, plan.profile)
        for flaw in registered.look_at_all(plan)
    ]
