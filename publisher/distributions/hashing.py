"""The digests of a file."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from publisher.distributions.model import Digests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

# Pieces of 256 KiB are hashed as quickly as pieces of 4 MiB, and every thread holds one.
_PIECE = 256 << 10


def hash_file(file: BinaryIO, pause: Callable[[], None]) -> Digests:
    """Hash a whole file in one pass; hashlib lets other threads run meanwhile. `pause` may raise."""
    sha256, blake2b, md5 = hashlib.sha256(), hashlib.blake2b(digest_size=32), hashlib.md5(usedforsecurity=False)
    for piece in _pieces(file):
        pause()
        for digest in (sha256, blake2b, md5):
            digest.update(piece)
    return Digests(sha256.hexdigest(), blake2b.hexdigest(), md5.hexdigest())


def _pieces(file: BinaryIO) -> Iterator[memoryview]:
    """Yield the file from its start, in one buffer that is filled again and again; what is in memory, as it is."""
    if isinstance(file, io.BytesIO):
        yield file.getbuffer()
        return
    file.seek(0)
    buffer = memoryview(bytearray(_PIECE))
    while count := file.readinto(buffer):  # type: ignore[attr-defined]
        yield buffer[:count]
