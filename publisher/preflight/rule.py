"""What a rule is, and how one is registered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from publisher.preflight.finding import Finding, Severity
from publisher.preflight.plan import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from publisher.distributions.model import Distribution
    from publisher.preflight.plan import Plan

    ForEach = Callable[[Distribution], Iterable["Flaw"]]
    ForAll = Callable[[Plan], Iterable["Flaw"]]

FLAWS_LIMIT = 1000
"""Flaws that one rule may find in one file: nobody reads more of them."""


class Verdict(StrEnum):
    """What the index does with a file that breaks the rule."""

    REFUSED = "refused"
    DOUBTFUL = "possibly refused"
    """The index's answer may have changed since this program was built, or depends on what files cannot tell."""
    REGRETTED = "accepted and regretted"


class Scope(StrEnum):
    """Which indexes keep the rule."""

    UNIVERSAL = "every index"
    """No index could publish such a file, or the user asked for the rule."""
    SPECIFICATION = "the specifications; PyPI enforces it"
    """Other indexes may take such a file, tools that install it may not: elsewhere a warning."""
    PYPI = "PyPI"
    """Other indexes have rules of their own: elsewhere not looked at."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The text and the weight of a rule.

    `id` begins with the subject, which is the module it stands in. `sources` are specifications, as URLs or PEP
    numbers, and ids of the catalogue of index behavior (`metadata-summary-length`). A rule that `is_decisive` stops
    the run whatever `verify-metadata` says.
    """

    id: str
    summary: str
    why: str
    fix: str
    sources: tuple[str, ...]
    verdict: Verdict = Verdict.REFUSED
    scope: Scope = Scope.SPECIFICATION
    is_decisive: bool = False


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing a rule found: `message` as in a finding. `remedy` and `verdict` are the rule's unless given."""

    message: str
    remedy: str = ""
    verdict: Verdict | None = None
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """A rule, the subject under which it stands, and the function that looks: at each distribution, or at all."""

    rule: Rule
    subject: str
    look_at_each: ForEach | None = None
    look_at_all: ForAll | None = None


REGISTERED: list[Registered] = []
"""Every rule, in the order of the modules in `rules`, which alone add to it while they are imported."""


def for_each(rule: Rule) -> Callable[[ForEach], ForEach]:
    """Register a function that looks at one distribution after the other."""

    def register(look: ForEach) -> ForEach:
        REGISTERED.append(Registered(rule, _subject(look), look_at_each=look))
        return look

    return register


def for_all(rule: Rule) -> Callable[[ForAll], ForAll]:
    """Register a function that looks at the plan as a whole."""

    def register(look: ForAll) -> ForAll:
        REGISTERED.append(Registered(rule, _subject(look), look_at_all=look))
        return look

    return register


def make_finding(rule: Rule, flaw: Flaw, plan: Plan, filename: str | None) -> Finding:
    """Turn a flaw into a finding, as severe as it is under the plan's profile."""
    verdict = flaw.verdict or rule.verdict
    return Finding(
        rule=rule.id,
        severity=judge_severity(rule, verdict, plan),
        message=flaw.message,
        remedy=flaw.remedy or rule.fix,
        filename=filename,
        may_be_refused=verdict is not Verdict.REGRETTED,
    )


def is_in_force(rule: Rule, profile: Profile) -> bool:
    """Tell whether an index of this kind has the rule at all."""
    return profile is Profile.PYPI or rule.scope is not Scope.PYPI


def judge_severity(rule: Rule, verdict: Verdict, plan: Plan) -> Severity:
    """Decide whether a flaw stops the run."""
    if verdict is not Verdict.REFUSED:
        return Severity.WARNING
    if rule.is_decisive:
        return Severity.ERROR
    is_enforced = plan.profile is Profile.PYPI or rule.scope is Scope.UNIVERSAL
    return Severity.ERROR if is_enforced and plan.is_strict else Severity.WARNING


def _subject(look: ForEach | ForAll) -> str:
    return look.__module__.rpartition(".")[2]
