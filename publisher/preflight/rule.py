"""What a rule is, and how its check is registered."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import islice

from publisher.distributions.inspection import Anomaly
from publisher.distributions.metadata import Metadata
from publisher.distributions.model import Distribution
from publisher.preflight.fields import Fields, collect_fields, find_problem, spell
from publisher.preflight.model import Finding, Plan, Profile, Severity

FINDINGS_LIMIT = 1000  # findings of one rule about one file, which hostile metadata could multiply without end
CheckPlan = Callable[[Plan], Iterable[Finding]]
CheckDistribution = Callable[[Distribution], Iterable[Finding]]
CheckFields = Callable[[Fields], Iterable[Finding]]
IsDoubtful = Callable[[str, str], bool]


class Verdict(StrEnum):
    """What happens to a file that breaks the rule."""

    REFUSED = "refused"
    # The index decides: its rules may be newer than this build, or depend on more than files.
    DOUBTFUL = "possibly refused"
    ACCEPTED = "accepted, with advice"


class Scope(StrEnum):
    """Which indexes have the rule."""

    UNIVERSAL = "every index"  # no index can publish such a file, or the user asked for the rule
    # Other indexes may accept such a file although installers may not: a warning there.
    SPECIFICATION = "the specifications; PyPI enforces it"
    PYPI = "PyPI"  # other indexes have rules of their own: not checked there


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's text and weight.

    `title` is the phrase above a finding. `sources` are URLs, PEP numbers, or inputs. A rule that `is_decisive` stops
    the run even without `verify-metadata`.
    """

    id: str
    title: str
    why: str
    fix: str
    sources: tuple[str, ...]
    verdict: Verdict = Verdict.REFUSED
    scope: Scope = Scope.SPECIFICATION
    is_decisive: bool = False

    @property
    def subject(self) -> str:
        """Return the first word of the id."""
        return self.id.partition("-")[0]

    def for_plan(self, check: CheckPlan) -> CheckPlan:
        """Register a check of the plan as a whole (a decorator, as the next two)."""
        REGISTERED.append(Registered(self, check))
        return check

    def for_each(self, check: CheckDistribution) -> CheckDistribution:
        """Register a check of one distribution."""

        def check_each(plan: Plan) -> Iterator[Finding]:
            for distribution in plan.distributions:
                for finding in islice(check(distribution), FINDINGS_LIMIT):
                    yield replace(finding, filename=distribution.filename)

        self.for_plan(check_each)
        return check

    def for_metadata(self, check: CheckFields) -> CheckFields:
        """Register a check of metadata alone. The wheels of a release usually share theirs, so it is checked once."""

        @cache
        def check_once(metadata: Metadata) -> tuple[Finding, ...]:
            return tuple(check(collect_fields(metadata)))

        self.for_each(lambda distribution: check_once(distribution.metadata))
        return check

    def for_values(self, names: Sequence[str], message: str) -> None:
        """Register the rule that `packaging` accepts each value of some fields (see `check_values`)."""
        self.for_metadata(lambda fields: check_values(fields, names, message))

    def for_anomalies(
        self,
        messages: Mapping[Anomaly, str],
        *,
        doubtful: Collection[Anomaly] = (),
        accepted: Collection[Anomaly] = (),
    ) -> None:
        """Register the rule that reports each anomaly with a message; `{}` is replaced by the detail.

        Those that are `doubtful` or `accepted` are warnings even if the rule's others are errors.
        """

        def check_anomalies(distribution: Distribution) -> Iterator[Finding]:
            for anomaly, detail in distribution.inspection.anomalies.items():
                if anomaly in messages:
                    build = doubt if anomaly in doubtful else advice if anomaly in accepted else found
                    yield build(messages[anomaly].replace("{}", detail))

        self.for_each(check_anomalies)


@dataclass(frozen=True, slots=True)
class Registered:
    """A rule with its check."""

    rule: Rule
    check: CheckPlan

    def apply(self, plan: Plan) -> list[Finding]:
        """Return complete findings, none if the index of the plan does not have the rule."""
        rule = self.rule
        is_pypi = plan.profile is Profile.PYPI
        if rule.scope is Scope.PYPI and not is_pypi:
            return []
        is_enforced = rule.is_decisive or (plan.is_strict and (is_pypi or rule.scope is Scope.UNIVERSAL))
        is_error = rule.verdict is Verdict.REFUSED and is_enforced
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


REGISTERED: list[Registered] = []  # every rule, in the order in which `rules` imports its modules


def check_values(
    fields: Fields, names: Sequence[str], message: str, is_doubtful: IsDoubtful | None = None
) -> Iterator[Finding]:
    """Report each value of some fields that `packaging` rejects.

    `{field}`, `{value}`, and `{problem}` in the message are replaced. `is_doubtful` recognizes, by value and problem,
    what the index may accept all the same.
    """
    for name in names:
        for value in fields.all(name):
            if problem := find_problem(name, value):
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
