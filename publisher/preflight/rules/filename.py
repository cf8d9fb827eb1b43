"""What the names of files say, and whether they agree with what is inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from publisher.distributions.model import Kind
from publisher.preflight.rule import Flaw, Rule, Scope, for_all, for_each
from publisher.preflight.sent import parse_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution, Unreadable
    from publisher.preflight.plan import Plan

WHEEL_LIMIT = 246
"""Bytes in a wheel's name: the index keeps a file beside it whose name is nine longer."""

LIMIT = 255
"""Bytes in any name: what file systems allow."""


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
    files: tuple[Distribution | Unreadable, ...] = (*plan.distributions, *plan.unreadable)
    for file in files:
        directory = file.path.parent
        if plan.workspace is not None and directory.is_relative_to(plan.workspace):
            directory = directory.relative_to(plan.workspace)
        places.setdefault(file.filename, []).append(f"`{directory}`")
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
def check_project(distribution: Distribution) -> Iterator[Flaw]:
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
def check_version(distribution: Distribution) -> Iterator[Flaw]:
    """Compare both versions by PEP 440."""
    written = distribution.metadata.version.strip()
    version = parse_version(written)
    if version and version != distribution.version:  # `metadata-version-invalid` speaks of those that are none.
        yield Flaw(f"The file name says version `{distribution.version}`, the metadata says `{written}`.")


@for_each(
    Rule(
        id="filename-normalized",
        summary="The name in the file name is normalized, and in an sdist's the version too",
        why="Otherwise one release could have files under several spellings, and installers would have to guess.",
        fix="Upgrade the build backend, which writes the name, and build again; renaming a wheel is not enough.",
        sources=(
            "PEP 427",
            "PEP 625",
            "wheel-filename-normalized",
            "wheel-filename-name-chars",
            "sdist-filename-pep625",
        ),
        scope=Scope.PYPI,
    )
)
def check_normalized(distribution: Distribution) -> Iterator[Flaw]:
    """Build the name that the index expects."""
    name = canonicalize_name(distribution.metadata.name.strip()).replace("-", "_")
    if distribution.kind is Kind.SDIST:
        version = parse_version(distribution.metadata.version)
        expected = f"{name}-{version}.tar.gz"
        is_expected = version is None or distribution.filename == expected
    else:
        expected = name + distribution.filename[distribution.filename.index("-") :]
        is_expected = distribution.filename == expected
    # A name of another project or version is what `filename-project` and `filename-version` speak of.
    is_ours = canonicalize_name(name) == distribution.project
    if is_ours and not is_expected and parse_version(distribution.metadata.version) == distribution.version:
        yield Flaw(f"The file should be named `{expected}`.")


@for_each(
    Rule(
        id="filename-length",
        summary="The file name is not too long",
        why="The index stores the file, and for a wheel one with `.metadata` behind the name, in a file system.",
        fix="Choose a shorter name or version, or build for fewer platforms at once.",
        sources=("wheel-filename-length", "filename-length"),
    )
)
def check_length(distribution: Distribution) -> Iterator[Flaw]:
    """Measure the name."""
    length = len(distribution.filename.encode(errors="surrogateescape"))
    limit = WHEEL_LIMIT if distribution.kind is Kind.WHEEL else LIMIT
    if length > limit:
        yield Flaw(f"The file name has {length} bytes; {limit} are allowed.")
