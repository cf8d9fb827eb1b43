"""Rules about what is to be published, applied before the first request. All of them are pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from publisher.preflight.model import Finding, Plan, Severity
from publisher.preflight.rule import Registered
from publisher.preflight.rules import REGISTERED

# A finding explains those of the rules beside it about the same file, which say less about the cause.
EXPLAINED: Mapping[str, tuple[str, ...]] = {
    "filename-project": ("filename-version", "wheel-files", "license-file-missing", "release-expected-projects"),
    "filename-version": ("wheel-files", "license-file-missing", "release-expected-version"),
    "filename-normalized": ("wheel-files", "license-file-missing"),
    "wheel-files": ("license-file-missing",),
    "platform-tags-refused": ("wheel-tags",),
}


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
    return tuple(sorted(_drop_explained(findings), key=lambda finding: position.get(finding.filename or "", -1)))


def _drop_explained(findings: Iterable[Finding]) -> list[Finding]:
    """Drop the findings that another explains, unless they alone stop the run."""
    found = list(findings)
    explained: defaultdict[tuple[str, str | None], set[Severity]] = defaultdict(set)
    for finding in found:
        for rule in EXPLAINED.get(finding.rule, ()):
            explained[rule, finding.filename] |= {finding.severity, Severity.WARNING}
    return [finding for finding in found if finding.severity not in explained[finding.rule, finding.filename]]
