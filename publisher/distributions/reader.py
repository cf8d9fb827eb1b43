"""Read the files that users give us: the only module that opens them."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from publisher.distributions.archive import Contents, inspect_licences, read_wheel
from publisher.distributions.damage import ArchiveError
from publisher.distributions.filename import FilenameError, SdistName, WheelName, parse_filename
from publisher.distributions.forks import Fork, can_fork, share_out
from publisher.distributions.hashing import hash_file
from publisher.distributions.metadata import MetadataError, parse_metadata
from publisher.distributions.model import Distribution, Unreadable
from publisher.distributions.tarball import read_sdist
from publisher.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

T = TypeVar("T")

_SMALL = 1 << 20
"""Bytes of a file that is read at once, and whose hashing does not take long enough to be shared out."""

# Opening must not wait for the other end of a FIFO, nor follow a link put there after the path was judged.
_HOW_TO_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC

_NOT_REGULAR = "it is not a regular file"


class _Unusable(Exception):
    """What lies there is no file that we may read; `str()` is a full clause."""


async def read_distributions(
    candidates: Sequence[Path],
    judge: Callable[[Distribution, Callable[[], None]], T],
    *,
    workspace: Path,
    processors: int,
    stopped: Callable[[], bool],
) -> tuple[T | Unreadable, ...]:
    """Read, check and hash every candidate, on so many processors; what is returned is in the order given.

    Each that can be read is handed to `judge`, in the very process, with what it has to call between its steps; what
    that makes of it is returned. `stopped` is asked from threads every few milliseconds; once it says yes, `Cancelled`
    is raised.
    """
    reading = _Reading(workspace, judge, stopped)
    small, large = _sort_by_size(candidates)
    # Before there are threads: a process is forked while it has only one.
    own, *others = share_out(small, processors if can_fork() else 1)
    forks = [Fork(partial(reading.read, share)) for share in others]
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(processors) as pool:
        try:
            local = [own, *([path] for path in large)]
            here = [loop.run_in_executor(pool, reading.read, share) for share in local]
            shares = await asyncio.gather(*here, *(fork.result() for fork in forks))
            files = dict(zip(chain(*local, *others), chain(*shares), strict=True))
            return tuple(files[path] for path in candidates)
        finally:
            for fork in forks:
                fork.stop()
            # Leaving the pool waits for its threads: they must not go on hashing what nobody wants any more.
            reading.is_abandoned = True


class _Reading(Generic[T]):
    """What the shares of the work have in common."""

    def __init__(
        self, workspace: Path, judge: Callable[[Distribution, Callable[[], None]], T], stopped: Callable[[], bool]
    ) -> None:
        self.is_abandoned = False
        self._workspace = workspace
        self._judge = judge
        self._stopped = stopped
        # Threads compute in turns anyway; one after the other, they find in the caches what the one before left there.
        self._turn = threading.Lock()

    def read(self, paths: Sequence[Path]) -> list[T | Unreadable]:
        """Read a share."""
        opener = _Opener(self._workspace)
        return [self._judge_in_turn(_read(path, opener, self._pause)) for path in paths]

    def _judge_in_turn(self, file: Distribution | Unreadable) -> T | Unreadable:
        if isinstance(file, Unreadable):
            return file
        with self._turn:
            return self._judge(file, self._pause)

    def _pause(self) -> None:
        if self.is_abandoned or self._stopped():
            raise Cancelled("reading and checking the distributions")


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
