"""Print the changelog section of a tag, after verifying that tag, program and changelog have the same version."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def find_notes(tag: str, program: str, changelog: str) -> str:
    """Return the notes of the version that `tag` names; raise `ValueError` if they do not match."""
    version = tag.removeprefix("v")
    if f'__version__ = "{version}"' not in program:
        message = f"publisher/__init__.py has another `__version__` than the tag {tag}"
        raise ValueError(message)
    section = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE)
    if section is None or not section[1].strip():
        message = f"CHANGELOG.md says nothing about {version}"
        raise ValueError(message)
    return section[1].strip()


def main() -> None:
    """Print the notes of the tag on the command line."""
    program = (ROOT / "publisher" / "__init__.py").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    try:
        print(find_notes(sys.argv[1], program, changelog))
    except ValueError as error:
        sys.exit(f"::error::{error}")


if __name__ == "__main__":
    main()
