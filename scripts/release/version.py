"""Versions, and whether one may be released."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, Self

_VERSION = re.compile(r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)


class Refusal(Exception):
    """The release cannot go on; the text says why and what to do."""


class Version(NamedTuple):
    """A final version."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the version in `1.2.3` or `v1.2.3`; raise `Refusal`."""
        match = _VERSION.fullmatch(text)
        if match is None:
            raise Refusal(f"`{text}` is not a version such as 1.2.3.")
        return cls(*map(int, match.groups()))

    @property
    def number(self) -> str:
        """Return `1.2.3`."""
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def tag(self) -> str:
        """Return the tag of the release, which never moves."""
        return f"v{self.number}"

    @property
    def moving_tags(self) -> tuple[str, str]:
        """Return the tags that follow the newest release."""
        return f"v{self.major}.{self.minor}", f"v{self.major}"


def find_released(tags: Mapping[str, str]) -> dict[Version, str]:
    """Return the commit of each released version."""
    return {Version.parse(tag): at for tag, at in tags.items() if tag.startswith("v") and _VERSION.fullmatch(tag)}


def check_order(version: Version, tags: Mapping[str, str]) -> None:
    """Raise `Refusal` unless the version is newer than all that are released."""
    released = find_released(tags)
    if version in released:
        raise Refusal(
            f"{version.tag} is already released, from commit {released[version]}. "
            "A released version never changes: release the next one."
        )
    newest = max(released, default=version)
    if newest > version:
        raise Refusal(
            f"{version.tag} is older than the newest release, {newest.tag}. Release a version after {newest.tag}."
        )


def check_ref(ref: str) -> None:
    """Raise `Refusal` unless the workflow runs on main, which is what users verify the image against."""
    if ref != "refs/heads/main":
        raise Refusal(f"Start the workflow on `main`, not on `{ref}`: attestations name the ref.")


def find_moves(version: Version, commit: str, tags: Mapping[str, str]) -> list[str]:
    """Return the moving tags that have to be set to `commit`, which is never a step back; raise `Refusal`."""
    released = find_released(tags)
    moves = []
    for name in version.moving_tags:
        current = tags.get(name)
        there = [each for each, its_commit in released.items() if its_commit == current]
        if current and current != commit and not there:
            raise Refusal(
                f"The tag {name} is at commit {current}, which is not a release. Find out who moved it, then delete it."
            )
        if current != commit and max(there, default=version) <= version:
            moves.append(name)
    return moves
