"""Read a wheel: its metadata, and what is odd about the archive."""

import base64
import csv
import hashlib
import io
import stat
import tarfile
import zipfile
from typing import BinaryIO

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
from publisher.distributions.zip_framing import DAMAGE, BoundedFile, check_framing

# Bytes that are read of all members, packed or unpacked: entries can share their data. The rest is not scanned.
READ_LIMIT = 1 << 30

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1

# The index refuses an archive that unpacks to more than this size and more than this many times its own.
_BOMB_SIZE, _BOMB_RATIO = 64 << 20, 50

_SHA256 = "sha256="
_TEXTS = ("WHEEL", "entry_points.txt")
_SCHEMES = {"purelib", "platlib", "headers", "scripts", "data"}
_PIECE = 256 << 10

# Problems of the framing that explain damaged members and wrong sizes.
_UNSOUND = {Anomaly.DIRECTORY_MISMATCH, Anomaly.EXTRA_FIELD, Anomaly.UNKNOWN_RECORD, Anomaly.TRUNCATED_RECORD}


def read_wheel(file: BinaryIO, dist_info: str) -> Contents:
    """Read a wheel whose name belongs to the directory `dist_info`; raise `ArchiveError` if it has no metadata.

    Without `METADATA` in that directory, the only one in any `.dist-info` directory is used.
    """
    notes: Anomalies = {}
    try:
        if _is_tar(file):
            notes.setdefault(Anomaly.POLYGLOT, "tar")
        with zipfile.ZipFile(BoundedFile(file)) as archive:
            check_framing(file, archive.infolist(), notes)
            return _Wheel(archive, dist_info, notes).read(file.seek(0, 2))
    except DAMAGE as error:
        raise ArchiveError(f"it cannot be read as a zip archive: {describe(error)}") from error


def _is_tar(file: BinaryIO) -> bool:
    """Return whether a file begins with a valid tar header."""
    file.seek(0)
    try:
        tarfile.TarInfo.frombuf(file.read(tarfile.BLOCKSIZE), "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class _Wheel:
    """An open wheel."""

    def __init__(self, archive: zipfile.ZipFile, dist_info: str, notes: Anomalies) -> None:
        self._archive = archive
        self._dist_info = dist_info
        self._members = archive.infolist()
        self._files = {member.filename: member for member in self._members if not member.filename.endswith("/")}
        self._notes = notes
        self._left = READ_LIMIT
        self._is_sound = _UNSOUND.isdisjoint(notes)

    def read(self, size: int) -> Contents:
        metadata = self._read_metadata()
        self._check_directory()
        self._check_ratio(size)
        record = self._files.get(f"{self._dist_info}/RECORD")
        data = None if record is None else self._read(record, TEXT_LIMIT)
        texts = self._check_files({} if data is None else self._check_record(data))
        paths = frozenset(member.filename for member in self._members)
        return Contents(metadata, Inspection(self._notes, texts), paths, f"{self._dist_info}/licenses")

    def _read_metadata(self) -> bytes:
        expected = f"{self._dist_info}/METADATA"
        every = [member for member in self._members if _is_metadata(member.filename)]
        found = [member for member in every if member.filename == expected] or every
        if not found:
            raise ArchiveError(f"it has no `{expected}`")
        if len(found) > 1:
            raise ArchiveError(f"it has several metadata files: {join_paths([member.filename for member in found])}")
        [member] = found
        path, method = member.filename, member.compress_type
        if not any(name.startswith(f"{self._dist_info}/") for name in self._files):  # a renamed wheel
            self._dist_info = path.partition("/")[0]
            self._notes.setdefault(Anomaly.OTHER_DIST_INFO, self._dist_info)
        if member.flag_bits & _ENCRYPTED:
            raise ArchiveError(f"its `{path}` is encrypted")
        if method not in _METHODS:
            raise ArchiveError(f"its `{path}` is neither stored nor deflated (method {method})")
        if max(member.file_size, member.compress_size) > TEXT_LIMIT:
            raise ArchiveError(f"its `{path}` is larger than {TEXT_LIMIT >> 20} MiB")
        with self._archive.open(member) as source:
            return source.read(TEXT_LIMIT)

    def _check_directory(self) -> None:
        """Check what the central directory alone reveals."""
        parents = {member.filename.rpartition("/")[0] for member in self._members}
        for member in self._members:
            path = member.filename
            top = path.partition("/")[0]
            for anomaly, detail, is_found in (
                (Anomaly.COMPRESSION, path, member.compress_type not in _METHODS),
                (Anomaly.ESCAPING_MEMBER, path, is_escaping(path)),
                (Anomaly.BAD_LINK, path, stat.S_ISLNK(member.external_attr >> 16)),
                (Anomaly.FILE_AND_DIRECTORY, path, path in parents),
                (Anomaly.SECOND_DIST_INFO, top, top.endswith(".dist-info") and top != self._dist_info),
                (Anomaly.DATA_PLACE, path, top.endswith(".data") and not self._is_data(path)),
            ):
                if is_found:
                    self._notes.setdefault(anomaly, detail)
        for name in ("WHEEL", "METADATA", "RECORD"):
            if (path := f"{self._dist_info}/{name}") not in self._files:
                self._notes.setdefault(Anomaly.MISSING_FILE, path)

    def _check_ratio(self, size: int) -> None:
        unpacked = sum(member.file_size for member in self._members)
        if self._is_sound and unpacked > _BOMB_SIZE and unpacked > _BOMB_RATIO * size:
            self._notes.setdefault(Anomaly.RATIO, str(unpacked // size))

    def _is_data(self, path: str) -> bool:
        """Return whether a path is the wheel's `.data` directory, one of its schemes, or below."""
        top, _, rest = path.partition("/")
        scheme, slash, _ = rest.partition("/")
        is_own = top == f"{self._dist_info.removesuffix('.dist-info')}.data"
        return is_own and (scheme in _SCHEMES if slash else path == f"{top}/")

    def _check_record(self, data: bytes) -> dict[str, tuple[str, str]]:
        """Compare the paths in `RECORD` with the members; return their digests and sizes as written."""
        signatures = {f"{self._dist_info}/RECORD.jws", f"{self._dist_info}/RECORD.p7s"}
        record: dict[str, tuple[str, str]] = {}
        absent = ""
        try:
            for row in csv.reader(io.StringIO(data.decode(), newline="")):
                if not row:
                    self._notes.setdefault(Anomaly.RECORD_BLANK_LINE, "")
                    continue
                path, digest, size = (*row, "", "")[:3]
                if len(row) != 3 or not (size.isdecimal() or not size):  # noqa: PLR2004 -- columns
                    self._notes.setdefault(Anomaly.RECORD_ROW, ",".join(row))
                path = path.replace("\\", "/")
                if path in self._files:
                    record[path] = (digest, size)
                elif path not in signatures:
                    absent = min(absent or path, path)
        except (UnicodeDecodeError, csv.Error) as error:
            reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            self._notes.setdefault(Anomaly.RECORD_UNREADABLE, reason)
            return {}
        if unlisted := self._files.keys() - record.keys() - signatures:
            self._notes.setdefault(Anomaly.RECORD_UNLISTED, min(unlisted))
        if absent:
            self._notes.setdefault(Anomaly.RECORD_ABSENT, absent)
        return record

    def _check_files(self, record: dict[str, tuple[str, str]]) -> dict[str, bytes]:
        """Unpack every member, first what the index reads: the `.dist-info` directory and Python sources."""
        texts: dict[str, bytes] = {}
        for path in sorted(self._files, key=self._limit, reverse=True):
            member = self._files[path]
            digest, size = record.get(path, ("", ""))
            if self._is_sound and size.isdecimal() and size.lstrip("0") != str(member.file_size).lstrip("0"):
                self._notes.setdefault(Anomaly.RECORD_DIFFERENT, path)
            directory, _, name = path.partition("/")
            data = self._read(member, self._limit(path))
            if data is None:
                continue
            if anomaly := _compare_digest(digest, data):
                self._notes.setdefault(anomaly, path)
            if is_source(path) and (obfuscator := find_obfuscator(data)):
                self._notes.setdefault(Anomaly.OBFUSCATED, f"{obfuscator}: {path}")
            if directory == self._dist_info and name in _TEXTS:
                texts[name] = data
        return texts

    def _limit(self, path: str) -> int:
        """Return the size up to which the index reads a member."""
        if is_source(path):
            return SOURCE_LIMIT
        return TEXT_LIMIT if path.startswith(f"{self._dist_info}/") else -1

    def _read(self, member: zipfile.ZipInfo, limit: int) -> bytes | None:
        """Unpack a member; return None if it is damaged, larger than `limit`, or beyond what is left to read."""
        size = max(member.file_size, member.compress_size)
        is_kept = size <= limit
        if is_kept and member.flag_bits & _ENCRYPTED:
            self._notes.setdefault(Anomaly.ENCRYPTED, member.filename)
            return None
        if member.compress_type not in _METHODS or size > self._left:
            return None
        self._left -= size
        try:
            with self._archive.open(member) as source:
                if is_kept:  # without a size, zipfile inflates more than the declared one
                    return source.read(TEXT_LIMIT)
                while source.read(_PIECE):  # at the end, zipfile compares the checksum
                    pass
        except DAMAGE as error:
            if is_kept:
                self._notes.setdefault(Anomaly.CORRUPT_MEMBER, f"{member.filename}: {describe(error)}")
            elif self._is_sound:
                self._notes.setdefault(Anomaly.DAMAGED_MEMBER, member.filename)
        return None


def _is_metadata(path: str) -> bool:
    return path.endswith(".dist-info/METADATA") and path.count("/") == 1


def _compare_digest(written: str, data: bytes) -> Anomaly | None:
    if not written.startswith(_SHA256):
        return None
    digest, written = hashlib.sha256(data), written.removeprefix(_SHA256).rstrip("=")
    if written == base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode():
        return None
    return Anomaly.RECORD_HEXADECIMAL if written.lower() == digest.hexdigest() else Anomaly.RECORD_DIFFERENT
