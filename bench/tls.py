"""How fast one large file goes through TLS, beside `curl -F`: measured where it arrives, so without hashing."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Tool, run_once
from bench.sink import running_sink
from tests.builders import build_wheel
from tests.fakes.serving import server_context, trusted_certificates

BOUND = 1.0
"""Of the time that the same bytes take from curl."""


@dataclass(frozen=True, slots=True)
class TlsCase:
    """A wheel of so many bytes to an index on loopback, with a certificate that both programs verify."""

    name: str
    size: int

    def measure(self, command: tuple[str, ...], runs: int) -> bool:
        """Measure both programs in turn; tell whether ours is at least as fast."""
        with (
            tempfile.TemporaryDirectory() as directory,
            trusted_certificates() as authority,
            running_sink(0, server_context()) as sink,
        ):
            dist = Path(directory) / "dist"
            dist.mkdir()
            wheel = build_wheel(dist, size=self.size)
            ours = {
                "GITHUB_WORKSPACE": directory,
                "INPUT_REPOSITORY-URL": sink.url,
                "INPUT_PASSWORD": "secret",
                "SSL_CERT_FILE": str(authority),
            }
            # Without `Expect`, for whose answer curl would wait.
            curl = ("curl", "--silent", "--show-error", "--fail", "--cacert", str(authority), "--header", "Expect:")
            tools = (Tool("ours", command, ours), Tool("curl", (*curl, "--form", f"content=@{wheel}", sink.url), {}))
            seconds: dict[str, list[float]] = {tool.name: [] for tool in tools}
            for number in range(runs + 1):
                for tool in tools:
                    run_once(tool)
                    taken = sink.take_seconds()
                    if number:
                        seconds[tool.name].append(taken)
        return self._print({name: statistics.median(each) for name, each in seconds.items()})

    def _print(self, medians: dict[str, float]) -> bool:
        print(f"\n{self.name}: {self.size} bytes through TLS")
        for name, seconds in medians.items():
            print(f"  {name:6} {seconds:8.3f} s   {self.size / seconds / (1 << 20):7.0f} MiB/s")
        ratio = medians["ours"] / medians["curl"]
        is_kept = ratio <= BOUND
        print(f"  ours / curl = {ratio:.2f} (at most {BOUND}: {'kept' if is_kept else 'MISSED'})", flush=True)
        return is_kept


CASES = (TlsCase("one-file-through-tls", 200 << 20),)
