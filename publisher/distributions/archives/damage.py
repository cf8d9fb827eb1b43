"""What reading a damaged or hostile archive can raise, and how that is put into words."""

from __future__ import annotations

import struct
import zipfile
import zlib

# What zipfile lets through on damaged input, beside its own error: bad data (zlib, struct, ValueError with its Unicode
# errors), sizes and offsets that lead nowhere (OSError, OverflowError, EOFError), features that it lacks
# (NotImplementedError, which is a RuntimeError).
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, OSError, OverflowError, EOFError, RuntimeError)


class ArchiveError(Exception):
    """An archive that cannot be used as a distribution. `str()` is a full clause."""


def describe(error: Exception) -> str:
    """Give the words of an error, or its name where it has none."""
    return str(error) or type(error).__name__
