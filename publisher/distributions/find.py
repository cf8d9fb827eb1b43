"""Find the files that look like distributions, without opening them."""

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from publisher.distributions.filename import is_candidate
from publisher.distributions.model import Found
from publisher.errors import NestedDistributions, NothingToPublish, Problem, SettingsError

_REMEDY = (
    "Write a path relative to the workspace, such as `dist`; `${{ github.workspace }}` is another directory inside the "
    "container. To publish files from elsewhere, copy them into the workspace first."
)


def split_lines(text: str) -> tuple[str, ...]:
    """Return the non-blank lines of an input, stripped."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def find_distributions(workspace: Path, patterns: tuple[str, ...]) -> Found:
    """Find the distributions that the lines of `packages-dir` select.

    A line is a directory, a file, or a glob pattern. A directory, also one that a pattern matches, stands for the files
    directly in it. Raise `SettingsError` for all lines that lead out of the workspace or cannot be listed. Files whose
    names begin with a dot are never candidates.
    """
    problems: list[Problem] = []
    missing: list[str] = []
    entries: dict[tuple[str, str], Path] = {}
    nested: dict[tuple[str, str], Path] = {}
    for pattern in dict.fromkeys(patterns):
        try:
            directories, selected = _match(workspace, pattern)
            if _leads_outside(workspace, pattern, [*directories, *(entry.parent for entry in selected)]):
                outside = f"is `{pattern}`, which leads out of the workspace"
                problems.append(Problem("packages-dir", outside, _REMEDY))
                continue
            found = [*selected, *(entry for directory in directories for entry in directory.iterdir())]
        except (OSError, RecursionError) as error:
            reason = error.strerror if isinstance(error, OSError) else "the directories are nested too deeply"
            problems.append(Problem("packages-dir", f"cannot be listed ({reason}): {pattern}"))
            continue
        if not directories and not selected:
            missing.append(pattern)
        entries = _index(found) | entries
        if directories == [workspace / pattern]:
            nested |= _index(file for entry in found for file in _list_nested(entry, workspace))
    if problems:
        raise SettingsError(tuple(problems))
    ordered = sorted(entries.values())
    visible = [entry for entry in ordered if not entry.name.startswith(".")]
    candidates = tuple(entry for entry in visible if is_candidate(entry.name))
    attestations = tuple(entry for entry in visible if entry.name.endswith(".attestation"))
    ignored = tuple(entry for entry in ordered if entry not in {*candidates, *attestations})
    left_behind = sorted(path for key, path in nested.items() if key not in entries)
    return Found(candidates, attestations, ignored, tuple(missing), tuple(left_behind))


def check_found(found: Found, workspace: Path, patterns: tuple[str, ...]) -> None:
    """Raise `NestedDistributions` or `NothingToPublish` if the user cannot have meant the files found."""
    if found.nested:
        # Resolved, because the workspace and the input may name one place by different links.
        root = workspace.resolve()
        nested = [path.parent.parent.resolve().relative_to(root).joinpath(*path.parts[-2:]) for path in found.nested]
        directory = nested[0].parent.parent
        raise NestedDistributions(str(directory), tuple(map(str, nested)), f"{directory}/*")
    if found.missing or not found.candidates:
        raise NothingToPublish(patterns, found.missing, tuple(path.name for path in found.ignored))


def _match(workspace: Path, pattern: str) -> tuple[list[Path], list[Path]]:
    """Return the directories that a line of `packages-dir` selects, and the other entries."""
    place = workspace / pattern
    if os.path.isdir(place):  # noqa: PTH112 -- unlike Path.is_dir, returns False without permission
        return [place], []
    if os.path.lexists(place):
        return [], [place]
    # Unlike `Path.glob`, this ignores hidden files, as shells do.
    matches = [workspace / match for match in glob.glob(pattern, root_dir=workspace, recursive=True)]  # noqa: PTH207
    directories = {match for match in matches if pattern.endswith("/") or _is_plain_directory(match)}
    return sorted(directories), [match for match in matches if match not in directories]


def _leads_outside(workspace: Path, pattern: str, directories: Iterable[Path]) -> bool:
    # Links among the entries are checked when they are read; this is about the line itself.
    root = os.path.realpath(workspace)
    written = Path(os.path.normpath(workspace / pattern))
    is_written_inside = any(written.is_relative_to(inside) for inside in (root, os.path.normpath(workspace)))
    return not is_written_inside or any(not Path(os.path.realpath(each)).is_relative_to(root) for each in directories)


def _list_nested(entry: Path, workspace: Path) -> list[Path]:
    """Return the wheels and sdists in a subdirectory, none if it is hidden, not listable, or outside the workspace."""
    if entry.name.startswith(".") or not _is_plain_directory(entry):
        return []
    if not Path(os.path.realpath(entry)).is_relative_to(os.path.realpath(workspace)):
        return []
    try:
        files = list(entry.iterdir())
    except OSError:
        return []
    # Unlike directly in `packages-dir`, a .zip is more likely not meant to be a distribution.
    named = [file for file in files if file.name[0] != "." and file.name.lower().endswith((".whl", ".tar.gz"))]
    return [file for file in named if file.is_file()]


def _is_plain_directory(path: Path) -> bool:
    """Return whether a path is a directory; one named like a distribution is a candidate, and a mistake."""
    return os.path.isdir(path) and not is_candidate(path.name)  # noqa: PTH112 -- as above


def _index(paths: Iterable[Path]) -> dict[tuple[str, str], Path]:
    """Return paths by what identifies them, however they are written."""
    return {(os.path.realpath(path.parent), path.name): path for path in paths}
