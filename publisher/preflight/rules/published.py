"""Whether the files go together with what the index already has; needs its listing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from publisher.distributions.model import Kind
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_each

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.version import Version

    from publisher.distributions.model import Distribution
    from publisher.preflight.plan import Plan


@for_each(
    Rule(
        id="published-other-sdist",
        summary="The release has no other sdist on the index",
        why="There is one source of a release; the index refuses a second one, whatever its name.",
        fix="Publish the change as a new version.",
        sources=("PEP 625", "sdist-only-one"),
        scope=Scope.PYPI,
    )
)
def check_sdist(distribution: Distribution, plan: Plan) -> Iterator[Flaw]:
    """Look for an sdist of the same version under another name."""
    if distribution.kind is not Kind.SDIST:
        return
    for filename in _published(distribution, plan):
        is_sdist = not filename.endswith(".whl") and filename != distribution.filename
        if is_sdist and find_version(filename) == distribution.version:
            yield Flaw(f"The release has the sdist `{filename}` already.")


@for_each(
    Rule(
        id="published-same-content",
        summary="The index does not have the same content under another name",
        why="The index knows files by their digest too, and refuses the same bytes under another name.",
        fix="Do not publish renamed copies.",
        sources=("duplicate-content-other-name",),
        scope=Scope.PYPI,
    )
)
def check_content(distribution: Distribution, plan: Plan) -> Iterator[Flaw]:
    """Compare with the digests of the project's other files."""
    for filename, digests in _published(distribution, plan).items():
        if filename != distribution.filename and digests.get("sha256") == distribution.digests.sha256:
            yield Flaw(f"The index has the same content as `{filename}`.")


@for_each(
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
def check_version(distribution: Distribution, plan: Plan) -> Iterator[Flaw]:
    """Compare with the newest final version, unless the release exists or is no final one itself."""
    versions = {version for name in _published(distribution, plan) if (version := find_version(name))}
    newest = max((version for version in versions if not version.is_prerelease), default=None)
    is_new = distribution.version not in versions and not distribution.version.is_prerelease
    if newest and is_new and distribution.version < newest:
        yield Flaw(f"The version `{distribution.version}` is older than `{newest}`, which is published.")


def find_version(filename: str) -> Version | None:
    """Give the version in a published file's name; None for names of other times."""
    try:
        return (parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename)(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def _published(distribution: Distribution, plan: Plan) -> Mapping[str, Mapping[str, str]]:
    return plan.published.get(distribution.project, {})
