"""Whether every classifier is on PyPI's list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import trove_classifiers

from publisher.preflight.fields import Fields
from publisher.preflight.model import Finding, Severity
from publisher.preflight.rule import Rule, Scope, doubt, found

_LIST = "https://pypi.org/classifiers/"
_SEPARATOR = " :: "

UNKNOWN = Rule(
    id="classifiers-unknown",
    title="Unknown classifier",
    summary="Every classifier is on the list of classifiers",
    why="The index refuses any other. If PyPI's current list cannot be read, what may be new is a warning.",
    fix=f"Choose from {_LIST} and copy the classifier exactly.",
    sources=(_LIST,),
    scope=Scope.PYPI,
)


def _fold(classifier: str) -> str:
    return "".join(classifier.replace(":", " ").split()).casefold()


_KNOWN = {*trove_classifiers.classifiers, *trove_classifiers.deprecated_classifiers}
_BY_FOLDED = {_fold(name): name for name in trove_classifiers.classifiers}
# PEP 639 closed the list of licenses.
_GROWING_TOPICS = {name.partition(_SEPARATOR)[0] for name in trove_classifiers.classifiers} - {"License"}


@Rule(
    id="classifiers-private",
    title="Private classifier",
    summary="No classifier starts with `Private ::`",
    why="The index always refuses it: it protects a project from being published by accident.",
    fix="Remove it from `project.classifiers` to publish the project after all.",
    sources=(_LIST,),
    scope=Scope.PYPI,
).for_metadata
def _check_private(fields: Fields) -> Iterator[Finding]:
    for classifier in _classifiers(fields):
        if _is_private(classifier):
            yield found(f"The classifier `{classifier}` marks the project as not to be published.")


@UNKNOWN.for_metadata
def _check_unknown(fields: Fields) -> Iterator[Finding]:
    for classifier in _classifiers(fields):
        if classifier in _KNOWN or _is_private(classifier):
            continue
        message = f"The classifier `{classifier}` is not on PyPI's list."
        meant = _BY_FOLDED.get(_fold(classifier))
        if not meant and _is_maybe_new(classifier):
            yield doubt(message, value=classifier)
        else:
            yield found(message, f"Write `{meant}`." if meant else "")


@Rule(
    id="classifiers-deprecated",
    title="Deprecated classifier",
    summary="No classifier is deprecated",
    why="The index refuses classifiers that were replaced or withdrawn.",
    fix="Remove the classifier, or write its replacement.",
    sources=(_LIST,),
    scope=Scope.PYPI,
).for_metadata
def _check_deprecated(fields: Fields) -> Iterator[Finding]:
    for classifier in _classifiers(fields):
        if classifier in trove_classifiers.deprecated_classifiers:
            names = trove_classifiers.deprecated_classifiers[classifier]
            replacements = " or ".join(f"`{name}`" for name in names)
            remedy = f"Write {replacements} instead." if replacements else "Remove it."
            yield found(f"PyPI does not accept the deprecated classifier `{classifier}`.", remedy)


def unknown_classifiers(findings: Iterable[Finding]) -> frozenset[str]:
    """Return the classifiers that only the current list can settle."""
    return frozenset(finding.value for finding in findings if finding.rule == UNKNOWN.id and finding.value)


def settle_classifiers(
    findings: Iterable[Finding], current: Collection[str], *, is_strict: bool
) -> tuple[Finding, ...]:
    """Drop the warnings about classifiers on the current list, and make the others errors if `is_strict`."""
    severity = Severity.ERROR if is_strict else Severity.WARNING
    return tuple(
        replace(finding, severity=severity) if unknown_classifiers([finding]) else finding
        for finding in findings
        if unknown_classifiers([finding]).isdisjoint(current)
    )


def _classifiers(fields: Fields) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fields.all("classifier")))


def _is_private(classifier: str) -> bool:
    return classifier.startswith("Private ::")


def _is_maybe_new(classifier: str) -> bool:
    """Return whether a classifier is well formed and below a known topic."""
    topic, *rest = classifier.split(_SEPARATOR)
    is_well_formed = bool(rest) and all(part and part == part.strip() and ":" not in part for part in rest)
    return is_well_formed and topic in _GROWING_TOPICS
