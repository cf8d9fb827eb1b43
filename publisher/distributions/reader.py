"""Read the files that users give us: the only module that opens them."""

from __future__ import annotations

import errno
import io
import os
import stat
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from publisher.distributions.archives.contents import inspect_licenses
from publisher.distributions.archives.damage import ArchiveError
from publisher.distributions.archives.seen import Memory
from publisher.distributions.archives.tarball import read_sdist
from publisher.distributions.archives.wheel import read_wheel
from publisher.distributions.filename import FilenameError, WheelName, parse_filename
from publisher.distributions.hashing import hash_file
from publisher.distributions.metadata import MetadataError, parse_metadata
from publisher.distributions.model import Distribution, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

T = TypeVar("T")

SMALL = 1 << 20
"""Bytes of a file that is read at once, and whose hashing does not take long enough to be shared out."""

# Opening must not wait for the other end of a FIFO, nor follow a link put there after the path was judged.
_HOW_TO_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC

_NOT_REGULAR = "it is not a regular file"


class _Unusable(Exception):
    """What lies there is no file that we may read; `str()` is a full clause."""


def _go_on() -> None:
    """Pause for nothing."""


class Reader(Generic[T]):
    """Reads files of one workspace, one after the other or in several threads and forks.

    Each that can be read is handed to `judge`, where it was read, with what that has to call between its steps; what it
    makes of it is the result.
    """

    def __init__(self, workspace: Path, judge: Callable[[Distribution, Callable[[], None]], T]) -> None:
        self._opener = _Opener(workspace)
        self._memory = Memory()
        self._judge = judge
        # Threads compute in turns anyway; one after the other, they find in the caches what the one before left there.
        self._turn = threading.Lock()

    def read(self, path: Path, pause: Callable[[], None] = _go_on) -> T | Unreadable:
        """Read, hash and judge a candidate. `pause` is called between pieces and may raise."""
        try:
            with self._opener.open(path) as file:
                distribution = _read_file(path, file, self._memory, pause)
        except (_Unusable, FilenameError, ArchiveError) as error:
            return Unreadable(path, path.name, str(error))
        except MetadataError as error:
            return Unreadable(path, path.name, f"its metadata cannot be used: {error}")
        except OSError as error:
            reason = f"it cannot be read: {error.strerror or type(error).__name__}"
            return Unreadable(path, path.name, reason)
        with self._turn:
            return self._judge(distribution, pause)


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


def _read_file(path: Path, file: BinaryIO, memory: Memory, pause: Callable[[], None]) -> Distribution:
    pause()
    status = os.fstat(file.fileno())
    if not status.st_size:
        raise _Unusable("it is empty")
    name = parse_filename(path.name)
    source = io.BytesIO(file.read(status.st_size)) if status.st_size < SMALL else file
    if isinstance(name, WheelName):
        contents = read_wheel(source, name.dist_info, pause, memory)
    else:
        contents = read_sdist(source, pause)
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
        inspection=inspect_licenses(contents, metadata.all("License-File")),
    )
