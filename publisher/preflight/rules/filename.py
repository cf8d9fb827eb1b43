"""What the names of files say, and whether they agree with what is inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from publisher.preflight.rule import Flaw, Rule, Scope, for_all, for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution
    from publisher.preflight.plan import Plan


@for_all(
    Rule(
        id="filename-conflict",
        summary="No two files have the same name",
        why="An index knows a file by its name alone: of two, one would be refused, and which one is left to chance.",
        fix="Publish one of them: narrow `packages-dir`, or collect the files of a build matrix under different names.",
        sources=("https://packaging.python.org/specifications/simple-repository-api/",),
        scope=Scope.UNIVERSAL,
        is_decisive=True,
    )
)
def check_conflict(plan: Plan) -> Iterator[Flaw]:
    """Report names that lie in several directories."""
    places: dict[str, list[str]] = {}
    for file in (*plan.distributions, *plan.unreadable):
        places.setdefault(file.filename, []).append(f"`{file.path.parent}`")
    for name, directories in places.items():
        if len(directories) > 1:
            yield Flaw(f"Several files are named `{name}`: in {' and in '.join(directories)}.", filename=name)


@for_each(
    Rule(
        id="filename-project",
        summary="The project in the file name is the project in the metadata",
        why="The index files the distribution under its metadata's name and refuses a file that is named otherwise.",
        fix="Do not rename built files; build again with the name that `project.name` in `pyproject.toml` gives.",
        sources=("PEP 427", "PEP 625", "wheel-filename-project", "sdist-filename-project"),
        scope=Scope.UNIVERSAL,
    )
)
def check_project(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Compare both names as indexes do."""
    name = distribution.metadata.name.strip()
    if canonicalize_name(name) != distribution.project:
        yield Flaw(f"The file name says project `{distribution.project}`, the metadata says `{name}`.")


@for_each(
    Rule(
        id="filename-version",
        summary="The version in the file name is the version in the metadata",
        why="The index adds the file to the release that the metadata names and refuses one that is named otherwise.",
        fix="Do not rename built files; build again after changing the version.",
        sources=("PEP 427", "PEP 625", "wheel-filename-version-match", "sdist-filename-pep625"),
        scope=Scope.UNIVERSAL,
    )
)
def check_version(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Compare both versions by PEP 440."""
    written = distribution.metadata.version.strip()
    try:
        is_same = Version(written) == distribution.version
    except InvalidVersion:
        return  # `metadata-version-invalid` says what is wrong with it.
    if not is_same:
        yield Flaw(f"The file name says version `{distribution.version}`, the metadata says `{written}`.")
