"""Preflight as a whole process (a dry run under PyPI's rules, without network) beside `twine check`, file by file."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Tool, print_figures, run_in_turn
from bench.wheels import build_projects, build_release
from tests.builders import build_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

BOUND = 0.5
"""Of the time of `twine check`, which reads metadata, hashes the file and renders a description that may fail."""


@dataclass(frozen=True, slots=True)
class PreflightCase:
    """Wheels of some 100 KB, made by `build`."""

    name: str
    build: Callable[[Path], None]

    def measure(self, command: tuple[str, ...], runs: int) -> bool:
        """Measure both programs in turn; tell whether the bound holds."""
        with tempfile.TemporaryDirectory() as directory:
            dist = Path(directory) / "dist"
            dist.mkdir()
            self.build(dist)
            files = sorted(str(path) for path in dist.iterdir())
            size = sum(Path(path).stat().st_size for path in files)
            ours = {
                "GITHUB_WORKSPACE": directory,
                # Nobody listens there, and without a check URL nobody is asked.
                "INPUT_REPOSITORY-URL": "http://127.0.0.1:9/legacy/",
                "INPUT_INDEX-RULES": "pypi",
                "INPUT_DRY-RUN": "true",
            }
            twine = (str(Path(sys.executable).parent / "twine"), "check", *files)
            figures = run_in_turn([Tool("ours", command, ours), Tool("twine", twine, {})], runs)
        title = f"{self.name}: {len(files)} wheels of {size // len(files)} bytes on average"
        return print_figures(title, figures, {"twine": BOUND})


def build_plain(directory: Path) -> None:
    """Build the wheels of one release with a single module each, whose bytes do not compress."""
    metadata = (("Metadata-Version", "2.4"), ("Requires-Python", ">=3.11"), ("License-Expression", "MIT"))
    for number in range(300):
        build_wheel(directory, tag=f"cp3{number}-none-any", metadata=metadata, size=100_000)


CASES = (
    PreflightCase("preflight-plain-wheels", build_plain),
    PreflightCase("preflight-one-release", build_release),
    PreflightCase("preflight-many-projects", build_projects),
)
