from __future__ import annotations

import subprocess
import sys

IMPORT_ALL = """
import importlib, pkgutil, sys
import publisher.attestations as package
for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"publisher.attestations.{module.name}")
print(*sorted({"sigstore", "pypi_attestations", "tuf", "requests", "cryptography"} & set(sys.modules)))
"""


def test_import__costs_nothing_of_sigstore() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "\n"
