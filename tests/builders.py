"""Build wheels and sdists for tests: valid by default, and reproducible."""

import base64
import gzip
import hashlib
import io
import random
import re
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

BLOCK = 1 << 20
EPOCH = (1980, 1, 1, 0, 0, 0)


class Payload(bytes):
    """`size` bytes that do not compress, the same for the same `seed`; archives store them as they are."""

    def __new__(cls, size: int, seed: str = "") -> Self:
        """Repeat one random block, which is longer than the window of a compressor."""
        block = random.Random(seed).randbytes(BLOCK)  # noqa: S311 -- reproducible filler, no secret
        return super().__new__(cls, block * (size // BLOCK) + block[: size % BLOCK])


Changes = Mapping[str, bytes | str | None]  # members to add or replace by their path in the archive; None removes one


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
    files: Changes | None = None,
    size: int = 0,
    filename: str | None = None,
) -> Path:
    """Write a wheel with a correct `WHEEL` and `RECORD`, and a stored payload of `size` bytes.

    `files` changes the members, `RECORD` included, which lists what the archive then holds. The file name is normalized
    unless `filename` is given; the `.dist-info` directory is spelled like it.
    """
    module = _normalize(name)
    stem = "-".join(filename.split("-")[:2]) if filename else f"{module}-{version}"
    info = f"{stem}.dist-info"
    members: dict[str, bytes] = {f"{module}/__init__.py": b'"""A sample."""\n'}
    if size:
        members[f"{module}/payload.bin"] = Payload(size, stem + tag)
    members[f"{info}/METADATA"] = build_metadata(name, version, metadata=metadata, description=description)
    members[f"{info}/WHEEL"] = _wheel_file(tag)
    changes = dict(files or {})
    record = f"{info}/RECORD"
    _change(members, {path: content for path, content in changes.items() if path != record})
    members[record] = _record(members, record)
    _change(members, {path: content for path, content in changes.items() if path == record})
    path = directory / (filename or f"{stem}-{tag}.whl")
    write_zip(path, members)
    return path


def build_sdist(
    directory: Path,
    name: str = "sample",
    version: str = "1.0",
    *,
    metadata: Sequence[tuple[str, str]] = (),
    description: str = "",
    files: Changes | None = None,
    size: int = 0,
    filename: str | None = None,
) -> Path:
    """Write a `.tar.gz` sdist with a payload of `size` bytes; `files` as for `build_wheel`."""
    module = _normalize(name)
    top = filename.removesuffix(".tar.gz") if filename else f"{module}-{version}"
    project = f'[build-system]\nrequires = []\n\n[project]\nname = "{name}"\nversion = "{version}"\n'
    members: dict[str, bytes] = {
        f"{top}/PKG-INFO": build_metadata(name, version, metadata=metadata, description=description),
        f"{top}/pyproject.toml": project.encode(),
        f"{top}/{module}/__init__.py": b'"""A sample."""\n',
    }
    if size:
        members[f"{top}/{module}/payload.bin"] = Payload(size, top)
    _change(members, files or {})
    path = directory / (filename or f"{top}.tar.gz")
    write_tar_gz(path, members)
    return path


def write_zip(path: Path, members: Mapping[str, bytes]) -> None:
    """Write a zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, EPOCH)
            member.external_attr = 0o100644 << 16
            compression = zipfile.ZIP_STORED if isinstance(content, Payload) else zipfile.ZIP_DEFLATED
            archive.writestr(member, content, compression)


def write_tar_gz(path: Path, members: Mapping[str, bytes]) -> None:
    """Write a gzip-compressed tar."""
    level = 0 if any(isinstance(content, Payload) for content in members.values()) else 6
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", level, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def _change(members: dict[str, bytes], changes: Changes) -> None:
    for path, content in changes.items():
        if content is None:
            members.pop(path, None)
        else:
            members[path] = content.encode() if isinstance(content, str) else content


def _normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _wheel_file(tag: str) -> bytes:
    parts = tag.split("-")
    python, abi, platform = (part.split(".") for part in parts[-3:])
    build = f"Build: {parts[0]}\n" if len(parts) > 3 else ""
    tags = "".join(f"Tag: {one}-{two}-{three}\n" for one in python for two in abi for three in platform)
    pure = str(platform == ["any"]).lower()
    return f"Wheel-Version: 1.0\nGenerator: builders\nRoot-Is-Purelib: {pure}\n{build}{tags}".encode()


def _record(members: Mapping[str, bytes], record: str) -> bytes:
    lines = []
    for path, content in members.items():
        encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        quoted = f'"{path}"' if "," in path else path
        lines.append(f"{quoted},sha256={encoded},{len(content)}\n")
    return "".join([*lines, f"{record},,\n"]).encode()
