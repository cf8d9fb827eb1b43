"""The steps of a release. Each finds out what is done already, so that all of them can be run again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.release.git import Repository
from scripts.release.image import (
    Build,
    build_labels,
    build_platform,
    check_index,
    check_tag,
    format_platform_tag,
    join_platforms,
    read_existing,
    read_platforms,
    tag_image,
)
from scripts.release.sources import (
    ACTION,
    CHANGELOG,
    DIGEST,
    PROGRAM,
    PROJECT,
    check_sources,
    find_newest,
    name_image,
)
from scripts.release.version import Refusal, Version, check_order, find_moves


@dataclass(frozen=True, slots=True)
class Release:
    """Where a release is made: the clone, the image's name, and the platforms."""

    repository: Repository
    image: str
    platforms: Sequence[str]

    def plan(self, requested: str) -> Version | None:
        """Return the version to release from HEAD, or None if there is nothing to release; raise `Refusal`."""
        commit = self.repository.read_head()
        files = {path: self.repository.read_file(commit, path) for path in (CHANGELOG, PROGRAM, PROJECT)}
        version = Version.parse(requested) if requested else find_newest(files[CHANGELOG])
        if version is None:
            return None
        tags = self.repository.read_tags()
        if version.tag in tags:
            if self.repository.read_parents(tags[version.tag]) == [commit]:
                return version  # an earlier run has tagged this release; what is missing is done now
            if not requested:
                return None
        check_order(version, tags)
        check_sources(version, files)
        if not self.repository.has_on_main(commit):
            raise Refusal(f"The commit {commit} is not on main. Merge it first.")
        return version

    def build(self, version: Version, platform: str, repository_url: str, flags: Sequence[str] = ()) -> str:
        """Build and push the image of HEAD for one platform; return its digest; raise `Refusal`."""
        commit = self.repository.read_head()
        reference = f"{self.image}:{format_platform_tag(commit, platform)}"
        labels = build_labels(version, commit, repository_url)
        build = Build(self.repository.path, self.repository.read_time(commit), labels, flags)
        return build_platform(reference, platform, build)

    def join(self) -> tuple[str, dict[str, str]]:
        """Join what was built from HEAD to one index; return its digest and the platforms'; raise `Refusal`."""
        commit = self.repository.read_head()
        platforms = read_platforms(self.image, commit, self.platforms)
        return join_platforms(self.image, commit, platforms), platforms

    def commit(self, version: Version, digest: str) -> str:
        """Push the release commit to a branch of its own and return it; raise `Refusal`."""
        commit = self._write_commit(version, self.repository.read_head(), digest)
        candidate = format_candidate(version)
        self.repository.push(commit, {candidate: self.repository.read_ref(candidate)})
        return commit

    def publish(self, version: Version, commit: str) -> list[str]:
        """Tag image and commit, move the tags that follow; return the tags that were set; raise `Refusal`."""
        digest = self._check_commit(version, commit)
        check_tag(self.image, digest, version.tag)
        tags = self.repository.read_tags()
        moves = find_moves(version, commit, tags)
        if tags.get(version.tag) != commit:
            check_order(version, tags)
            moves = [version.tag, *moves]
        if moves:
            self.repository.push(commit, {f"refs/tags/{name}": tags.get(name, "") for name in moves})
        tag_image(self.image, digest, version.tag)
        self.repository.delete(format_candidate(version))
        return moves

    def _write_commit(self, version: Version, source: str, digest: str) -> str:
        action = name_image(self.repository.read_file(source, ACTION), f"{self.image}@{digest}")
        return self.repository.write_commit(source, ACTION, action, f"release: {version.tag}")

    def _check_commit(self, version: Version, commit: str) -> str:
        """Return the digest that a release commit names; raise `Refusal` if it is not what was built and tested."""
        source = next(iter(self.repository.read_parents(commit)), commit)
        named = DIGEST.search(self.repository.read_file(commit, ACTION))
        digest = named[0] if named else "no digest"
        if self._write_commit(version, source, digest) != commit:
            raise Refusal(
                f"{commit} is not the release commit of {version.tag}, which only names the image in {ACTION}."
            )
        index = read_existing(f"{self.image}@{digest}")
        check_index(index, digest, read_platforms(self.image, source, self.platforms))
        return digest


def format_candidate(version: Version) -> str:
    """Return the branch that holds the release commit until it is tagged."""
    return f"refs/heads/release-candidate/{version.tag}"
