"""Open, hash, and read the files to publish."""

import hashlib
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from posixpath import basename
from typing import BinaryIO

from publisher.distributions.filename import FilenameError, parse_filename
from publisher.distributions.inspection import Anomaly, ArchiveError, Contents, Inspection, NotAFile
from publisher.distributions.metadata import MetadataError, parse_metadata
from publisher.distributions.model import Digests, Distribution, Fault, Kind, Unreadable
from publisher.distributions.sdist import read_sdist
from publisher.distributions.wheel import read_wheel

_WORKERS = 4
_PIECE = 64 << 10

# Do not wait for the other end of a FIFO, nor follow a link that appears after the path was checked.
_OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def read_distributions(paths: Sequence[Path], workspace: Path) -> list[Distribution | Unreadable]:
    """Read all candidates, in order. Symbolic links must stay inside the workspace."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(partial(_read, root=os.path.realpath(workspace)), paths))


def _read(path: Path, root: str) -> Distribution | Unreadable:
    try:
        with _open(path, root) as file:
            return _read_file(path, file)
    except FilenameError as error:
        reason, fault = str(error), Fault.NAME
    except ArchiveError as error:
        reason, fault = str(error), Fault.PLACE if isinstance(error, NotAFile) else Fault.CONTENT
    except MetadataError as error:
        reason, fault = f"its metadata cannot be used: {error}", Fault.CONTENT
    except OSError as error:
        reason, fault = f"it cannot be read: {error.strerror or type(error).__name__}", Fault.PLACE
    return Unreadable(path, path.name, reason, fault)


def _open(path: Path, root: str) -> BinaryIO:
    is_link = path.is_symlink()
    target = Path(os.path.realpath(path)) if is_link else Path(os.path.realpath(path.parent), path.name)
    if not target.is_relative_to(root):
        raise NotAFile("it is a symbolic link that leads out of the workspace")
    if is_link and not os.path.lexists(target):
        raise NotAFile("it is a broken symbolic link")
    descriptor = os.open(target, _OPEN_FLAGS)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise NotAFile("it is a directory" if stat.S_ISDIR(mode) else "it is not a regular file")


def _read_file(path: Path, file: BinaryIO) -> Distribution:
    status = os.fstat(file.fileno())
    if not status.st_size:
        raise ArchiveError("it is empty")
    name = parse_filename(path.name)
    contents = read_wheel(file, name.dist_info) if name.kind is Kind.WHEEL else read_sdist(file)
    metadata = parse_metadata(contents.metadata)
    digests = _compute_digests(file)
    after = os.fstat(file.fileno())
    if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
        raise ArchiveError("it changed while it was read")
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
        inspection=_check_licenses(contents, metadata.all("License-File")),
    )


def _compute_digests(file: BinaryIO) -> Digests:
    sha256, blake2b, md5 = hashlib.sha256(), hashlib.blake2b(digest_size=32), hashlib.md5(usedforsecurity=False)
    file.seek(0)
    while piece := file.read(_PIECE):
        for digest in (sha256, blake2b, md5):
            digest.update(piece)
    return Digests(sha256.hexdigest(), blake2b.hexdigest(), md5.hexdigest())


def _check_licenses(contents: Contents, license_files: Sequence[str]) -> Inspection:
    """Add the first `License-File` that the archive lacks to the anomalies, and a member of that name elsewhere."""
    paths, anomalies = contents.paths or (), dict(contents.inspection.anomalies)
    for path in (f"{contents.licenses}/{name}" for name in license_files if contents.paths is not None):
        if path not in paths:
            anomalies[Anomaly.MISSING_LICENSE] = path
            name = basename(path).lower()
            if elsewhere := sorted(each for each in paths if basename(each).lower() == name):
                anomalies[Anomaly.LICENSE_ELSEWHERE] = min(elsewhere, key=len)
            break
    return replace(contents.inspection, anomalies=anomalies)
