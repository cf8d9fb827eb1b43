"""Check distributions in a dry run under the rules of PyPI without network access, beside `twine check`."""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Tool, check_bound, print_figures, run_in_turn
from bench.wheels import build_projects, build_release

# Upper bound of the ratio to `twine check`, which reads metadata, hashes the file and renders the description.
BOUND = 1.0


@dataclass(frozen=True, slots=True)
class PreflightCase:
    """Wheels of some 100 KB, written by `build`."""

    name: str
    build: Callable[[Path], None]

    def measure(self, command: tuple[str, ...], runs: int) -> bool:
        """Measure both programs in turn; return whether the bound holds."""
        with tempfile.TemporaryDirectory() as directory:
            dist = Path(directory) / "dist"
            dist.mkdir()
            self.build(dist)
            files = sorted(str(path) for path in dist.iterdir())
            size = sum(Path(path).stat().st_size for path in files) // len(files)
            ours = {
                "GITHUB_WORKSPACE": directory,
                # Nothing listens there, and without a check URL no request is made.
                "INPUT_REPOSITORY-URL": "http://127.0.0.1:9/legacy/",
                "INPUT_INDEX-RULES": "pypi",
                "INPUT_DRY-RUN": "true",
            }
            twine = (str(Path(sys.executable).parent / "twine"), "check", *files)
            figures = run_in_turn([Tool("ours", command, ours), Tool("twine", twine, {})], runs)
        print_figures(f"{self.name}: {len(files)} wheels of {size:,} bytes on average", figures)
        return check_bound("ours / twine", figures[0].wall / figures[1].wall, BOUND)


CASES = (
    PreflightCase("dry-run-of-one-release", build_release),
    PreflightCase("dry-run-of-many-projects", build_projects),
)
