"""Whether the files together are the intended release."""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from publisher.distributions.metadata import parse_version
from publisher.distributions.model import Distribution, Kind
from publisher.preflight.fields import RAW_NAMES, REQUIREMENT_FIELDS, Fields, collect_fields, spell
from publisher.preflight.model import Finding, Plan
from publisher.preflight.rule import Rule, Scope, Verdict, found
from publisher.preflight.rules.description import parse_type
from publisher.preflight.rules.requirements import parse_requirement

NAMED_LIMIT = 3  # names that one message lists
VALUE_LIMIT = 60  # characters of a value that is shown beside the name of its field
# Fields that depend on how a file was built, or that `filename-mismatch` covers.
_NOT_COMPARED = {"metadata-version", "name", "version", "dynamic", "platform", "supported-platform", "license-file"}

# Before this version, an sdist could not declare which of its fields a build may change (PEP 643).
_RELIABLE_SINCE = Version("2.2")

# What is compared of the fields whose values have several spellings; of any other, all but white space.
_MEANINGS: Mapping[str, Callable[[str], Hashable]] = {
    "description-content-type": lambda value: parse_type(value)[0],
    "keywords": lambda value: frozenset(value.replace(",", " ").split()),
    "provides-extra": canonicalize_name,
    "requires-python": lambda value: parse_requirement(f"python {value}"),
    **dict.fromkeys(REQUIREMENT_FIELDS, parse_requirement),
}

# Modules of the standard library of earlier Pythons, and of this one.
_REMOVED = {"asynchat", "asyncore", "binhex", "cgi", "distutils", "formatter", "imp", "parser", "smtpd", "symbol"}
_STANDARD_LIBRARY = {name.lower() for name in sys.stdlib_module_names} | _REMOVED | {"telnetlib"}


@Rule(
    id="release-expected-version",
    title="Not the expected version",
    why="The version was not increased, old files were left behind, or the build was not made from the tag.",
    fix="Build from the tag whose version you publish, into an empty directory.",
    sources=("input `expected-version`",),
    scope=Scope.UNIVERSAL,
    is_decisive=True,
).for_plan
def _check_expected_version(plan: Plan) -> Iterator[Finding]:
    """Accept what only the file name contradicts: `filename-mismatch` covers renamed files."""
    for distribution in plan.distributions:
        if plan.expected_version not in {None, distribution.version, parse_version(distribution.metadata.version)}:
            message = f"The version is `{distribution.version}`, but `expected-version` is `{plan.expected_version}`."
            yield found(message, filename=distribution.filename)


@Rule(
    id="release-expected-projects",
    title="Not the expected projects",
    why="An additional project would be published by accident; a missing one makes the release incomplete.",
    fix="Build exactly these projects, or change `expected-projects`.",
    sources=("input `expected-projects`",),
    scope=Scope.UNIVERSAL,
    is_decisive=True,
).for_plan
def _check_expected_projects(plan: Plan) -> Iterator[Finding]:
    """Accept what only the file name contradicts: `filename-mismatch` covers renamed files."""
    names = {
        each.filename: {each.project, canonicalize_name(each.metadata.name.strip())} for each in plan.distributions
    }
    if missing := plan.expected_projects.difference(*names.values()):
        yield found(f"`expected-projects` lists {_list(sorted(missing))}, for which there is no distribution.")
    for distribution in plan.distributions:
        if plan.expected_projects and plan.expected_projects.isdisjoint(names[distribution.filename]):
            expected = _list(sorted(plan.expected_projects))
            message = f"The project `{distribution.project}` is not in `expected-projects`, which lists {expected}."
            yield found(message, filename=distribution.filename)


@Rule(
    id="release-one-sdist",
    title="Several sdists in a release",
    why="A release has one source; the index refuses a second sdist.",
    fix="Publish one of them. `1.0` and `1.0.0` are the same version.",
    sources=("PEP 625",),
    scope=Scope.PYPI,
).for_plan
def _check_one_sdist(plan: Plan) -> Iterator[Finding]:
    sdists: defaultdict[tuple[NormalizedName, Version], set[str]] = defaultdict(set)
    for distribution in plan.distributions:
        if distribution.kind is Kind.SDIST:
            sdists[distribution.release].add(distribution.filename)
    for (project, version), names in sdists.items():
        if len(names) > 1:
            message = f"PyPI accepts one sdist per release, but `{project}` `{version}` has {len(names)}."
            yield from (found(message, filename=name) for name in sorted(names))


@Rule(
    id="release-same-content",
    title="Same content in several files",
    why="The index also identifies files by their digest, and refuses the same bytes under another name.",
    fix="Keep only one of them: a renamed file is not another distribution.",
    sources=("https://pypi.org/help/#file-name-reuse",),
    scope=Scope.PYPI,
).for_plan
def _check_same_content(plan: Plan) -> Iterator[Finding]:
    copies: defaultdict[str, set[str]] = defaultdict(set)
    for distribution in plan.distributions:
        copies[distribution.digests.sha256].add(distribution.filename)
    for names in copies.values():
        if len(names) > 1:
            message = f"PyPI accepts the same content only once, but {len(names)} files have it."
            yield from (found(message, filename=name) for name in sorted(names))


@Rule(
    id="release-several-versions",
    title="Several versions of a project",
    why="Files left behind by an earlier build would be published too, and can never be replaced.",
    fix="Build into an empty directory, or narrow `packages-dir`. Run the action once for each version.",
    sources=("input `packages-dir`",),
    scope=Scope.UNIVERSAL,
).for_plan
def _check_several_versions(plan: Plan) -> Iterator[Finding]:
    """Count the versions of each project; `1.0` and `1.0.0` are one. `filename-mismatch` covers renamed files."""
    projects: defaultdict[NormalizedName, Counter[Version]] = defaultdict(Counter)
    for distribution in plan.distributions:
        if parse_version(distribution.metadata.version) in {None, distribution.version}:
            projects[distribution.project][distribution.version] += 1
    for project, versions in projects.items():
        if len(versions) > 1:
            shown = [
                f"`{version}` ({count} file{'s' if count > 1 else ''})" for version, count in sorted(versions.items())
            ]
            yield found(f"`{project}` has {len(versions)} versions side by side: {_join(shown)}.")


@Rule(
    id="release-tag-final",
    title="Pre-release under a final tag",
    why="The build was not made from the tag, or its version was not increased.",
    fix="Increase the version, or build from the tag. Pass the tag as `expected-version` to make this an error.",
    sources=("PEP 440",),
    scope=Scope.UNIVERSAL,
    verdict=Verdict.ACCEPTED,
).for_plan
def _check_tag(plan: Plan) -> Iterator[Finding]:
    """Report pre-releases, unless the tag names one as well or `expected-version` is given."""
    tagged = plan.tagged_version
    if tagged is None or tagged.is_prerelease or plan.expected_version is not None:
        return
    for distribution in plan.distributions:
        if distribution.version.is_prerelease:
            message = f"The version `{distribution.version}` is a pre-release, but the tag is for `{tagged}`."
            yield found(message, filename=distribution.filename)


@Rule(
    id="release-metadata-differs",
    title="Metadata differs within a release",
    why="The index displays the metadata of the first file; installers assume that it applies to all of them.",
    fix="Build all files from one commit. Use environment markers for what depends on the platform.",
    sources=("PEP 643", "PEP 658"),
    verdict=Verdict.ACCEPTED,
).for_plan
def _check_same_metadata(plan: Plan) -> Iterator[Finding]:
    """Compare each file with the first of its release, in fields that neither declares dynamic."""
    first: dict[tuple[NormalizedName, Version], tuple[str, Fields]] = {}
    for distribution in plan.distributions:
        fields = collect_fields(distribution.metadata)
        if distribution.kind is Kind.SDIST and (fields.version is None or fields.version < _RELIABLE_SINCE):
            continue
        name, others = first.setdefault(distribution.release, (distribution.filename, fields))
        if differences := [*_list_differences(fields, others)]:
            message = f"The metadata differs from that of `{name}` in {_list(differences)}."
            yield found(message, filename=distribution.filename)


@Rule(
    id="release-standard-library",
    title="Name of a standard library module",
    why="The index refuses new projects of such a name; existing ones are not affected.",
    fix="Choose another `project.name`, unless the project exists already.",
    sources=("https://pypi.org/help/#project-name",),
    verdict=Verdict.DOUBTFUL,
    scope=Scope.PYPI,
).for_each
def _check_standard_library(distribution: Distribution) -> Iterator[Finding]:
    if distribution.project.replace("-", "_") in _STANDARD_LIBRARY:
        yield found(
            f"PyPI does not accept new projects named `{distribution.project}`, like a standard library module."
        )


def _list_differences(mine: Fields, theirs: Fields) -> Iterator[str]:
    """Yield the fields that differ, with a value that only one side has if it is short."""
    ignored = _NOT_COMPARED | {name.lower() for name in (*mine.all("dynamic"), *theirs.all("dynamic"))}
    for name in RAW_NAMES:
        if name in ignored or mine.all(name) == theirs.all(name):
            continue
        some, others = _find_meanings(name, mine), _find_meanings(name, theirs)
        if different := some.keys() ^ others.keys():
            value = min((some | others)[meaning] for meaning in different)
            yield f"{spell(name)}: {value}" if len(value) <= VALUE_LIMIT else spell(name)


def _find_meanings(name: str, fields: Fields) -> dict[Hashable, str]:
    """Return the values of a field by what they mean, however they are spelled."""
    find_meaning = _MEANINGS.get(name, _remove_blanks)
    return {find_meaning(value): value for value in fields.all(name)}


def _remove_blanks(value: str) -> str:
    return "".join(value.split())


def _list(names: Iterable[str]) -> str:
    return _join([f"`{name}`" for name in names])


def _join(parts: list[str]) -> str:
    more = f" and {len(parts) - NAMED_LIMIT} more" if len(parts) > NAMED_LIMIT else ""
    return ", ".join(parts[:NAMED_LIMIT]) + more
