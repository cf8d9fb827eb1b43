"""The first part of an HTTP/1.1 request, as far as a proxy has to understand it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Head:
    """A request line and headers as they came."""

    raw: bytes

    @property
    def path(self) -> str:
        """Return the path that is asked for, without its query."""
        return urlsplit(self.raw.split(b" ", 2)[1].decode("latin-1")).path

    @property
    def length(self) -> int:
        """Return how many bytes of body follow."""
        return int(find_header(self.raw, b"content-length") or 0)

    @property
    def is_last(self) -> bool:
        """Tell whether the client wants the connection to end with this request."""
        return find_header(self.raw, b"connection") == b"close"

    def closing(self) -> bytes:
        """Return the head with the wish that the connection ends after the answer: so its end is easily known."""
        lines = [line for line in self.raw.split(b"\r\n")[:-2] if not line.lower().startswith(b"connection:")]
        return b"\r\n".join([*lines, b"Connection: close", b"", b""])


def find_header(raw: bytes, name: bytes) -> bytes | None:
    """Return the value of a header, named in lower case; None where it is not there."""
    for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None
