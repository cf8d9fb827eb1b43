"""Measure against `uv publish`, `twine upload`, `twine check` and `curl`: `python -m bench [--runs N] [CASE ...]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench import preflight, tls
from bench.measure import Tool, print_figures, run_in_turn
from bench.runtime import set_up_runtime
from bench.sink import running_sink
from tests.builders import build_sdist, build_wheel

METADATA = (("Requires-Python", ">=3.11"), ("License-Expression", "MIT"), ("Metadata-Version", "2.4"))
"""What every distribution that is made today has."""


@dataclass(frozen=True, slots=True)
class Case:
    """So many files of such a size (bytes), with so much latency (seconds); `bounds` are ratios to a peer's time."""

    name: str
    files: int
    size: int
    latency: float
    peers: tuple[str, ...]
    bounds: dict[str, float]
    sdists: int = 1
    """How many of several files are sdists: these go up last, in a round of their own."""

    def measure(self, command: tuple[str, ...], runs: int) -> bool:
        """Measure the programs in turn; tell whether every bound holds."""
        with tempfile.TemporaryDirectory() as directory, running_sink(self.latency) as sink:
            dist = Path(directory) / "dist"
            dist.mkdir()
            self._build(dist)
            tools = _build_tools(sink.url, dist, command)
            figures = run_in_turn([tools[name] for name in ("ours", *self.peers)], runs)
            expected = self.files * (runs + 1) * len(figures)
            if (uploads := sink.take_count()) != expected:
                raise RuntimeError(f"{uploads} uploads arrived instead of {expected}")
        title = f"{self.name}: {self.files} x {self.size} bytes, {self.latency * 1000:g} ms per request"
        return print_figures(title, figures, self.bounds)

    def _build(self, dist: Path) -> None:
        for number in range(max(1, self.files - self.sdists)):
            build_wheel(dist, tag=f"cp3{number}-none-any", metadata=METADATA, size=self.size)
        if self.files > 1 and self.sdists:
            build_sdist(dist, metadata=METADATA, size=self.size)


CASES = (
    Case("one-small-file", 1, 20_000, 0, ("uv", "twine"), {"twine": 1.3}),
    Case("many-small-wheels", 40, 20_000, 0.3, ("uv",), {"uv": 0.22}, sdists=0),
    Case("many-small-files", 40, 20_000, 0.3, ("uv", "twine"), {"uv": 0.22}),
    Case("few-large-files", 6, 50 << 20, 0, ("uv", "twine"), {"uv": 0.6}),
    Case("few-files-of-5-mib", 6, 5 << 20, 0, (), {}),
    Case("very-many-files", 300, 20_000, 0.1, (), {}),
    Case("one-file-of-1-mib", 1, 1 << 20, 0, (), {}),
    Case("one-file-of-1-gib", 1, 1 << 30, 0, (), {}),
)


def main() -> int:
    """Measure the cases that were asked for; the exit status says whether every bound holds."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    cases = (*CASES, *preflight.CASES, *tls.CASES)
    parser.add_argument("case", nargs="*", choices=[*(case.name for case in cases), []])
    options = parser.parse_args()
    command = set_up_runtime()
    chosen = [case for case in cases if not options.case or case.name in options.case]
    kept = [case.measure(command, options.runs) for case in chosen]
    return 0 if all(kept) else 1


def _build_tools(url: str, dist: Path, command: tuple[str, ...]) -> dict[str, Tool]:
    files = sorted(str(path) for path in dist.iterdir())
    binaries = Path(sys.executable).parent
    ours = {
        "GITHUB_WORKSPACE": str(dist.parent),
        "INPUT_REPOSITORY-URL": url,
        "INPUT_PASSWORD": "secret",
    }
    account = ("--username", "user", "--password", "secret")
    uv = (str(binaries / "uv"), "publish", "--publish-url", url, *account, *files)
    twine = (str(binaries / "twine"), "upload", "--repository-url", url, *account, *files)
    return {
        "ours": Tool("ours", command, ours),
        "uv": Tool("uv", uv, {}),
        "twine": Tool("twine", twine, {}),
    }


if __name__ == "__main__":
    raise SystemExit(main())
