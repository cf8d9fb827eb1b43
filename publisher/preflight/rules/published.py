"""Whether the files go together with what the index already has; needs its listing."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from publisher.distributions.model import Kind
from publisher.preflight.rule import FLAWS_LIMIT, Flaw, Rule, Scope, Verdict, for_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.version import Version

    from publisher.distributions.model import Distribution
    from publisher.preflight.plan import Plan

    Published = Mapping[str, Mapping[str, str]]

Key = TypeVar("Key")
Value = TypeVar("Value")


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
    for distributions, published in _by_project(plan):
        sdists = [each for each in _missing(distributions, published) if each.kind is Kind.SDIST]
        known = _group((find_version(name), name) for name in published if sdists and not name.endswith(".whl"))
        for sdist in sdists:
            for filename in islice(known.get(sdist.version, ()), FLAWS_LIMIT):
                yield Flaw(f"The release has the sdist `{filename}` already.", filename=sdist.filename)


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
    for distributions, published in _by_project(plan):
        known = _group((digests.get("sha256"), name) for name, digests in published.items())
        for distribution in _missing(distributions, published):
            for filename in islice(known.get(distribution.digests.sha256, ()), FLAWS_LIMIT):
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


def _by_project(plan: Plan) -> Iterator[tuple[Sequence[Distribution], Published]]:
    """Give the distributions of each project with what the index has of it, where it has anything."""
    together = _group((distribution.project, distribution) for distribution in plan.distributions)
    for project, distributions in together.items():
        if published := plan.published.get(project):
            yield distributions, published


def _missing(distributions: Iterable[Distribution], published: Published) -> Iterator[Distribution]:
    """Give those that are not published: of a name that is, the index compares the content and nothing else."""
    return (distribution for distribution in distributions if distribution.filename not in published)


def _group(pairs: Iterable[tuple[Key, Value]]) -> Mapping[Key, Sequence[Value]]:
    groups: dict[Key, list[Value]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
