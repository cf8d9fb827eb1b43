"""Whether file names are well formed and agree with the metadata."""

from collections import defaultdict
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from publisher.distributions.inspection import Anomaly
from publisher.distributions.metadata import parse_version
from publisher.distributions.model import Distribution, Kind
from publisher.preflight.model import Finding, Plan
from publisher.preflight.rule import Rule, Scope, found

# Bytes in the name of a wheel; the index stores another file next to it whose name is nine bytes longer.
WHEEL_LIMIT = 246

LIMIT = 255  # bytes in any name, the limit of file systems


@Rule(
    id="filename-conflict",
    title="File name used twice",
    why="An index identifies a file by its name alone. One of the two would be refused.",
    fix="Publish one of them: narrow `packages-dir`, or collect the files of a build matrix under different names.",
    sources=("https://packaging.python.org/specifications/simple-repository-api/",),
    scope=Scope.UNIVERSAL,
    is_decisive=True,
).for_plan
def _check_conflict(plan: Plan) -> Iterator[Finding]:
    directories: defaultdict[str, list[str]] = defaultdict(list)
    for file in plan.files:
        directory = file.path.parent
        if plan.workspace is not None and directory.is_relative_to(plan.workspace):
            directory = directory.relative_to(plan.workspace)
        directories[file.filename].append(f"`{directory}`")
    for name, places in directories.items():
        if len(places) > 1:
            yield found(f"Several files have the same name, in {' and in '.join(places)}.", filename=name)


@Rule(
    id="filename-mismatch",
    title="File name does not match the metadata",
    why="The index adds the file to the project and release that its metadata names, and refuses another file name.",
    fix="Do not rename built files; rebuild after changing `project.name` or the version.",
    sources=("PEP 427", "PEP 625"),
    scope=Scope.UNIVERSAL,
).for_each
def _check_mismatch(distribution: Distribution) -> Iterator[Finding]:
    """Compare the project, then the version; other rules report invalid ones."""
    name, written = distribution.metadata.name.strip(), distribution.metadata.version.strip()
    if not _is_same_project(distribution):
        yield found(f"The file name has project `{distribution.project}`, but the metadata has `{name}`.")
    elif parse_version(written) not in {None, distribution.version}:
        yield found(f"The file name has version `{distribution.version}`, but the metadata has `{written}`.")


@Rule(
    id="filename-normalized",
    title="Unexpected file name",
    why="The index accepts one spelling of the project, and in an sdist of the version.",
    fix="Upgrade the build backend, which writes the name, and rebuild; renaming a wheel is not enough.",
    sources=("PEP 427", "PEP 625"),
    scope=Scope.PYPI,
).for_each
def _check_normalized(distribution: Distribution) -> Iterator[Finding]:
    """Compare with the name that the index expects; other rules cover renamed files."""
    version = parse_version(distribution.metadata.version)
    if not _is_same_project(distribution) or version != distribution.version:
        return
    if directory := distribution.inspection.anomalies.get(Anomaly.OTHER_DIST_INFO):
        remedy = "Publish the wheel under the name that the build gave it; renaming a wheel breaks it."
        yield found(f"The file name does not match the directory `{directory}` in the wheel.", remedy)
        return
    rest = f"-{version}.tar.gz" if distribution.kind is Kind.SDIST else "-"
    start = distribution.project.replace("-", "_") + rest
    if not distribution.filename.startswith(start):
        yield found(f"PyPI accepts only file names that start with `{start}`.")


@Rule(
    id="filename-length",
    title="File name too long",
    why="File systems limit names, and the index stores a file with `.metadata` appended beside each wheel.",
    fix="Choose a shorter name or version, or build for fewer platforms at once.",
    sources=("PEP 658",),
).for_each
def _check_length(distribution: Distribution) -> Iterator[Finding]:
    length = len(distribution.filename.encode(errors="surrogateescape"))
    limit = WHEEL_LIMIT if distribution.kind is Kind.WHEEL else LIMIT
    if length > limit:
        yield found(f"The file name has {length} bytes; {limit} are allowed.")


def _is_same_project(distribution: Distribution) -> bool:
    return canonicalize_name(distribution.metadata.name.strip()) == distribution.project
