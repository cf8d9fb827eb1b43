"""Upload distributions, beside `uv publish` and `twine upload`."""

import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench.measure import Tool, check_bound, print_figures, run_in_turn
from bench.sink import Sink, running_sink
from tests.builders import build_sdist, build_wheel

METADATA = (("Requires-Python", ">=3.11"), ("License-Expression", "MIT"), ("Metadata-Version", "2.4"))
MEMORY_LIMIT = 64  # most memory that an upload may need, in MiB, whatever the number and size of the files


@dataclass(frozen=True, slots=True)
class UploadCase:
    """So many wheels of such a size (bytes) in each of several releases, and so much latency (seconds)."""

    name: str
    wheels: int
    size: int
    releases: int = 1
    has_sdist: bool = False
    has_projects: bool = False  # whether the index has the projects already, and a Simple API that says so
    latency: float = 0
    bounds: Mapping[str, float] = field(default_factory=dict)  # upper bounds, as ratios to the wall time of a peer
    memory_limit: float | None = None  # MiB

    def measure(self, command: tuple[str, ...], runs: int) -> bool:
        """Measure the programs in turn; return whether every bound holds."""
        failed = 0
        with (
            tempfile.TemporaryDirectory() as directory,
            running_sink(self.latency, has_projects=self.has_projects) as sink,
        ):
            dist = Path(directory) / "dist"
            dist.mkdir()
            # In another process: what this one once used counts as the peak memory of its children.
            with ProcessPoolExecutor(1) as executor:
                executor.submit(self._build, dist).result()
            tools = self._tools(sink, dist, command)
            count = len(list(dist.iterdir()))

            def check_uploads(tool: Tool) -> None:
                nonlocal failed
                tally = sink.take()
                if tally.accepted != count:
                    raise RuntimeError(f"{tool.name} uploaded {tally.accepted} files instead of {count}")
                failed += tally.failed if tool.name == "ours" else 0

            figures = run_in_turn(tools, runs, check_uploads)
        print_figures(f"{self.name}: {count} x {self.size:,} bytes, {self.latency * 1000:g} ms per request", figures)
        ours, *peers = figures
        checks = [
            check_bound(f"ours / {peer.name}", ours.wall / peer.wall, self.bounds[peer.name])
            for peer in peers
            if peer.name in self.bounds
        ]
        checks.append(check_bound("answers 500", failed, 0))
        if self.memory_limit is not None:
            checks.append(check_bound("peak memory", ours.memory, self.memory_limit, " MiB"))
        return all(checks)

    def _build(self, dist: Path) -> None:
        for release in range(self.releases):
            name = f"sample-{release}"
            for number in range(self.wheels):
                build_wheel(dist, name, tag=f"cp3{number}-none-any", metadata=METADATA, size=self.size)
            if self.has_sdist:
                build_sdist(dist, name, metadata=METADATA, size=self.size)

    def _tools(self, sink: Sink, dist: Path, command: tuple[str, ...]) -> list[Tool]:
        files = sorted(str(path) for path in dist.iterdir())
        binaries = Path(sys.executable).parent
        ours = {
            "GITHUB_WORKSPACE": str(dist.parent),
            "INPUT_REPOSITORY-URL": sink.upload_url,
            "INPUT_CHECK-URL": sink.simple_url if self.has_projects else "",
            "INPUT_PASSWORD": "secret",
        }
        account = ("--username", "user", "--password", "secret")
        peers = {
            "uv": (str(binaries / "uv"), "publish", "--publish-url", sink.upload_url, *account, *files),
            "twine": (str(binaries / "twine"), "upload", "--repository-url", sink.upload_url, *account, *files),
        }
        return [Tool("ours", command, ours), *(Tool(name, peers[name], {}) for name in self.bounds)]


CASES = (
    UploadCase("one-small-file", 1, 20_000, bounds={"twine": 1.8}, memory_limit=MEMORY_LIMIT),
    UploadCase("one-release", 39, 20_000, has_sdist=True, latency=0.3, bounds={"uv": 0.58}, memory_limit=MEMORY_LIMIT),
    UploadCase("many-releases", 5, 20_000, 60, has_projects=True, latency=0.1, bounds={"uv": 0.2}),
    UploadCase("large-files", 6, 50 << 20, bounds={"uv": 0.6}, memory_limit=MEMORY_LIMIT),
    UploadCase("file-of-1-gib", 1, 1 << 30, memory_limit=MEMORY_LIMIT),
)
