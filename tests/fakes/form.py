"""Read an upload form as it streams in: fields into memory, the file to disk and through the hashes."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

if TYPE_CHECKING:
    from collections.abc import AsyncIterable
    from pathlib import Path

    from python_multipart.multipart import MultipartCallbacks

FIELD_LIMIT = 64 * 1024 * 1024

DIGEST_FIELDS = {"md5_digest": "md5", "sha256_digest": "sha256", "blake2_256_digest": "blake2_256"}
"""The form's digest fields and the hashes they hold."""

EVERY_HASH = frozenset(DIGEST_FIELDS.values())


@dataclass(slots=True)
class Content:
    """The file part of a form. `path` is None where files are not kept."""

    filename: str
    content_type: str
    path: Path | None
    size: int = 0
    digests: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Form:
    """A form as it was sent; `content` is None where no file came."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    content: Content | None = None

    def value(self, name: str) -> str | None:
        """Return the first value of a field; None where it was not sent."""
        return next((value for key, value in self.fields if key == name), None)


class _Hashes:
    """The digests that were asked for, all fed by one pass."""

    def __init__(self, names: frozenset[str]) -> None:
        self._hashes = {
            name: hashlib.blake2b(digest_size=32) if name == "blake2_256" else hashlib.new(name, usedforsecurity=False)
            for name in names
        }

    def update(self, data: memoryview) -> None:
        for running in self._hashes.values():
            running.update(data)

    def hexdigests(self) -> dict[str, str]:
        return {name: running.hexdigest() for name, running in self._hashes.items()}


class FormReader:
    """Parse one multipart body; memory stays flat however long the file is."""

    def __init__(self, boundary: bytes, path: Path | None, hashes: frozenset[str]) -> None:
        self.form = Form()
        self._path = path
        self._hash_names = hashes
        self._header = (bytearray(), bytearray())
        self._headers = Message()
        self._value = bytearray()
        self._file: BinaryIO | None = None
        self._hashes: _Hashes | None = None
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin_part,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_data,
            "on_part_data": self._take,
            "on_part_end": self._end_part,
        }
        self._parser = MultipartParser(boundary, callbacks)

    async def read(self, stream: AsyncIterable[bytes]) -> Form:
        """Return the form; a body that ends early or turns into nonsense leaves the parts that came whole."""
        try:
            async for chunk in stream:
                with suppress(MultipartParseError):
                    self._parser.write(chunk)
        finally:
            if self._file is not None:
                self._file.close()
        return self.form

    def _begin_part(self) -> None:
        self._headers = Message()
        self._value = bytearray()

    def _end_header(self) -> None:
        name, value = (part.decode("utf-8", "replace") for part in self._header)
        self._headers[name] = value
        self._header = (bytearray(), bytearray())

    def _parameter(self, name: str) -> str | None:
        value = self._headers.get_param(name, header="Content-Disposition")
        return value if isinstance(value, str) else None

    def _begin_data(self) -> None:
        filename = self._parameter("filename")
        if filename is None or self._parameter("name") != "content":
            return
        self.form.content = Content(filename, self._headers.get("Content-Type", ""), self._path)
        self._hashes = _Hashes(self._hash_names)
        if self._path is not None:
            self._file = self._path.open("wb")

    def _take(self, data: bytes, start: int, end: int) -> None:
        content = self.form.content
        if self._hashes is None or content is None:
            self._value += data[start:end]
            assert len(self._value) < FIELD_LIMIT
            return
        piece = memoryview(data)[start:end]
        content.size += len(piece)
        self._hashes.update(piece)
        if self._file is not None:
            self._file.write(piece)

    def _end_part(self) -> None:
        if self._hashes is not None and self.form.content is not None:
            self.form.content.digests = self._hashes.hexdigests()
            self._hashes = None
            return
        name = self._parameter("name")
        if name is not None:
            self.form.fields.append((name, self._value.decode("utf-8", "replace")))


def parse_boundary(content_type: str) -> bytes | None:
    """Return the boundary of a multipart form; None for any other type of body."""
    headers = Message()
    headers["Content-Type"] = content_type
    boundary = headers.get_param("boundary")
    if headers.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        return None
    return boundary.encode()
