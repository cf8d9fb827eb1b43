"""Whether the files go together with what the index already has; needs its listing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from publisher.distributions.model import Kind
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from publisher.distributions.model import Distribution
    from publisher.preflight.plan import Plan

    Published = Mapping[str, Mapping[str, str]]


@for_all(
    Rule(
        id="published-other-sdist",
        summary="The release has no other sdist on the index",
        why="There is one source of a release; the index refuses a second one, whatever its name.",
        fix="Publish the change as a new version.",
        sources=("PEP 625", "sdist-only-one"),
        scope=Scope.PYPI,
    )
)
def check_sdist(plan: Plan) -> Iterator[Flaw]:
    """Look for an sdist of the same version under another name."""
    for distribution, published in _compared(plan):
        if distribution.kind is not Kind.SDIST:
            continue
        for filename in published:
            is_sdist = not filename.endswith(".whl") and filename != distribution.filename
            if is_sdist and find_version(filename) == distribution.version:
                yield Flaw(f"The release has the sdist `{filename}` already.", filename=distribution.filename)


@for_all(
    Rule(
        id="published-same-content",
        summary="The index does not have the same content under another name",
        why="The index knows files by their digest too, and refuses the same bytes under another name.",
        fix="Do not publish renamed copies.",
        sources=("duplicate-content-other-name",),
        scope=Scope.PYPI,
    )
)
def check_content(plan: Plan) -> Iterator[Flaw]:
    """Compare with the digests of the project's other files."""
    for distribution, published in _compared(plan):
        for filename, digests in published.items():
            if filename != distribution.filename and digests.get("sha256") == distribution.digests.sha256:
                yield Flaw(f"The index has the same content as `{filename}`.", filename=distribution.filename)


@for_all(
    Rule(
        id="published-newer-version",
        summary="The version is newer than those on the index",
        why="Installers take the newest version: nobody gets this one without asking for it. For a fix of an old "
        "series that is as it should be.",
        fix="Raise the version, unless this is a release of an older series.",
        sources=("PEP 440",),
        verdict=Verdict.REGRETTED,
        scope=Scope.UNIVERSAL,
    )
)
def check_version(plan: Plan) -> Iterator[Flaw]:
    """Compare with the newest final version, unless the release exists or is no final one itself."""
    for distributions, published in _by_project(plan):
        versions = {version for name in published if (version := find_version(name))}
        newest = max((version for version in versions if not version.is_prerelease), default=None)
        for distribution in distributions:
            is_new = distribution.version not in versions and not distribution.version.is_prerelease
            if newest and is_new and distribution.version < newest:
                message = f"The version `{distribution.version}` is older than `{newest}`, which is published."
                yield Flaw(message, filename=distribution.filename)


def find_version(filename: str) -> Version | None:
    """Give the version in a published file's name; None for names of other times."""
    try:
        return (parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename)(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def _compared(plan: Plan) -> Iterator[tuple[Distribution, Published]]:
    """Give each distribution with what the index has of its project, where it has anything."""
    for distributions, published in _by_project(plan):
        for distribution in distributions:
            yield distribution, published


def _by_project(plan: Plan) -> Iterator[tuple[Sequence[Distribution], Published]]:
    together: dict[NormalizedName, list[Distribution]] = {}
    for distribution in plan.distributions:
        together.setdefault(distribution.project, []).append(distribution)
    for project, distributions in together.items():
        if published := plan.published.get(project):
            yield distributions, published
