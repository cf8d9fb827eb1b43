"""Recognize Python source that only an obfuscator's runtime can read: PyPI takes none of it."""

from __future__ import annotations

import re
from posixpath import splitext

LOOK_LIMIT = 5 << 20
"""Bytes that a member may have to be looked into; the index has the same limit."""

_EXTENSIONS = (".py", ".pye")

# Seeing that a mark is not there is much quicker than looking for what may stand around it.
_PYARMOR_MARK = b"__pyarmor_"
# Letter by letter what the index looks for, in code, text or comment.
_PYARMOR = re.compile(rb"__pyarmor__\(__name__, __file__,|__pyarmor_(?:enter|exit|assert|bcc)__")
_SOURCEDEFENDER = (b"---BEGIN PYE FILE---", b"---END PYE FILE---")


def is_source(path: str) -> bool:
    """Tell whether a member is looked into."""
    path = path.lower()
    # Most paths are told by their end; what has nothing before its last dot has no extension.
    return path.endswith(_EXTENSIONS) and splitext(path)[1] in _EXTENSIONS


def name_obfuscator(source: bytes) -> str:
    """Name the obfuscator that a source file came out of; empty where it shows no trace of one."""
    if _PYARMOR_MARK in source and _PYARMOR.search(source):
        return "PyArmor"
    begin, end = _SOURCEDEFENDER
    return "SourceDefender" if begin in source and end in source else ""
