"""Find and read the files that users give us: the only module that opens them."""

from __future__ import annotations

import asyncio
import errno
import glob
import io
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.distributions.archive import Contents, inspect_licences, read_wheel
from publisher.distributions.damage import ArchiveError
from publisher.distributions.filename import FilenameError, SdistName, WheelName, is_candidate, parse_filename
from publisher.distributions.forks import Fork, can_fork, share_out
from publisher.distributions.hashing import hash_file
from publisher.distributions.metadata import MetadataError, parse_metadata
from publisher.distributions.model import Distribution, Found, Unreadable
from publisher.distributions.tarball import read_sdist
from publisher.errors import Cancelled, Problem, SettingsError
from publisher.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

_SMALL = 1 << 20
"""Bytes of a file that is read at once, and whose hashing does not take long enough to be shared out."""

# Opening must not wait for the other end of a FIFO, nor follow a link put there after the path was judged.
_HOW_TO_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


_NOT_REGULAR = "it is not a regular file"


class _Unusable(Exception):
    """What lies there is no file that we may read; `str()` is a full clause."""


@dataclass(frozen=True, slots=True)
class _Line:
    """What one line of `packages-dir` matches: `directories` are looked into, `entries` are taken as they are."""

    directories: tuple[Path, ...] = ()
    entries: tuple[Path, ...] = ()


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
    for pattern in patterns:
        line = _match(workspace, pattern)
        if _leads_outside(workspace, pattern, line):
            problems.append(Problem("packages-dir", f"leads out of the workspace: {pattern}"))
            continue
        if line == _Line():
            missing.append(pattern)
        try:
            found = [*line.entries, *(entry for directory in line.directories for entry in directory.iterdir())]
        except OSError as error:
            problems.append(Problem("packages-dir", f"cannot be listed ({error.strerror}): {pattern}"))
            continue
        for entry in found:
            entries.setdefault((resolve(entry.parent), entry.name), entry)
    if problems:
        raise SettingsError(tuple(problems))
    return _sort_out(sorted(entries.values()), tuple(missing))


async def read_distributions(
    candidates: Sequence[Path], *, workspace: Path, processors: int, stopped: Callable[[], bool]
) -> tuple[Distribution | Unreadable, ...]:
    """Read, check and hash every candidate, on so many processors; what is returned is in the order given.

    `stopped` is asked from threads every few milliseconds; once it says yes, `Cancelled` is raised.
    """
    abandoned = threading.Event()

    def pause() -> None:
        if abandoned.is_set() or stopped():
            raise Cancelled("reading distributions")

    def read(paths: Sequence[Path]) -> list[Distribution | Unreadable]:
        opener = _Opener(workspace)
        return [_read(path, opener, pause) for path in paths]

    small, large = _sort_by_size(candidates)
    # Before there are threads: a process is forked while it has only one.
    own, *others = share_out(small, processors if can_fork() else 1)
    forks = [Fork(partial(read, share)) for share in others]
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(processors) as pool:
        try:
            here = [loop.run_in_executor(pool, read, share) for share in (own, *([path] for path in large))]
            shares = await asyncio.gather(*here, *(fork.result() for fork in forks))
            files = {file.path: file for share in shares for file in share}
            return tuple(files[path] for path in candidates)
        finally:
            for fork in forks:
                fork.stop()
            # Leaving the pool waits for its threads: they must not go on hashing what nobody wants any more.
            abandoned.set()


def _sort_by_size(candidates: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Part the small files from the large ones, each of which is worth a thread.

    Threads hash side by side, but everything else they do in turns, and taking turns over many small files costs more
    time than their hashing.
    """
    small: list[Path] = []
    large: list[Path] = []
    for path in candidates:
        try:
            size = path.stat().st_size
        except OSError:
            size = 0
        (small if size < _SMALL else large).append(path)
    return small, large


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


def _read(path: Path, opener: _Opener, pause: Callable[[], None]) -> Distribution | Unreadable:
    try:
        with opener.open(path) as file:
            return _read_file(path, file, pause)
    except (_Unusable, FilenameError, ArchiveError) as error:
        reason = str(error)
    except MetadataError as error:
        reason = f"its metadata cannot be used: {error}"
    except OSError as error:
        reason = f"it cannot be read: {error.strerror or type(error).__name__}"
    return Unreadable(path, path.name, reason)


class _Opener:
    """Opens regular files inside the workspace, whichever links lead to them; looks once where a directory is."""

    def __init__(self, workspace: Path) -> None:
        self._root = os.path.realpath(workspace)
        self._resolve = cache(os.path.realpath)

    def open(self, path: Path) -> BinaryIO:
        """Open a file; raise `_Unusable` where it is none that we may read."""
        try:
            descriptor = os.open(self._find(path), _HOW_TO_OPEN)
        except OSError as error:
            if error.errno == errno.ENXIO:  # a socket
                raise _Unusable(_NOT_REGULAR) from error
            raise
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode):
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
        raise _Unusable("it is a directory" if stat.S_ISDIR(mode) else _NOT_REGULAR)

    def _find(self, path: Path) -> Path:
        is_link = path.is_symlink()
        target = Path(os.path.realpath(path)) if is_link else Path(self._resolve(path.parent), path.name)
        if not target.is_relative_to(self._root):
            raise _Unusable("it is a symbolic link that leads out of the workspace")
        if is_link and not os.path.lexists(target):
            raise _Unusable("it is a symbolic link to nothing")
        return target


def _read_file(path: Path, file: BinaryIO, pause: Callable[[], None]) -> Distribution:
    pause()
    status = os.fstat(file.fileno())
    if not status.st_size:
        raise _Unusable("it is empty")
    name = parse_filename(path.name)
    source = io.BytesIO(file.read(status.st_size)) if status.st_size < _SMALL else file
    contents = _read_contents(name, source, pause)
    metadata = parse_metadata(contents.metadata)
    digests = hash_file(source, pause)
    after = os.fstat(file.fileno())
    if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
        raise _Unusable("it changed while it was read")
    return Distribution(
        path=path,
        filename=path.name,
        kind=name.kind,
        project=name.project,
        version=name.version,
        python_tag=name.python_tag,
        size=status.st_size,
        modified_ns=status.st_mtime_ns,
        digests=digests,
        metadata=metadata,
        inspection=inspect_licences(contents, metadata.all("License-File")),
    )


def _read_contents(name: WheelName | SdistName, file: BinaryIO, pause: Callable[[], None]) -> Contents:
    if isinstance(name, WheelName):
        return read_wheel(file, name.dist_info, pause)
    return read_sdist(file, pause)
