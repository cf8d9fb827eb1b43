"""What could go wrong: pure rules on what was read, before any request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from publisher.preflight.plan import Profile
from publisher.preflight.rule import FLAWS_LIMIT, is_in_force, make_finding
from publisher.preflight.rules import REGISTERED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from publisher.distributions.model import Distribution, Unreadable
    from publisher.preflight.finding import Finding
    from publisher.preflight.plan import Plan
    from publisher.preflight.rule import Flaw, ForEach, Registered


@dataclass(frozen=True, slots=True)
class Judged:
    """A distribution, and the flaws that the rules found in it alone, by the rule's id."""

    distribution: Distribution
    flaws: tuple[tuple[str, Flaw], ...]


def _go_on() -> None:
    """Pause for nothing."""


def judge(distribution: Distribution, pause: Callable[[], None] = _go_on, profile: Profile = Profile.PYPI) -> Judged:
    """Apply every rule that looks at one distribution by itself and may be in force under `profile`.

    `pause` is called before each look and may raise: a long description takes seconds.
    """
    flaws: list[tuple[str, Flaw]] = []
    for rule, look in _looks(profile):
        pause()
        for flaw in islice(look(distribution), FLAWS_LIMIT):
            flaws.append((rule, flaw))  # noqa: PERF401 -- most rules find nothing, for which making a list takes longer
    return Judged(distribution, tuple(flaws))


@cache
def _looks(profile: Profile) -> Sequence[tuple[str, ForEach]]:
    return [
        (registered.rule.id, registered.look_at_each)
        for registered in REGISTERED
        if registered.look_at_each and is_in_force(registered.rule, profile)
    ]


def check(plan: Plan, judged: Iterable[Judged]) -> tuple[Finding, ...]:
    """Apply the rules that look at all distributions together; say what follows from these and those for each.

    What was found by rules that are not in force under the plan's profile is left out. Findings about all files come
    first, then file by file, each in the order of the rules.
    """
    rules = {registered.rule.id: registered.rule for registered in REGISTERED}
    findings = _check_together(plan, REGISTERED)
    for each in judged:
        findings += [
            make_finding(rules[rule], flaw, plan, each.distribution.filename)
            for rule, flaw in each.flaws
            if is_in_force(rules[rule], plan.profile)
        ]
    return _sort(findings, plan)


def check_published(plan: Plan) -> tuple[Finding, ...]:
    """Apply the rules that look at `plan.published`, and only these: the second look, once the index was asked."""
    rules = [registered for registered in REGISTERED if registered.subject == "published"]
    return _sort(_check_together(plan, rules), plan)


def _sort(findings: Iterable[Finding], plan: Plan) -> tuple[Finding, ...]:
    """Sort findings: first those about all files, then file by file, each in the order of the rules."""
    files: tuple[Distribution | Unreadable, ...] = (*plan.distributions, *plan.unreadable)
    place = {name: number for number, name in enumerate(dict.fromkeys(file.filename for file in files), start=1)}
    order = {registered.rule.id: number for number, registered in enumerate(REGISTERED)}
    return tuple(sorted(findings, key=lambda finding: (place.get(finding.filename or "", 0), order[finding.rule])))


def _check_together(plan: Plan, rules: Sequence[Registered]) -> list[Finding]:
    return [
        make_finding(registered.rule, flaw, plan, flaw.filename)
        for registered in rules
        if registered.look_at_all and is_in_force(registered.rule, plan.profile)
        for flaw in registered.look_at_all(plan)
    ]
