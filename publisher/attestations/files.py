"""Attestations, and the files that users supply: attestations beside distributions, a client trust configuration."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.distributions.model import Distribution
from publisher.errors import Problem, SettingsError

if TYPE_CHECKING:
    from publisher.attestations.sigstore import Trust

SIZE_LIMIT = 1 << 20  # bytes of a file, which is parsed in memory; real ones have about ten thousand


class Predicate(StrEnum):
    """The predicate types that indexes accept, at most one attestation of each per file."""

    PUBLISH = "https://docs.pypi.org/attestations/publish/v1"
    SLSA = "https://slsa.dev/provenance/v1"


@dataclass(frozen=True, slots=True)
class Attestation:
    """One PEP 740 attestation object as JSON; `log_url` shows its entry in the transparency log, if known."""

    text: str
    predicate: Predicate
    log_url: str | None = None


Attestations = Mapping[str, tuple[Attestation, ...]]  # attestations by the file name of their distribution


@dataclass(frozen=True, slots=True)
class AttestationFile:
    """A file named `<distribution>.<anything>.attestation`: its attestation, or the `problem` with it, a clause.

    `distribution` is a file name, None if no such distribution is published.
    """

    filename: str
    distribution: str | None
    attestation: Attestation | None
    problem: str | None

    @property
    def is_replaceable(self) -> bool:
        """Whether this run can sign a substitute: it makes publish attestations, and no others."""
        return self.filename.endswith(".publish.attestation")


def read_attestation_files(
    paths: Iterable[Path], workspace: Path, distributions: Sequence[Distribution]
) -> tuple[AttestationFile, ...]:
    """Read and parse attestation files in the order of their names."""
    by_name = {each.filename: each for each in distributions}
    files: list[AttestationFile] = []
    seen: set[tuple[str, Predicate]] = set()
    for path in sorted(paths, key=lambda each: each.name):
        owner = path.name.removesuffix(".attestation").rpartition(".")[0]
        distribution = by_name.get(owner)
        result = _read_attestation(path, workspace, distribution) if distribution else "it belongs to no distribution"
        if isinstance(result, Attestation) and (owner, result.predicate) in seen:
            result = f"the distribution has another attestation of the type `{result.predicate}`"
        if isinstance(result, Attestation):
            seen.add((owner, result.predicate))
            files.append(AttestationFile(path.name, owner, result, None))
        else:
            files.append(AttestationFile(path.name, owner if distribution else None, None, result))
    return tuple(files)


def collect_attestations(files: Iterable[AttestationFile]) -> Attestations:
    """Group the usable attestations by distribution."""
    usable: defaultdict[str, tuple[Attestation, ...]] = defaultdict(tuple)
    for file in files:
        if file.distribution is not None and file.attestation is not None:
            usable[file.distribution] += (file.attestation,)
    return usable


def read_trust_config(path: Path) -> Trust:
    """Read a client trust configuration; raise `SettingsError` if it cannot be used."""
    from publisher.attestations.sigstore import parse_trust_config  # noqa: PLC0415 -- takes half a second

    content = _read(path)
    trust = content if isinstance(content, str) else parse_trust_config(content)
    if isinstance(trust, str):
        raise SettingsError((Problem("sigstore-trust-config", f"names a file that cannot be used: {trust}"),))
    return trust


def _read_attestation(path: Path, workspace: Path, distribution: Distribution) -> Attestation | str:
    from publisher.attestations.sigstore import parse_attestation  # noqa: PLC0415 -- takes half a second

    target = Path(os.path.realpath(path))
    if not target.is_relative_to(workspace.resolve()):
        return "it is a symbolic link that leads out of the workspace"
    content = _read(target)
    return content if isinstance(content, str) else parse_attestation(content, distribution)


def _read(path: Path) -> bytes | str:
    """Return the content, or a clause about the problem."""
    try:
        # Opening a FIFO would block.
        if path.exists() and not path.is_file():
            return "it is not a regular file"
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        return f"it cannot be opened: {error.strerror}"
    return content if len(content) <= SIZE_LIMIT else f"it is larger than {SIZE_LIMIT} bytes"
