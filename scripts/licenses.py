"""List the licenses of the image's Python dependencies; exit with 1 if one is not on the list of allowed licenses."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements" / "runtime.txt"

# Licenses that permit distributing the image. MPL-2.0 concerns only changes of its own files.
ALLOWED = {
    *("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Unlicense"),
    # The same licenses in metadata older than 2.4.
    *("Apache 2.0", "Apache Software License", "BSD License", "MIT License"),
    *("Mozilla Public License 2.0 (MPL 2.0)", "The Unlicense (Unlicense)"),
}

# Read in the package, because its metadata says nothing or too much.
EXCEPTIONS = {
    "docutils": "BSD-2-Clause",  # mostly public domain; the GPL covers an Emacs mode that the wheel does not contain
    "sigstore-models": "MIT",  # only the license file is in its metadata
}


def find_license(package: PackageMetadata) -> str:
    """Return the license in a package's metadata, most reliable field first; empty if it has none."""
    prefixes = ("License :: OSI Approved :: ", "License :: ")
    classifiers = [
        classifier.removeprefix(prefixes[0]).removeprefix(prefixes[1])
        for classifier in package.get_all("Classifier") or []
        if classifier.startswith(prefixes[1])
    ]
    expressions, texts = (package.get_all(name) or [] for name in ("License-Expression", "License"))
    return next((found.strip() for found in (*expressions, " AND ".join(classifiers), *texts) if found), "")


def is_allowed(expression: str) -> bool:
    """Return whether an SPDX expression without parentheses permits distribution."""
    return any(
        all(term.strip() in ALLOWED for term in alternative.split(" AND ")) for alternative in expression.split(" OR ")
    )


def main() -> int:
    """Print a line per package and return the exit status."""
    refused = 0
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE):
        expression = EXCEPTIONS.get(name) or find_license(metadata(name))
        print(f"{name} {version}: {expression}")
        if not is_allowed(expression):
            refused += 1
            print(f"::error title=License::{name} has the license `{expression}`, which scripts/licenses.py lacks.")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
