"""Find the files that look like distributions; nothing is opened here."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.distributions.filename import is_candidate
from publisher.distributions.model import Found
from publisher.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class _Line:
    """What one line of `packages-dir` matches: `directories` are looked into, `entries` are taken as they are."""

    directories: tuple[Path, ...] = ()
    entries: tuple[Path, ...] = ()


def split_lines(text: str) -> tuple[str, ...]:
    """Return the lines of an input that has one thing on each; blank ones are none."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def find_distributions(workspace: Path, patterns: tuple[str, ...]) -> Found:
    """Look for distributions where the lines of `packages-dir` say.

    A line is a directory (what lies directly in it), a file, or a glob pattern; a pattern that ends in a slash stands
    for the directories it matches. Raise `SettingsError` for all lines that lead out of the workspace or cannot be
    listed. Files whose names begin with a dot are never candidates.
    """
    problems: list[Problem] = []
    missing: list[str] = []
    entries: dict[tuple[str, str], Path] = {}
    resolve = cache(os.path.realpath)
    for pattern in dict.fromkeys(patterns):
        try:
            line = _match(workspace, pattern)
            if _leads_outside(workspace, pattern, line):
                problems.append(Problem("packages-dir", f"leads out of the workspace: {pattern}"))
                continue
            found = [*line.entries, *(entry for directory in line.directories for entry in directory.iterdir())]
        except (OSError, RecursionError) as error:
            reason = error.strerror if isinstance(error, OSError) else "the directories are nested too deeply"
            problems.append(Problem("packages-dir", f"cannot be listed ({reason}): {pattern}"))
            continue
        if line == _Line():
            missing.append(pattern)
        for entry in found:
            entries.setdefault((resolve(entry.parent), entry.name), entry)
    if problems:
        raise SettingsError(tuple(problems))
    return _sort_out(sorted(entries.values()), tuple(missing))


def _match(workspace: Path, pattern: str) -> _Line:
    place = workspace / pattern
    if os.path.isdir(place):  # noqa: PTH112 -- unlike Path.is_dir, says no where it may not look
        return _Line(directories=(place,))
    if os.path.lexists(place):
        return _Line(entries=(place,))
    # Unlike `Path.glob`, this leaves hidden files alone, as shells do.
    found = glob.glob(pattern, root_dir=workspace, recursive=True)  # noqa: PTH207
    matches = tuple(workspace / match for match in found)
    if pattern.endswith("/"):
        return _Line(directories=matches)  # for such a pattern, glob gives directories only
    return _Line(entries=matches)


def _leads_outside(workspace: Path, pattern: str, line: _Line) -> bool:
    # A link among the entries is judged when it is read: here it is about where the line itself leads.
    root = os.path.realpath(workspace)
    written = os.path.normpath(workspace / pattern)
    places = [os.path.realpath(place) for place in (*line.directories, *(entry.parent for entry in line.entries))]
    is_written_inside = any(Path(written).is_relative_to(inside) for inside in (root, os.path.normpath(workspace)))
    return not is_written_inside or any(not Path(place).is_relative_to(root) for place in places)


def _sort_out(entries: Sequence[Path], missing: tuple[str, ...]) -> Found:
    candidates, attestations, ignored = [], [], []
    for entry in entries:
        if entry.name.startswith("."):
            ignored.append(entry)
        elif entry.name.endswith(".attestation"):
            attestations.append(entry)
        elif is_candidate(entry.name):
            candidates.append(entry)
        else:
            ignored.append(entry)
    return Found(tuple(candidates), tuple(attestations), tuple(ignored), missing)
