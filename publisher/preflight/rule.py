"""What a rule is, and how its check is registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import islice

from publisher.distributions.inspection import Anomaly
from publisher.distributions.metadata import Metadata
from publisher.distributions.model import Distribution
from publisher.preflight.fields import Fields, collect_fields, find_problem, spell
from publisher.preflight.model import Finding, Plan, Profile, Severity

FINDINGS_LIMIT = 1000
"""Findings of one rule about one file; metadata can be made to cause a million."""

CheckPlan = Callable[[Plan], Iterable[Finding]]
CheckDistribution = Callable[[Distribution], Iterable[Finding]]
CheckFields = Callable[[Fields], Iterable[Finding]]
IsDoubtful = Callable[[str, str], bool]


class Verdict(StrEnum):
    """What happens to a file that breaks the rule."""

    REFUSED = "refused"
    DOUBTFUL = "possibly refused"
    """The index decides: its rules may be newer than this build, or depend on more than files."""
    ACCEPTED = "accepted, with advice"


class Scope(StrEnum):
    """Which indexes have the rule."""

    UNIVERSAL = "every index"
    """No index can publish such a file, or the user asked for the rule."""
    SPECIFICATION = "the specifications; PyPI enforces it"
    """Other indexes may accept such a file although installers may not: a warning there."""
    PYPI = "PyPI"
    """Other indexes have rules of their own: not checked there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's text and weight.

    `title` is the phrase above a finding; `summary` states what complies. `sources` are URLs, PEP numbers, or inputs.
    A rule that `is_decisive` stops the run even without `verify-metadata`.
    """

    id: str
    title: str
    summary: str
    why: str
    fix: str
    sources: tuple[str, ...]
    verdict: Verdict = Verdict.REFUSED
    scope: Scope = Scope.SPECIFICATION
    is_decisive: bool = False

    def is_in_force(self, plan: Plan) -> bool:
        """Return whether the index of a plan has the rule."""
        return plan.profile is Profile.PYPI or self.scope is not Scope.PYPI

    def for_plan(self, check: CheckPlan) -> CheckPlan:
        """Register a check of the plan as a whole (a decorator, as the next two)."""
        self._register(check.__module__, check)
        return check

    def for_each(self, check: CheckDistribution) -> CheckDistribution:
        """Register a check of one distribution."""
        self._register_each(check.__module__, check)
        return check

    def for_metadata(self, check: CheckFields) -> CheckFields:
        """Register a check of metadata alone. The wheels of a release usually share theirs, so it is checked once."""
        self._register_metadata(check.__module__, check)
        return check

    def for_values(
        self,
        module: str,
        names: Iterable[str],
        message: str,
        is_doubtful: IsDoubtful | None = None,
        validate_as: str = "",
    ) -> None:
        """Register the rule of a module that `packaging` accepts each value of some fields (see `check_values`)."""

        def check_all(fields: Fields) -> Iterator[Finding]:
            for name in names:
                yield from check_values(fields, name, message, is_doubtful, validate_as)

        self._register_metadata(module, check_all)

    def for_anomalies(self, module: str, messages: Mapping[Anomaly, str]) -> None:
        """Register the rule of a module that reports each anomaly with a message; `{}` is replaced by the detail."""
        self._register_each(module, lambda distribution: check_anomalies(distribution, messages))

    def _register_metadata(self, module: str, check: CheckFields) -> None:
        @cache
        def check_once(metadata: Metadata) -> tuple[Finding, ...]:
            return tuple(islice(check(collect_fields(metadata)), FINDINGS_LIMIT))

        self._register_each(module, lambda distribution: check_once(distribution.metadata))

    def _register_each(self, module: str, check: CheckDistribution) -> None:
        def check_each(plan: Plan) -> Iterator[Finding]:
            for distribution in plan.distributions:
                for finding in islice(check(distribution), FINDINGS_LIMIT):
                    yield replace(finding, filename=distribution.filename)

        self._register(module, check_each)

    def _register(self, module: str, check: CheckPlan) -> None:
        REGISTERED.append(Registered(self, module.rpartition(".")[2], check))


@dataclass(frozen=True, slots=True)
class Registered:
    """A rule with its check; `subject` is the module that defines it."""

    rule: Rule
    subject: str
    check: CheckPlan

    def apply(self, plan: Plan) -> list[Finding]:
        """Return complete findings, none if the rule is not in force."""
        rule = self.rule
        if not rule.is_in_force(plan):
            return []
        is_enforced = plan.profile is Profile.PYPI or rule.scope is Scope.UNIVERSAL
        is_error = rule.verdict is Verdict.REFUSED and (rule.is_decisive or (is_enforced and plan.is_strict))
        return [
            replace(
                finding,
                rule=rule.id,
                title=rule.title,
                severity=finding.severity if is_error else Severity.WARNING,
                remedy=finding.remedy or rule.fix,
                may_be_refused=finding.may_be_refused and rule.verdict is not Verdict.ACCEPTED,
            )
            for finding in self.check(plan)
        ]


REGISTERED: list[Registered] = []
"""Every rule, in the order in which `rules` imports its modules."""


def check_anomalies(distribution: Distribution, messages: Mapping[Anomaly, str]) -> Iterator[Finding]:
    """Report each anomaly of a distribution that has a message."""
    for anomaly, detail in distribution.inspection.anomalies.items():
        if message := messages.get(anomaly):
            yield found(message.replace("{}", detail))


def check_values(
    fields: Fields, name: str, message: str, is_doubtful: IsDoubtful | None = None, validate_as: str = ""
) -> Iterator[Finding]:
    """Report each value of a field that `packaging` rejects.

    `{field}`, `{value}` and `{problem}` in the message are replaced. `is_doubtful` recognizes, by value and problem,
    what the index may accept all the same. `validate_as` names another field whose values have the same form.
    """
    for value in fields.all(name):
        if problem := find_problem(validate_as or name, value):
            text = str(problem.__cause__ or problem).partition("\n")[0]
            reason = text.partition(" is invalid for ")[2].partition("' ")[2] or text
            build = doubt if is_doubtful and is_doubtful(value, reason) else found
            yield build(message.format(field=spell(name), value=value, problem=reason))


def found(message: str, remedy: str = "", *, filename: str | None = None) -> Finding:
    """Build the finding of a check; registration adds id and severity, the default remedy, and the file checked."""
    return Finding("", Severity.ERROR, message, remedy, filename)


def doubt(message: str, remedy: str = "", *, value: str = "") -> Finding:
    """Build a finding that is a warning even if the rule's others are errors."""
    return Finding("", Severity.WARNING, message, remedy, value=value)


def advice(message: str, remedy: str = "", *, filename: str | None = None) -> Finding:
    """Build a finding about what the index accepts even if the rule's others may be refused."""
    return Finding("", Severity.WARNING, message, remedy, filename, may_be_refused=False)
