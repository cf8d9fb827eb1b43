"""Rules about what is to be published, applied before the first request. All of them are pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from publisher.preflight.model import Finding, Plan, Severity
from publisher.preflight.rule import Registered
from publisher.preflight.rules import REGISTERED

# Rules that name the cause of what other rules find in the same file; those findings are dropped.
EXPLAINED: Mapping[str, tuple[str, ...]] = {
    "release-same-content": ("filename-mismatch", "filename-normalized"),
    "metadata-name-invalid": ("filename-mismatch",),
    "platform-tags-refused": ("wheel-tags",),
}


def check(plan: Plan) -> tuple[Finding, ...]:
    """Apply every rule in force.

    Findings about the plan as a whole come first, then those about each file, in the order of the rules.
    """
    return _apply(REGISTERED, plan)


def check_published(plan: Plan) -> tuple[Finding, ...]:
    """Apply only the rules about `plan.published`, once the index was asked."""
    return _apply([each for each in REGISTERED if each.rule.subject == "published"], plan)


def _apply(rules: Iterable[Registered], plan: Plan) -> tuple[Finding, ...]:
    findings = _drop_explained([finding for each in rules for finding in each.apply(plan)])
    position = {file.filename: number for number, file in enumerate(plan.files)}
    return tuple(sorted(findings, key=lambda finding: position.get(finding.filename or "", -1)))


def _drop_explained(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Drop the findings that others explain; a warning explains no error."""
    explained = {
        (rule, cause.filename, severity)
        for cause in findings
        for rule in EXPLAINED.get(cause.rule, ())
        for severity in (cause.severity, Severity.WARNING)
    }
    return (each for each in findings if (each.rule, each.filename, each.severity) not in explained)
