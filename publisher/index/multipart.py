"""A form and a file as one `multipart/form-data` body (RFC 7578) of known length."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.distributions.content import read_chunks

if TYPE_CHECKING:
    from collections.abc import Generator

    from publisher.distributions.model import Distribution
    from publisher.index.form import Form


def _make_boundary() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class MultipartBody:
    """Stream the fields and then the file; opened anew for every attempt, with a boundary of its own."""

    form: Form
    distribution: Distribution
    boundary: str = field(default_factory=_make_boundary)

    @property
    def length(self) -> int:
        """Bytes in all."""
        return len(self._head()) + self.distribution.size + len(self._tail())

    @property
    def content_type(self) -> str:
        """Name the boundary."""
        return f"multipart/form-data; boundary={self.boundary}"

    def chunks(self) -> Generator[bytes, int, None]:
        """Yield the fields, the file in chunks of the size that is sent in, and the end."""
        size = yield self._head()
        yield from read_chunks(self.distribution, size)
        yield self._tail()

    def _head(self) -> bytes:
        parts = [
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{_quote(name)}"\r\n\r\n{value}\r\n'
            for name, value in self.form
        ]
        parts.append(
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="content"; '
            f'filename="{_quote(self.distribution.filename)}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        return "".join(parts).encode("utf-8", "surrogateescape")

    def _tail(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode("ascii")


def _quote(text: str) -> str:
    """Escape what would end a quoted parameter, as browsers do (WHATWG HTML, multipart/form-data)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
