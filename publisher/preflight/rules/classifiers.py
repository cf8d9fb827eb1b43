"""Whether every classifier is on PyPI's list."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import trove_classifiers

from publisher.preflight.fields import Fields
from publisher.preflight.model import Finding, Severity
from publisher.preflight.rule import Rule, Scope, doubt, found

_LIST = "https://pypi.org/classifiers/"
_SEPARATOR = " :: "

_KNOWN = frozenset(trove_classifiers.classifiers)
_DEPRECATED = trove_classifiers.deprecated_classifiers
# PEP 639 closed the list of licenses.
_GROWING_TOPICS = {name.partition(_SEPARATOR)[0] for name in _KNOWN} - {"License"}


def _fold(classifier: str) -> str:
    return "".join(classifier.replace(":", " ").split()).casefold()


_BY_FOLDED = {_fold(name): name for name in _KNOWN}


@Rule(
    id="classifiers-invalid",
    title="Invalid classifier",
    why="The index refuses classifiers that are not on its list, are deprecated, or start with `Private ::`.",
    fix=f"Choose from {_LIST} and copy the classifier exactly.",
    sources=(_LIST,),
    scope=Scope.PYPI,
).for_metadata
def _check_classifiers(fields: Fields) -> Iterator[Finding]:
    for classifier in dict.fromkeys(fields.all("classifier")):
        message = f"The classifier `{classifier}` is not on PyPI's list."
        if classifier.startswith("Private ::"):
            remedy = "Remove it from `project.classifiers` to publish the project after all."
            yield found(f"The classifier `{classifier}` marks the project as not to be published.", remedy)
        elif classifier in _DEPRECATED:
            replacements = " or ".join(f"`{name}`" for name in _DEPRECATED[classifier])
            remedy = f"Write {replacements} instead." if replacements else "Remove it."
            yield found(f"PyPI does not accept the deprecated classifier `{classifier}`.", remedy)
        elif meant := _BY_FOLDED.get(_fold(classifier)):
            if meant != classifier:
                yield found(message, f"Write `{meant}`.")
        elif _is_maybe_new(classifier):
            yield doubt(message, value=classifier)
        else:
            yield found(message)


def unknown_classifiers(findings: Iterable[Finding]) -> frozenset[str]:
    """Return the classifiers that only the current list can settle."""
    return frozenset(finding.value for finding in findings if finding.value)


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


def _is_maybe_new(classifier: str) -> bool:
    """Return whether a classifier is well formed and below a known topic."""
    topic, *rest = classifier.split(_SEPARATOR)
    is_well_formed = bool(rest) and all(part and part == part.strip() and ":" not in part for part in rest)
    return is_well_formed and topic in _GROWING_TOPICS
