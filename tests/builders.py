"""Build real wheels and sdists for tests: valid unless told otherwise, and the same bytes every time."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import random
import re
import tarfile
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

BLOCK = 1 << 20
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Payload:
    """`size` bytes that do not compress, the same for the same `seed`; made block by block."""

    size: int
    seed: str = ""

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes in pieces of at most a MiB."""
        # One random block, repeated with a counter: cheap, and no compressor's window reaches back a MiB.
        block = random.Random(self.seed).randbytes(BLOCK)  # noqa: S311 -- reproducible filler, no secret
        for number, start in enumerate(range(0, self.size, BLOCK)):
            yield (number.to_bytes(8, "big") + block[8:])[: self.size - start]


Content = bytes | Payload


@dataclass(slots=True)
class Members:
    """The members of an archive in the order in which they are written."""

    content: dict[str, Content] = field(default_factory=dict)

    def change(self, files: Mapping[str, Content | str | None]) -> None:
        """Add or replace members by their path in the archive; None removes one."""
        for path, content in files.items():
            if content is None:
                self.content.pop(path, None)
            else:
                self.content[path] = content.encode() if isinstance(content, str) else content


def build_metadata(
    name: str = "sample", version: str = "1.0", *, metadata: Sequence[tuple[str, str]] = (), description: str = ""
) -> bytes:
    """Write core metadata: the three required fields (unless `metadata` has them), `metadata`, the description."""
    given = {field_name.lower() for field_name, _ in metadata}
    required = [("Metadata-Version", "2.4"), ("Name", name), ("Version", version)]
    fields = [entry for entry in required if entry[0].lower() not in given] + list(metadata)
    head = "".join(f"{field_name}: {value}\n" for field_name, value in fields)
    return f"{head}\n{description}".encode()


def build_wheel(
    directory: Path,
    name: str = "sample",
    version: str = "1.0",
    *,
    tag: str = "py3-none-any",
    metadata: Sequence[tuple[str, str]] = (),
    description: str = "",
    files: Mapping[str, Content | str | None] | None = None,
    size: int = 0,
    filename: str | None = None,
) -> Path:
    """Write a wheel with a correct `WHEEL` and `RECORD`, and a stored payload of `size` bytes.

    `files` adds, replaces or (None) removes members by their path in the archive, `RECORD` included; what `RECORD`
    lists is what the archive then holds. The file name is normalized unless `filename` is given; the `.dist-info`
    directory is spelled like it.
    """
    module = _normalize(name)
    stem = "-".join(filename.split("-")[:2]) if filename else f"{module}-{version}"
    info = f"{stem}.dist-info"
    members = Members({f"{module}/__init__.py": b'"""A sample."""\n'})
    if size:
        members.content[f"{module}/payload.bin"] = Payload(size, stem + tag)
    members.content[f"{info}/METADATA"] = build_metadata(name, version, metadata=metadata, description=description)
    members.content[f"{info}/WHEEL"] = _wheel_file(tag)
    changes = dict(files or {})
    record = f"{info}/RECORD"
    members.change({path: content for path, content in changes.items() if path != record})
    members.content[record] = _record(members.content, record)
    members.change({path: content for path, content in changes.items() if path == record})
    path = directory / (filename or f"{stem}-{tag}.whl")
    write_zip(path, members.content)
    return path


def build_sdist(
    directory: Path,
    name: str = "sample",
    version: str = "1.0",
    *,
    metadata: Sequence[tuple[str, str]] = (),
    description: str = "",
    files: Mapping[str, Content | str | None] | None = None,
    size: int = 0,
    filename: str | None = None,
) -> Path:
    """Write a `.tar.gz` sdist with a payload of `size` bytes; `files` as for `build_wheel`."""
    module = _normalize(name)
    top = filename.removesuffix(".tar.gz") if filename else f"{module}-{version}"
    project = f'[build-system]\nrequires = []\n\n[project]\nname = "{name}"\nversion = "{version}"\n'
    members = Members(
        {
            f"{top}/PKG-INFO": build_metadata(name, version, metadata=metadata, description=description),
            f"{top}/pyproject.toml": project.encode(),
            f"{top}/{module}/__init__.py": b'"""A sample."""\n',
        }
    )
    if size:
        members.content[f"{top}/{module}/payload.bin"] = Payload(size, top)
    members.change(files or {})
    path = directory / (filename or f"{top}.tar.gz")
    write_tar_gz(path, members.content)
    return path


def write_zip(path: Path, members: Mapping[str, Content]) -> None:
    """Write a zip whose small members are deflated and whose payloads are stored."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, EPOCH)
            member.external_attr = 0o100644 << 16
            if isinstance(content, bytes):
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, content)
                continue
            member.file_size = content.size
            with archive.open(member, "w") as target:
                for block in content.blocks():
                    target.write(block)


def write_tar_gz(path: Path, members: Mapping[str, Content]) -> None:
    """Write a gzip-compressed tar; with a payload among the members nothing is compressed, which is quick."""
    level = 0 if any(isinstance(content, Payload) for content in members.values()) else 6
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", level, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content) if isinstance(content, bytes) else content.size
            archive.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else _reader(content))


def _normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _reader(payload: Payload) -> io.BufferedReader:
    return io.BufferedReader(_PayloadReader(payload), BLOCK)


class _PayloadReader(io.RawIOBase):
    """Let a payload be read like a file."""

    def __init__(self, payload: Payload) -> None:
        super().__init__()
        self._blocks = payload.blocks()
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self._rest = self._rest or next(self._blocks, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _wheel_file(tag: str) -> bytes:
    parts = tag.split("-")
    python, abi, platform = (part.split(".") for part in parts[-3:])
    build = f"Build: {parts[0]}\n" if len(parts) > 3 else ""
    tags = "".join(f"Tag: {one}-{two}-{three}\n" for one in python for two in abi for three in platform)
    pure = str(platform == ["any"]).lower()
    return f"Wheel-Version: 1.0\nGenerator: builders\nRoot-Is-Purelib: {pure}\n{build}{tags}".encode()


def _record(members: Mapping[str, Content], record: str) -> bytes:
    lines = []
    for path, content in members.items():
        digest, size = hashlib.sha256(), 0
        for block in (content,) if isinstance(content, bytes) else content.blocks():
            digest.update(block)
            size += len(block)
        encoded = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
        quoted = f'"{path}"' if "," in path else path
        lines.append(f"{quoted},sha256={encoded},{size}\n")
    return "".join([*lines, f"{record},,\n"]).encode()
