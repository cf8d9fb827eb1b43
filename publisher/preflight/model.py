"""What preflight checks, and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from packaging.utils import NormalizedName
from packaging.version import Version

from publisher.attestations.files import AttestationFile
from publisher.distributions.model import Distribution, Unreadable
from publisher.index.simple_api import Listing


class Profile(StrEnum):
    """Whose rules apply: all of PyPI's, or only those that hold for every index."""

    PYPI = "pypi"
    BASIC = "basic"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be published, and what the user expects of it.

    `is_strict` is the input `verify-metadata`: if False, only what makes an upload impossible is an error.
    `expected_version` and `expected_projects` are the inputs of these names; None and empty if not given. Messages show
    paths relative to `workspace`. `published` has the listing of each project that could be read, empty before the
    index was asked at `now` (Unix time). `tagged_version` is the version in the tag that started the run, None without
    one.
    """

    distributions: tuple[Distribution, ...]
    unreadable: tuple[Unreadable, ...] = ()
    profile: Profile = Profile.PYPI
    is_strict: bool = True
    expected_version: Version | None = None
    expected_projects: frozenset[NormalizedName] = frozenset()
    workspace: Path | None = None
    published: Mapping[NormalizedName, Listing] = field(default_factory=dict)
    now: float = 0.0
    tagged_version: Version | None = None
    attestation_files: tuple[AttestationFile, ...] = ()

    @property
    def files(self) -> tuple[Distribution | Unreadable, ...]:
        """Return all files, readable ones first."""
        return (*self.distributions, *self.unreadable)


class Severity(StrEnum):
    """An error stops the run before the first request; after a warning, the index decides."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found wrong with one distribution, or with the plan as a whole if `filename` is None.

    `rule` and `title` are those of the rule. `message` quotes the offending value in backticks; `remedy` says what to
    change. Both are raw: `report` escapes them. `may_be_refused` is False if the index accepts the file. `value` is the
    offending value of a warning that can still be settled.
    """

    rule: str
    severity: Severity
    message: str
    remedy: str
    filename: str | None = None
    may_be_refused: bool = True
    value: str = ""
    title: str = ""
