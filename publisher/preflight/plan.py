"""Everything preflight may look at: what was read, and what the user expects of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from publisher.distributions.model import Distribution, Unreadable


class Profile(StrEnum):
    """Whose rules apply: all of PyPI's, or only what no index could accept."""

    PYPI = "pypi"
    BASIC = "basic"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be published.

    `is_strict` is the input `verify-metadata`: without it, only what makes an upload impossible is an error.
    `expected_version` None and `expected_projects` empty: the user expects nothing in particular. `published` is what
    the index already has: per project, its files by name with their digests by algorithm; empty before it was asked.
    `workspace` is what paths are told relative to: people do not know where it lies in the container.
    `tagged_version` is what the tag of the run names, None: it runs for no tag, or for one that names no version.
    """

    distributions: tuple[Distribution, ...]
    unreadable: tuple[Unreadable, ...] = ()
    profile: Profile = Profile.PYPI
    is_strict: bool = True
    expected_version: Version | None = None
    expected_projects: frozenset[NormalizedName] = frozenset()
    workspace: Path | None = None
    published: Mapping[NormalizedName, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    tagged_version: Version | None = None
