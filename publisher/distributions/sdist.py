"""Read an sdist: its metadata, and what is odd about the archive."""

import gzip
import posixpath
import tarfile
import zlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import BinaryIO, cast

from publisher.distributions.inspection import (
    SOURCE_LIMIT,
    TEXT_LIMIT,
    Anomalies,
    Anomaly,
    ArchiveError,
    Contents,
    Inspection,
    describe,
    find_obfuscator,
    is_escaping,
    is_source,
    join_paths,
)
from publisher.distributions.zip_framing import is_zip

# Bytes that are unpacked: a few megabytes of gzip can expand without end. The rest is not examined.
UNPACKED_LIMIT = 4 << 30

# Bytes of headers, because `tarfile` keeps an object per member. The rest is not examined.
HEADERS_LIMIT = 128 << 20

_PIECE = 256 << 10
_LINKS_LIMIT = 40
_LINK_LIMIT = 4096
_PROJECT = "pyproject.toml"

# All that `gzip` and `tarfile` are known to raise for damaged archives.
_DAMAGE = (tarfile.TarError, zlib.error, OSError, EOFError, ValueError, ArithmeticError, LookupError, RuntimeError)


class _BeyondLimit(Exception):
    """More would be read than the limits allow."""


class _Unpacked:
    """The unpacked archive for `tarfile`, which trusts the sizes in headers; `left` is what it may still read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = gzip.GzipFile(fileobj=file)
        self.left = HEADERS_LIMIT
        self.tell = self._file.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self.left:
            raise _BeyondLimit
        self.left -= size
        return self._file.read(size)

    def seek(self, position: int) -> int:
        if position > UNPACKED_LIMIT:
            raise _BeyondLimit
        return self._file.seek(position)

    def check_end(self, notes: Anomalies) -> None:
        """Read to the end, where gzip keeps length and checksum."""
        try:
            while self.tell() < UNPACKED_LIMIT and self._file.read(_PIECE):
                pass
        except (OSError, EOFError, zlib.error) as error:
            # gzip(1) and the index ignore garbage after the last gzip stream.
            if not str(error).startswith("Not a gzipped file"):
                notes.setdefault(Anomaly.DAMAGED_END, describe(error))


def read_sdist(file: BinaryIO) -> Contents:
    """Read an sdist; raise `ArchiveError` unless it has one `PKG-INFO` directly in its top directory."""
    notes: Anomalies = {Anomaly.POLYGLOT: "zip"} if is_zip(file) else {}
    file.seek(0)
    unpacked = _Unpacked(file)
    source = cast("BinaryIO", unpacked)
    try:
        with tarfile.open(mode="r:", fileobj=source, encoding="utf-8", errors="surrogateescape") as archive:
            return _Sdist(archive, unpacked, notes).read()
    except _BeyondLimit:
        raise ArchiveError("it has no `PKG-INFO` in the part that is examined") from None
    except _DAMAGE as error:
        raise ArchiveError(f"it cannot be read as a gzip-compressed tar archive: {describe(error)}") from error


class _Sdist:
    """An open sdist."""

    def __init__(self, archive: tarfile.TarFile, unpacked: _Unpacked, notes: Anomalies) -> None:
        self._archive = archive
        self._unpacked = unpacked
        self._notes = notes
        self._paths: dict[str, None] = {}
        self._found: dict[str, tarfile.TarInfo] = {}
        self._links: dict[str, str] = {}
        self._texts: dict[str, bytes] = {}

    def read(self) -> Contents:
        is_whole = self._walk()
        if is_whole:
            self._unpacked.check_end(self._notes)
        if not (self._found or is_whole):
            raise _BeyondLimit
        if not self._found:
            raise ArchiveError("it has no `PKG-INFO` directly in its top directory")
        if len(self._found) > 1:
            raise ArchiveError(f"it has several metadata files: {join_paths(list(self._found))}")
        [(path, member)] = self._found.items()
        metadata = self._read_metadata(path, member)
        top = _find_top(list(self._paths), self._notes)
        if top and f"{top}/PKG-INFO" not in self._paths:
            self._notes.setdefault(Anomaly.METADATA_PLACE, f"{top}/PKG-INFO")
        if is_whole and top:
            self._check_tree(top)
        inspection = Inspection(self._notes, self._texts)
        return Contents(metadata, inspection, frozenset(self._paths) if is_whole else None, top)

    def _walk(self) -> bool:
        """Check every member; return False if there are more than the limits allow."""
        position = -1
        try:
            for member in self._archive:
                if member.offset <= position:
                    raise tarfile.ReadError("a member has a negative size")
                position = member.offset
                self._check(member, member.name.rstrip("/"))
        except _BeyondLimit:
            return False
        return True

    def _check(self, member: tarfile.TarInfo, path: str) -> None:
        inner = path.removeprefix("./").partition("/")[2]
        for anomaly, detail, is_found in (
            (Anomaly.SPARSE_MEMBER, path, _is_sparse(member)),
            (Anomaly.ESCAPING_MEMBER, path, is_escaping(path) or is_escaping(inner)),
            (Anomaly.SPECIAL_MEMBER, path, member.isdev()),
            (Anomaly.BAD_LINK, f"{path} → {member.linkname}", member.islnk() and member.linkname not in self._paths),
        ):
            if is_found:
                self._notes.setdefault(anomaly, detail)
        self._paths[path] = None
        if member.issym() and len(path) + len(member.linkname) <= _LINK_LIMIT:
            self._links[posixpath.normpath(path)] = member.linkname
        if _is_metadata(path) and (_is_regular(member) or _is_link(member)):
            self._found[path] = member  # Of two with one path, the second is what unpacking leaves.
        if not (_is_regular(member) and member.size <= SOURCE_LIMIT):
            return
        if is_source(path) and (obfuscator := find_obfuscator(self._unpack(member))):
            self._notes.setdefault(Anomaly.OBFUSCATED, f"{obfuscator}: {path}")
        if inner == _PROJECT:
            self._texts[inner] = self._unpack(member)

    def _check_tree(self, top: str) -> None:
        """Check whether the sdist can be built, and that its symbolic links lead to members below `top`."""
        paths = sorted(f"{posixpath.normpath(path)}/" for path in self._paths)
        if not (_is_present(f"{top}/{_PROJECT}", paths) or _is_present(f"{top}/setup.py", paths)):
            self._notes.setdefault(Anomaly.UNBUILDABLE, top)
        for path, written in self._links.items():
            # Installers strip the top directory before they unpack.
            target = posixpath.join(posixpath.dirname(path.partition("/")[2]), written)
            whole = posixpath.normpath(posixpath.join(top, target))
            if is_escaping(target) or not (_is_present(whole, paths) or _leads_through(whole, self._links)):
                self._notes.setdefault(Anomaly.BAD_LINK, f"{path} → {written}")

    def _read_metadata(self, path: str, member: tarfile.TarInfo) -> bytes:
        target: tarfile.TarInfo | None = member
        if _is_link(member):
            members = {posixpath.normpath(each.name): each for each in self._archive.getmembers()}
            target = _follow_links(member, members)
        if target is None:
            raise ArchiveError(f"its `{path}` is a link, but not to a regular file in the archive")
        if target.size > TEXT_LIMIT:
            raise ArchiveError(f"its `{path}` is larger than {TEXT_LIMIT >> 20} MiB")
        return self._unpack(target)

    def _unpack(self, member: tarfile.TarInfo) -> bytes:
        left, self._unpacked.left = self._unpacked.left, member.size
        with cast("BinaryIO", self._archive.extractfile(member)) as source:
            data = source.read(member.size)
        self._unpacked.left = left
        return data


def _is_sparse(member: tarfile.TarInfo) -> bool:
    return member.issparse() or any(key.startswith("GNU.sparse.") for key in member.pax_headers)


def _is_regular(member: tarfile.TarInfo) -> bool:
    # tarfile can loop forever over the map of a sparse member.
    return member.isfile() and not member.issparse()


def _is_link(member: tarfile.TarInfo) -> bool:
    return member.issym() or member.islnk()


def _follow_links(member: tarfile.TarInfo, members: Mapping[str, tarfile.TarInfo]) -> tarfile.TarInfo | None:
    """Return the regular file that a link leads to, or None if it leads to anything else."""
    target: tarfile.TarInfo | None = member
    for _ in range(_LINKS_LIMIT):
        if target is None or not _is_link(target):
            break
        start = posixpath.dirname(target.name) if target.issym() else ""
        target = members.get(posixpath.normpath(posixpath.join(start, target.linkname)))
    return target if target is not None and _is_regular(target) else None


def _is_present(target: str, paths: Sequence[str]) -> bool:
    """Return whether a path or anything below it is among sorted paths, all with a slash at the end."""
    at = bisect_left(paths, f"{target}/")
    return any(path.startswith(f"{target}/") for path in paths[at : at + 1])


def _leads_through(target: str, links: Mapping[str, str]) -> bool:
    """Return whether a path or a directory above it is a symbolic link."""
    return any(part in links for part in accumulate(target.split("/"), posixpath.join))


def _is_metadata(path: str) -> bool:
    top, _, name = path.removeprefix("./").partition("/")
    return top not in {"", ".", ".."} and name == "PKG-INFO"


def _find_top(paths: list[str], notes: Anomalies) -> str:
    """Return the directory that all members share, or an empty string."""
    try:
        top = posixpath.commonpath(paths)
    except ValueError:
        is_absolute = paths[0].startswith("/")
        notes.setdefault(Anomaly.MIXED_PATHS, next(path for path in paths if path.startswith("/") != is_absolute))
        return ""
    if top not in {"", "/"}:
        return top
    outside = next(path for path in paths if posixpath.commonpath([paths[0], path]) == top)
    notes.setdefault(Anomaly.SEVERAL_TOPS, outside)
    return ""
