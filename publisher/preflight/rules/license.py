"""Whether the license is stated in a way that tools understand, and its text is in the archive."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from publisher.distributions.inspection import Anomaly
from publisher.preflight.observations import report
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_each
from publisher.preflight.sent import see

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution

# What `packaging` says of an identifier that it does not know, here one with a version such as `New-License-1.0`.
_NEW_LICENSE = re.compile(r"[Uu]nknown license: '[A-Za-z][\w.]*(-[A-Za-z][\w.]*)*-\d+\.\d+'")

# What only releases of `packaging` since 26.3 refuse: the index will with its next update.
_NEWLY_REFUSED = re.compile(r"Invalid licenseref: 'licenseref-([a-z0-9.-]+\+)?'")
_NEWLY_MISPLACED = re.compile(r"\)\s*with\b|\bwith\s*\(|\bwith\s+\S+\s+with\b", re.IGNORECASE)


@for_each(
    Rule(
        id="license-expression",
        summary="`License-Expression` is a valid SPDX expression",
        why="Tools compare licenses by their SPDX identifiers.",
        fix="Write `project.license` in `pyproject.toml` as identifiers joined by `AND`, `OR` and `WITH`, for example "
        '`"MIT OR Apache-2.0"`; for a license of your own `"LicenseRef-Name"`.',
        sources=("PEP 639", "https://spdx.org/licenses/", "metadata-license-expression"),
        scope=Scope.PYPI,
    )
)
def check_expression(distribution: Distribution) -> Iterator[Flaw]:
    """Parse the expression. The list of licenses grows, so what looks like a new one with its version is a doubt."""
    expression = see(distribution.metadata).one("license-expression")
    if not expression:
        return
    if reason := _judge_expression(expression):
        doubts = (_NEW_LICENSE.search(reason), _NEWLY_REFUSED.search(reason), _NEWLY_MISPLACED.search(expression))
        verdict = Verdict.DOUBTFUL if any(doubts) else Verdict.REFUSED
        yield Flaw(f"`{expression}` is not a license expression: {reason}.", "", verdict)


@for_each(
    Rule(
        id="license-twice",
        summary="`License` is not there beside `License-Expression`",
        why="The one replaced the other; with both, nobody can tell which one is meant.",
        fix="Keep the expression in `project.license`; upgrade the build backend if it writes both from one setting.",
        sources=("PEP 639", "metadata-license-and-expression"),
        scope=Scope.PYPI,
    )
)
def check_twice(distribution: Distribution) -> Iterator[Flaw]:
    """Report metadata with both."""
    sent = see(distribution.metadata)
    if sent.one("license") and sent.one("license-expression"):
        yield Flaw(f"There is a `License` beside `License-Expression: {sent.one('license-expression')}`.")


@for_each(
    Rule(
        id="license-file-path",
        summary="Every `License-File` is a plain relative path",
        why="The path is looked up in the archive: relative, with `/` between its parts, no `..` and no `*`.",
        fix="Correct `project.license-files`; its patterns have to be resolved by the build backend, inside the "
        "project.",
        sources=(
            "PEP 639",
            "metadata-license-file-parent",
            "metadata-license-file-glob",
            "metadata-license-file-absolute",
            "metadata-license-file-delimiter",
        ),
        scope=Scope.PYPI,
    )
)
def check_file_path(distribution: Distribution) -> Iterator[Flaw]:
    """Judge each path."""
    for path in see(distribution.metadata).all("license-file"):
        if reason := _judge_path(path):
            yield Flaw(f"`License-File: {path}` {reason}.")


@for_each(
    Rule(
        id="license-file-missing",
        summary="Every `License-File` is in the archive",
        why="The metadata promises the text; the index looks for it in `.dist-info/licenses/` of a wheel and in the "
        "top directory of an sdist.",
        fix="Upgrade the build backend, which puts them there (setuptools does from 77 on, hatchling from 1.27), or "
        "correct `project.license-files`.",
        sources=("PEP 639", "wheel-license-file", "sdist-license-file"),
        scope=Scope.PYPI,
    )
)
def check_file_missing(distribution: Distribution) -> Iterator[Flaw]:
    """Report the first that is not where it should be, for metadata that can have license files at all."""
    if see(distribution.metadata).all("license-file"):
        yield from report(distribution, {Anomaly.MISSING_LICENSE: "The archive holds no `{}`."})


@for_each(
    Rule(
        id="license-missing",
        summary="The metadata names a license",
        why="Without one nobody may use the project, strictly speaking, and companies' tools sort it out.",
        fix='Add `license = "MIT"`, or whichever it is, and `license-files` to `[project]`.',
        sources=("PEP 639",),
        verdict=Verdict.REGRETTED,
    )
)
def check_missing(distribution: Distribution) -> Iterator[Flaw]:
    """Look in all the places where a license can stand."""
    sent = see(distribution.metadata)
    by_classifier = any(classifier.startswith("License ::") for classifier in sent.all("classifier"))
    if not (by_classifier or sent.one("license") or sent.one("license-expression") or sent.all("license-file")):
        yield Flaw("The metadata names no license.")


@lru_cache(maxsize=64)
def _judge_expression(expression: str) -> str:
    """Give what `packaging` says against an expression, empty where nothing; most files say `MIT` or the like."""
    try:
        canonicalize_license_expression(expression)
    except InvalidLicenseExpression as error:
        return str(error)
    return ""


@lru_cache(maxsize=64)
def _judge_path(path: str) -> str:
    if ".." in path:
        return "contains `..`"
    if "*" in path:
        return "is a pattern, not a path"
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute():
        return "is not relative"
    if PureWindowsPath(path).as_posix() != path:
        return f"should be written `{PureWindowsPath(path).as_posix()}`"
    return ""
