"""Measure publishing against `uv publish` and `twine upload`: `python -m bench [--runs N] [CASE ...]`."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Figures, Tool, run_in_turn
from bench.sink import running_sink
from tests.builders import build_sdist, build_wheel

ROOT = Path(__file__).resolve().parents[1]
METADATA = (("Requires-Python", ">=3.11"), ("License-Expression", "MIT"), ("Metadata-Version", "2.4"))
"""What every distribution that is made today has."""

RUNTIME = ROOT / "build" / "bench-runtime"


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
    parser.add_argument("case", nargs="*", choices=[*(case.name for case in CASES), []])
    options = parser.parse_args()
    runtime = _set_up_runtime()
    chosen = [case for case in CASES if not options.case or case.name in options.case]
    kept = [_measure(case, runtime, options.runs) for case in chosen]
    return 0 if all(kept) else 1


def _set_up_runtime() -> Path:
    """Make an environment that has what the image has and nothing else; return its interpreter."""
    python = RUNTIME / "bin" / "python"
    lock = ROOT / "requirements" / "runtime.txt"
    ready = RUNTIME / "ready"
    if not ready.exists() or ready.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([sys.executable, "-m", "venv", "--clear", RUNTIME], check=True)
        install = (python, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps")
        subprocess.run([*install, "--requirement", lock], check=True)
        ready.touch()
    # As in the image: the program lies beside its dependencies, compiled.
    (site,) = RUNTIME.glob("lib/python3*/site-packages")
    shutil.rmtree(site / "publisher", ignore_errors=True)
    shutil.copytree(ROOT / "publisher", site / "publisher", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([python, "-m", "compileall", "-q", site], check=True)
    return python


def _measure(case: Case, runtime: Path, runs: int) -> bool:
    with tempfile.TemporaryDirectory() as directory, running_sink(case.latency) as sink:
        dist = Path(directory) / "dist"
        dist.mkdir()
        for number in range(max(1, case.files - case.sdists)):
            build_wheel(dist, tag=f"cp3{number}-none-any", metadata=METADATA, size=case.size)
        if case.files > 1 and case.sdists:
            build_sdist(dist, metadata=METADATA, size=case.size)
        tools = _build_tools(sink.url, dist, runtime)
        figures = run_in_turn([tools[name] for name in ("ours", *case.peers)], runs)
        expected = case.files * (runs + 1) * len(figures)
        if (uploads := sink.take_count()) != expected:
            raise RuntimeError(f"{uploads} uploads arrived instead of {expected}")
    return _print(case, figures)


def _build_tools(url: str, dist: Path, runtime: Path) -> dict[str, Tool]:
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
        "ours": Tool("ours", (str(runtime), "-I", str(ROOT / "entrypoint.py")), ours),
        "uv": Tool("uv", uv, {}),
        "twine": Tool("twine", twine, {}),
    }


def _print(case: Case, figures: list[Figures]) -> bool:
    print(f"\n{case.name}: {case.files} x {case.size} bytes, {case.latency * 1000:g} ms per request")
    for each in figures:
        print(f"  {each.name:6} {each.wall:8.3f} s   processor {each.processor:7.3f} s   peak {each.memory:6.1f} MiB")
    walls = {each.name: each.wall for each in figures}
    is_kept = True
    for peer, bound in case.bounds.items():
        ratio = walls["ours"] / walls[peer]
        is_kept &= ratio <= bound
        print(f"  ours / {peer} = {ratio:.2f} (at most {bound}: {'kept' if ratio <= bound else 'MISSED'})", flush=True)
    return is_kept


if __name__ == "__main__":
    raise SystemExit(main())
