"""The bytes of a distribution once more, for sending."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from publisher.network.request import FileChanged

if TYPE_CHECKING:
    from collections.abc import Generator

    from publisher.distributions.model import Distribution


def read_chunks(distribution: Distribution, size: int) -> Generator[bytes, int, None]:
    """Yield the file from its start, at first `size` bytes, then as many as are sent in.

    Raises `FileChanged` before the first byte where size or time of modification are not those that were hashed, and
    at the end where bytes are missing.
    """
    try:
        file = open(distribution.path, "rb", buffering=0, opener=_open_at_once)  # noqa: SIM115 -- closed below; the message differs
    except OSError as error:
        msg = f"it can no longer be opened: {error.strerror}"
        raise FileChanged(msg) from error
    with file:
        status = os.fstat(file.fileno())
        if (status.st_size, status.st_mtime_ns) != (distribution.size, distribution.modified_ns):
            msg = "its size or time of modification is not that of the file that was hashed"
            raise FileChanged(msg)
        left = distribution.size
        while left:
            try:
                chunk = file.read(min(size, left))
            except OSError as error:
                msg = f"it can no longer be read: {error.strerror}"
                raise FileChanged(msg) from error
            if not chunk:
                msg = f"{left} bytes are missing at its end"
                raise FileChanged(msg)
            left -= len(chunk)
            size = (yield chunk) or size


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for the other end, should a FIFO lie there by now."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
