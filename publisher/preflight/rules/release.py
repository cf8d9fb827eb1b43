"""Whether the files together are the release that was meant."""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from publisher.distributions.model import Kind
from publisher.preflight.dependencies import REQUIREMENT_FIELDS, are_alike
from publisher.preflight.fields import FIELDS, spell
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_all, for_each
from publisher.preflight.sent import see

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from publisher.distributions.model import Distribution
    from publisher.preflight.plan import Plan

NAMED = 5
"""Versions of a project that one message names."""

COMPARED_LIMIT = 64 << 10
"""Characters of requirements of two files that are compared where they are spelled in another way."""

# Files of one release may differ in these: how they were built, not what they are.
_OWN = {"metadata-version", "dynamic", "platform", "supported-platform", "license-file"}

# Modules of this Python's standard library and of earlier ones.
_TAKEN = {name.lower() for name in sys.stdlib_module_names} | {
    "asynchat",
    "asyncore",
    "binhex",
    "cgi",
    "distutils",
    "formatter",
    "imp",
    "parser",
    "smtpd",
    "symbol",
    "telnetlib",
}


@for_all(
    Rule(
        id="release-expected-version",
        summary="Every distribution has the version that `expected-version` names",
        why="A tag that does not match what was built means that the version was not raised, or that old files lie "
        "around, or that a final release was tagged and a pre-release built.",
        fix="Build from the tag whose version you publish, with an empty output directory.",
        sources=("input `expected-version`",),
        scope=Scope.UNIVERSAL,
        is_decisive=True,
    )
)
def check_expected_version(plan: Plan) -> Iterator[Flaw]:
    """Compare with the input by PEP 440."""
    if plan.expected_version is None:
        return
    for distribution in plan.distributions:
        if distribution.version != plan.expected_version:
            message = f"The version is `{distribution.version}`, expected is `{plan.expected_version}`."
            yield Flaw(message, filename=distribution.filename)


@for_all(
    Rule(
        id="release-expected-projects",
        summary="Exactly the projects that `expected-projects` names are present",
        why="A project too many would be published by accident; one that is missing makes the release incomplete.",
        fix="Build exactly these projects, or change `expected-projects`.",
        sources=("input `expected-projects`",),
        scope=Scope.UNIVERSAL,
        is_decisive=True,
    )
)
def check_expected_projects(plan: Plan) -> Iterator[Flaw]:
    """Compare with the input, in both directions."""
    if not plan.expected_projects:
        return
    present = {distribution.project for distribution in plan.distributions}
    if missing := plan.expected_projects - present:
        yield Flaw(f"No distribution of {_list(missing)} is present.")
    for distribution in plan.distributions:
        if distribution.project not in plan.expected_projects:
            yield Flaw(
                f"The project `{distribution.project}` is not one of those expected: {_list(plan.expected_projects)}.",
                filename=distribution.filename,
            )


@for_all(
    Rule(
        id="release-one-sdist",
        summary="A release has one sdist",
        why="There is one source of a release; the index refuses the second file of it.",
        fix="Publish one of them. `1.0` and `1.0.0` are the same version.",
        sources=("PEP 625", "sdist-only-one"),
        scope=Scope.PYPI,
    )
)
def check_one_sdist(plan: Plan) -> Iterator[Flaw]:
    """Count the sdists of each release."""
    sdists: defaultdict[tuple[NormalizedName, Version], dict[str, None]] = defaultdict(dict)
    for distribution in plan.distributions:
        if distribution.kind is Kind.SDIST:
            sdists[distribution.release][distribution.filename] = None
    for (project, version), names in sdists.items():
        if len(names) > 1:
            yield Flaw(f"Of `{project}` {version} there are several sdists: {_list(names)}.", filename=[*names][-1])


@for_all(
    Rule(
        id="release-same-content",
        summary="No two files have the same content",
        why="The index knows files by their digest too: the same bytes under another name are refused as existing "
        "already.",
        fix="Remove the copy: a renamed file is not another distribution.",
        sources=("duplicate-content-other-name",),
        scope=Scope.PYPI,
    )
)
def check_same_content(plan: Plan) -> Iterator[Flaw]:
    """Compare the digests."""
    first: dict[str, str] = {}
    for distribution in plan.distributions:
        name = first.setdefault(distribution.digests.sha256, distribution.filename)
        if name != distribution.filename:
            yield Flaw(f"The file has the same content as `{name}`.", filename=distribution.filename)


@for_all(
    Rule(
        id="release-several-versions",
        summary="The files of a project are of one version",
        why="Files of an earlier build that still lie around would be published too.",
        fix="Build into an empty directory, or narrow `packages-dir`, if that is not what you want.",
        sources=("input `packages-dir`",),
        scope=Scope.UNIVERSAL,
        verdict=Verdict.REGRETTED,
    )
)
def check_several_versions(plan: Plan) -> Iterator[Flaw]:
    """Count the versions of each project."""
    versions: defaultdict[NormalizedName, dict[Version, str]] = defaultdict(dict)
    for distribution in plan.distributions:
        versions[distribution.project].setdefault(distribution.version, distribution.filename)
    for project, found in versions.items():
        if len(found) > 1:
            shown = ", ".join(f"`{version}` (`{found[version]}`)" for version in sorted(found)[:NAMED])
            more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
            yield Flaw(f"Of `{project}` there are several versions: {shown}{more}.")


@for_all(
    Rule(
        id="release-tag-final",
        summary="For the tag of a final release no pre-release is published",
        why="A build from such a tag that is still an alpha, a release candidate or a development version was not "
        "made from the tag, or its version was not raised.",
        fix="Raise `project.version`, or have the tool that derives it see the tag (fetch it with its history). "
        "Pass the tag as `expected-version` to make this an error.",
        sources=("PEP 440",),
        scope=Scope.UNIVERSAL,
        verdict=Verdict.REGRETTED,
    )
)
def check_tag(plan: Plan) -> Iterator[Flaw]:
    """Look for pre-releases, unless the tag names one too or the user said which version is expected."""
    tagged = plan.tagged_version
    if tagged is None or tagged.is_prerelease or plan.expected_version is not None:
        return
    for distribution in plan.distributions:
        if distribution.version.is_prerelease:
            message = f"The version `{distribution.version}` is a pre-release, the tag says `{tagged}`."
            yield Flaw(message, filename=distribution.filename)


@for_all(
    Rule(
        id="release-metadata-differs",
        summary="The files of a release have the same metadata",
        why="The index shows the metadata of the first file that arrives; installers and lock files take that of one "
        "wheel for that of all.",
        fix="Build all files from one commit. What depends on the platform belongs in environment markers.",
        sources=("PEP 643", "PEP 658"),
        verdict=Verdict.REGRETTED,
    )
)
def check_same_metadata(plan: Plan) -> Iterator[Flaw]:
    """Compare each file with the first of its release, in fields that neither calls dynamic."""
    first: dict[tuple[NormalizedName, Version], Distribution] = {}
    for distribution in plan.distributions:
        other = first.setdefault(distribution.release, distribution)
        if names := list(_differences(distribution, other)):
            yield Flaw(
                f"The metadata differs from that of `{other.filename}` in {', '.join(f'`{name}`' for name in names)}.",
                filename=distribution.filename,
            )


@for_each(
    Rule(
        id="release-standard-library",
        summary="The project is not named like a module of the standard library",
        why="The index accepts no new project of such a name; one that exists already goes on.",
        fix="Choose another `project.name`, unless the project is on the index already.",
        sources=("project-name-stdlib",),
        verdict=Verdict.DOUBTFUL,
        scope=Scope.PYPI,
    )
)
def check_standard_library(distribution: Distribution) -> Iterator[Flaw]:
    """Compare with the modules of this Python and of earlier ones."""
    if distribution.project.replace("-", "_") in _TAKEN:
        yield Flaw(f"`{distribution.project}` is a module of the standard library.")


def _differences(one: Distribution, other: Distribution) -> Iterator[str]:
    if one is other or one.metadata.fields == other.metadata.fields:
        return
    mine, theirs = see(one.metadata), see(other.metadata)
    free = _OWN | {name.lower() for name in (*mine.all("dynamic"), *theirs.all("dynamic"))}
    for name in FIELDS:
        if name not in free and not _are_alike(name, mine.all(name), theirs.all(name)):
            yield spell(name)


def _are_alike(name: str, some: Sequence[str], others: Sequence[str]) -> bool:
    """Tell whether a field's values are the same in any order, and requirements so in any spelling."""
    if sorted(some) == sorted(others):
        return True
    if name not in REQUIREMENT_FIELDS:
        return False
    return sum(map(len, (*some, *others))) > COMPARED_LIMIT or are_alike(some, others)


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
