"""Whether the license is stated so that tools understand it, and its text is in the archive."""

import re
from collections.abc import Iterator

from publisher.distributions.inspection import Anomaly
from publisher.distributions.model import Distribution
from publisher.preflight.fields import Fields, collect_fields
from publisher.preflight.model import Finding
from publisher.preflight.rule import Rule, Scope, Verdict, check_values, found

# An identifier that may be newer than the list in `packaging`, such as `New-License-1.0`.
_NEW_LICENSE = re.compile(r"[Uu]nknown license: '[A-Za-z][\w.]*(-[A-Za-z][\w.]*)*-\d+\.\d+'")

# What `packaging` rejects since 26.3; the index runs 26.2.
_NEWLY_REFUSED = re.compile(r"Invalid licenseref: 'licenseref-([a-z0-9.-]+\+)?'")
_NEWLY_MISPLACED = re.compile(r"\)\s*with\b|\bwith\s*\(|\bwith\s+\S+\s+with\b", re.IGNORECASE)


def _is_maybe_accepted(expression: str, problem: str) -> bool:
    doubts = (_NEW_LICENSE.search(problem), _NEWLY_REFUSED.search(problem), _NEWLY_MISPLACED.search(expression))
    return any(doubts)


@Rule(
    id="license-expression",
    title="Invalid license",
    why="`License-Expression` is an SPDX expression that replaces `License`; with both, it is unclear which applies.",
    fix="Write `project.license` like `MIT OR Apache-2.0`; a license of your own is `LicenseRef-Name`.",
    sources=("PEP 639", "https://spdx.org/licenses/"),
    scope=Scope.PYPI,
).for_metadata
def _check_expression(fields: Fields) -> Iterator[Finding]:
    message = "PyPI does not accept the license expression `{value}`: {problem}."
    yield from check_values(fields, ["license-expression"], message, _is_maybe_accepted)
    if fields.first("license") and fields.first("license-expression"):
        yield found(
            f"PyPI refuses `License` beside `License-Expression: {fields.first('license-expression')}`.",
            "Keep the expression in `project.license`; upgrade the build backend if it writes both from one setting.",
        )


@Rule(
    id="license-file",
    title="License file not found",
    why="The index looks for the file in `.dist-info/licenses/` of a wheel and in the top directory of an sdist.",
    fix="Upgrade the build backend (setuptools 77+, hatchling 1.27+), or correct `project.license-files`.",
    sources=("PEP 639",),
    scope=Scope.PYPI,
).for_each
def _check_file(distribution: Distribution) -> Iterator[Finding]:
    """Report invalid paths, else the first missing file, unless the metadata is too old to have license files."""
    fields, anomalies = collect_fields(distribution.metadata), distribution.inspection.anomalies
    message = "PyPI does not accept the path in `{field}: {value}`: {problem}."
    invalid = list(check_values(fields, ["license-file"], message))
    yield from invalid
    missing, elsewhere = anomalies.get(Anomaly.MISSING_LICENSE), anomalies.get(Anomaly.LICENSE_ELSEWHERE)
    if missing and fields.all("license-file") and not invalid:
        instead = f", but `{elsewhere}` is" if elsewhere else ""
        yield found(f"The license file `{missing}` is not in the archive{instead}.")


@Rule(
    id="license-missing",
    title="No license declared",
    why="Without a license, no one has permission to use the project, and compliance tools reject it.",
    fix='Add `license = "MIT"`, or the license that applies, and `license-files` to `[project]`.',
    sources=("PEP 639",),
    verdict=Verdict.ACCEPTED,
).for_metadata
def _check_missing(fields: Fields) -> Iterator[Finding]:
    by_classifier = any(classifier.startswith("License ::") for classifier in fields.all("classifier"))
    if not by_classifier and not any(map(fields.all, ("license", "license-expression", "license-file"))):
        yield found("The metadata declares no license.")
