"""Whether the classifiers are on the list."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from publisher.preflight.finding import Severity
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_each
from publisher.preflight.sent import see

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from publisher.distributions.model import Distribution
    from publisher.preflight.finding import Finding
    from publisher.preflight.plan import Plan

UNKNOWN = "classifiers-unknown"

_LIST = "https://pypi.org/classifiers/"
_SEPARATOR = " :: "


@for_each(
    Rule(
        id="classifiers-private",
        summary="No classifier begins with `Private ::`",
        why="It is the agreed way to keep a project from being published by accident: the index refuses it always.",
        fix="Remove it from `project.classifiers` if the project is to be published after all.",
        sources=(_LIST, "metadata-classifier-private"),
        scope=Scope.PYPI,
    )
)
def check_private(distribution: Distribution) -> Iterator[Flaw]:
    """Report the lock."""
    for classifier in _classifiers(distribution):
        if _is_private(classifier):
            yield Flaw(f"`{classifier}` says that the project is not to be published.")


@for_each(
    Rule(
        id=UNKNOWN,
        summary="Every classifier is on the list of classifiers",
        why="The index refuses any other. The list grows: what may have been added since this program was built is a "
        "warning, and where PyPI is the index, its current list decides.",
        fix=f"Choose from {_LIST}, letter by letter as it stands there.",
        sources=(_LIST, "metadata-classifier-unknown"),
        scope=Scope.PYPI,
    )
)
def check_unknown(distribution: Distribution) -> Iterator[Flaw]:
    """Compare with the list that this program was built with."""
    for classifier in _unknown(distribution):
        similar = _find_similar(classifier)
        remedy = f"Write `{similar}`." if similar else ""
        yield Flaw(
            _describe(classifier),
            remedy,
            Verdict.REFUSED if similar or not _could_be_new(classifier) else Verdict.DOUBTFUL,
        )


@for_each(
    Rule(
        id="classifiers-deprecated",
        summary="No classifier is deprecated",
        why="The index refuses classifiers that were replaced or given up.",
        fix="Remove the classifier, or write its replacement.",
        sources=(_LIST, "metadata-classifier-deprecated", "metadata-classifier-deprecated-replaced"),
        scope=Scope.PYPI,
    )
)
def check_deprecated(distribution: Distribution) -> Iterator[Flaw]:
    """Report deprecated classifiers with what replaces them."""
    classifiers = _classifiers(distribution)
    if not classifiers:
        return
    from trove_classifiers import deprecated_classifiers

    for classifier in classifiers:
        if classifier in deprecated_classifiers:
            successors = " or ".join(f"`{successor}`" for successor in deprecated_classifiers[classifier])
            yield Flaw(f"`{classifier}` is deprecated.", f"Write {successors} instead." if successors else "Remove it.")


def unknown_classifiers(plan: Plan) -> frozenset[str]:
    """Give the classifiers that only a current list can settle."""
    return frozenset(
        classifier
        for distribution in plan.distributions
        for classifier in _unknown(distribution)
        if _could_be_new(classifier) and not _find_similar(classifier)
    )


def settle_classifiers(plan: Plan, findings: Iterable[Finding], current: Collection[str]) -> tuple[Finding, ...]:
    """Drop the doubts about classifiers that the current list holds, and make errors of the others.

    Without `verify-metadata` the others stay warnings.
    """
    severity = Severity.ERROR if plan.is_strict else Severity.WARNING
    doubts = {_describe(classifier): classifier for classifier in unknown_classifiers(plan)}
    return tuple(
        replace(finding, severity=severity) if finding.rule == UNKNOWN and finding.message in doubts else finding
        for finding in findings
        if finding.rule != UNKNOWN or doubts.get(finding.message) not in current
    )


def _classifiers(distribution: Distribution) -> tuple[str, ...]:
    return tuple(dict.fromkeys(see(distribution.metadata).all("classifier")))


def _unknown(distribution: Distribution) -> tuple[str, ...]:
    classifiers = _classifiers(distribution)
    if not classifiers:
        return ()
    from trove_classifiers import classifiers as current
    from trove_classifiers import deprecated_classifiers

    known = (name in current or name in deprecated_classifiers or _is_private(name) for name in classifiers)
    return tuple(name for name, is_known in zip(classifiers, known, strict=True) if not is_known)


def _is_private(classifier: str) -> bool:
    return classifier.startswith("Private ::")


def _could_be_new(classifier: str) -> bool:
    """Tell whether the list could hold it one day: below one of its topics, but licenses come no more (PEP 639)."""
    topic, *rest = classifier.split(_SEPARATOR)
    return topic in _topics() and bool(rest) and all(part and part == part.strip() and ":" not in part for part in rest)


@cache
def _topics() -> frozenset[str]:
    from trove_classifiers import classifiers

    return frozenset(name.partition(_SEPARATOR)[0] for name in classifiers) - {"License"}


def _find_similar(classifier: str) -> str:
    """Give the classifier that was meant, where case, blanks or colons alone differ; else nothing."""
    return _by_letters().get(_letters(classifier), "")


@cache
def _by_letters() -> dict[str, str]:
    from trove_classifiers import classifiers

    return {_letters(name): name for name in classifiers}


def _letters(classifier: str) -> str:
    return "".join(classifier.replace(":", " ").split()).casefold()


def _describe(classifier: str) -> str:
    return f"`{classifier}` is not on the list of classifiers."
