"""Whether the files fit what the index lists."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from packaging.version import Version

from publisher.distributions.filename import find_version
from publisher.distributions.model import Distribution, Kind
from publisher.index.simple_api import ListedFile, Listing
from publisher.preflight.model import Finding, Plan
from publisher.preflight.rule import Rule, Scope, Verdict, found

# The files of a project by version, None if their names have none.
Releases = Mapping[Version | None, Mapping[str, ListedFile]]

USUAL_LIMIT = 100 << 20
_SECONDS_OF_A_DAY = 86_400
_OPEN_DAYS = 14  # PyPI refuses new files of older releases

# By status of a project (PEP 792) in which an index accepts no uploads.
_CLOSED = {
    "archived": "Unarchive the project in its settings on the index, then run the job again.",
    "quarantined": "Contact the administrators of the index: only they can lift the quarantine.",
}


@Rule(
    id="published-project-closed",
    title="Project does not accept uploads",
    why="The index refuses every upload to such a project, whatever the credentials.",
    fix="Reopen the project on the index first.",
    sources=("PEP 792",),
    scope=Scope.UNIVERSAL,
).for_plan
def _check_status(plan: Plan) -> Iterator[Finding]:
    for distribution, listing, _ in _list_new(plan):
        if remedy := _CLOSED.get(listing.status):
            message = f"The project `{distribution.project}` is `{listing.status}` on the index."
            yield found(message, remedy, filename=distribution.filename)


@Rule(
    id="published-release-closed",
    title="Release no longer accepts files",
    why=f"PyPI accepts new files of a release for {_OPEN_DAYS} days only; files that it already has are not affected.",
    fix="Publish the files as a new version, such as the post-release `1.0.post1` of `1.0`.",
    sources=("https://blog.pypi.org/posts/2026-07-22-releases-now-reject-new-files-after-14-days/",),
    scope=Scope.PYPI,
).for_plan
def _check_age(plan: Plan) -> Iterator[Finding]:
    """Compare the time with the earliest upload that is still listed: the release is at least as old."""
    for distribution, _, releases in _list_new(plan):
        siblings = releases.get(distribution.version, {}).values()
        uploaded = [file.uploaded_at.timestamp() for file in siblings if file.uploaded_at]
        days = (plan.now - min(uploaded, default=plan.now)) / _SECONDS_OF_A_DAY
        if days > _OPEN_DAYS:
            limit = f"and new files are accepted for {_OPEN_DAYS} days only"
            message = f"`{distribution.project}` {distribution.version} is {int(days)} days old, {limit}."
            yield found(message, filename=distribution.filename)


@Rule(
    id="published-release-yanked",
    title="Release is yanked",
    why="Installers ignore a yanked release unless exactly its version is requested.",
    fix="Publish a new version, or un-yank the release on the index.",
    sources=("PEP 592",),
    verdict=Verdict.ACCEPTED,
    scope=Scope.UNIVERSAL,
).for_plan
def _check_yanked(plan: Plan) -> Iterator[Finding]:
    for distribution, _, releases in _list_new(plan):
        siblings = releases.get(distribution.version, {}).values()
        if siblings and all(file.is_yanked for file in siblings):
            message = f"`{distribution.project}` {distribution.version} is yanked on the index."
            yield found(message, filename=distribution.filename)


@Rule(
    id="published-other-sdist",
    title="Release already has an sdist",
    why="A release has one source; the index refuses a second sdist under any name.",
    fix="Publish the change as a new version.",
    sources=("PEP 625",),
    scope=Scope.PYPI,
).for_plan
def _check_sdist(plan: Plan) -> Iterator[Finding]:
    for distribution, _, releases in _list_new(plan):
        sdist = next((name for name in releases.get(distribution.version, {}) if not name.endswith(".whl")), None)
        if sdist and distribution.kind is Kind.SDIST:
            yield found(f"The release already has the sdist `{sdist}`.", filename=distribution.filename)


@Rule(
    id="published-same-content",
    title="Content already published",
    why="The index also identifies files by their digest, and refuses the same bytes under another name.",
    fix="Do not publish renamed copies.",
    sources=("https://pypi.org/help/#file-name-reuse",),
    scope=Scope.PYPI,
).for_plan
def _check_content(plan: Plan) -> Iterator[Finding]:
    for distribution, listing, _ in _list_new(plan):
        for name, file in listing.files.items():
            if file.sha256 == distribution.digests.sha256:
                message = f"The index already has the same content as `{name}`."
                yield found(message, filename=distribution.filename)


@Rule(
    id="published-size",
    title="File larger than 100 MiB",
    why="PyPI allows 100 MiB per file, unless it has raised the project's limit.",
    fix="Leave data, tests, and debug symbols out, or request a higher limit in the project's settings on PyPI first.",
    sources=("https://docs.pypi.org/project-management/storage-limits/",),
    verdict=Verdict.DOUBTFUL,
    scope=Scope.PYPI,
).for_plan
def _check_size(plan: Plan) -> Iterator[Finding]:
    """Compare with the usual limit, once the index was asked, unless the listing proves a higher one."""
    for distribution in plan.distributions if plan.now else ():
        listing = plan.published.get(distribution.project)
        files = listing.files if listing else {}
        is_raised = distribution.filename in files or any((file.size or 0) > USUAL_LIMIT for file in files.values())
        if distribution.size > USUAL_LIMIT and not is_raised:
            message = "PyPI allows 100 MiB per file, unless it has raised the limit of the project."
            yield found(message, filename=distribution.filename)


@Rule(
    id="published-newer-version",
    title="Older than the published version",
    why="Installers choose the newest version: this one is installed only on request.",
    fix="Increase the version, unless this is a release of an older series.",
    sources=("PEP 440",),
    verdict=Verdict.ACCEPTED,
    scope=Scope.UNIVERSAL,
).for_plan
def _check_version(plan: Plan) -> Iterator[Finding]:
    """Compare new final versions with the newest final one."""
    for distribution, _, releases in _list_new(plan):
        newest = max((version for version in releases if version and not version.is_prerelease), default=None)
        is_new = distribution.version not in releases and not distribution.version.is_prerelease
        if newest and is_new and distribution.version < newest:
            message = f"The version `{distribution.version}` is older than `{newest}`, which is published."
            yield found(message, filename=distribution.filename)


def _list_new(plan: Plan) -> Iterator[tuple[Distribution, Listing, Releases]]:
    """Yield each file that the index does not have, with the listing of its project."""
    releases = {project: _group_by_version(listing) for project, listing in plan.published.items()}
    for distribution in plan.distributions:
        listing = plan.published.get(distribution.project)
        if listing and distribution.filename not in listing.files:
            yield distribution, listing, releases[distribution.project]


def _group_by_version(listing: Listing) -> Releases:
    """Return the files of each release by name; none if the project is closed: that finding suffices."""
    releases: defaultdict[Version | None, dict[str, ListedFile]] = defaultdict(dict)
    for name, file in listing.files.items() if listing.status not in _CLOSED else ():
        releases[find_version(name)][name] = file
    return releases
