"""Read a wheel's `RECORD`: a line of path, digest and size for every file in it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHA256 = "sha256="
_COLUMNS = 3


class RecordError(ValueError):
    """Bytes that are no `RECORD`. `str()` is a clause."""


@dataclass(frozen=True, slots=True)
class Record:
    """Digest and size of each file, as written, by path; both are empty where `RECORD` does not say."""

    entries: Mapping[str, tuple[str, str]]
    has_blank_line: bool

    def has_other_size(self, path: str, size: int) -> bool:
        """Tell whether a file's size is not the one in `RECORD`."""
        written, expected = self.entries.get(path, ("", ""))[1], str(size)
        if written == expected:
            return False
        return written.isdecimal() and written.isascii() and written.lstrip("0") != expected.lstrip("0")

    def has_other_digest(self, path: str, digest: str) -> bool:
        """Tell whether a file's SHA-256, written as it is there, is not the one in `RECORD`, which may have others."""
        written = self.entries.get(path, ("", ""))[0]
        return written.startswith(_SHA256) and written.removeprefix(_SHA256).rstrip("=") != digest


def parse_record(data: bytes) -> Record:
    """Parse `RECORD`; raise `RecordError` where it is not UTF-8 or not CSV."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    except UnicodeDecodeError as error:
        raise RecordError("it is not UTF-8") from error
    except csv.Error as error:
        raise RecordError(str(error)) from error
    entries = {row[0].replace("\\", "/"): _rest(row) for row in rows if row}
    return Record(entries, has_blank_line=not all(rows))


def _rest(row: list[str]) -> tuple[str, str]:
    if len(row) == _COLUMNS:
        return row[1], row[2]
    _, digest, size, *_ = [*row, "", ""]
    return digest, size
