"""Upload one large file through TLS, beside `curl -F`: the time during which the body arrives, so without hashing."""

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Tool, check_bound, run_in_turn
from bench.sink import running_sink
from tests.builders import build_wheel
from tests.fakes.serving import server_context, trusted_certificates

BOUND = 1.3  # upper bound of the ratio to `curl`


@dataclass(frozen=True, slots=True)
class TlsCase:
    """A wheel of so many bytes, uploaded to an index on loopback with a certificate that both programs verify."""

    name: str
    size: int

    def measure(self, command: tuple[str, ...], runs: int) -> bool:
        """Measure both programs in turn; return whether the bound holds."""
        with (
            tempfile.TemporaryDirectory() as directory,
            trusted_certificates() as authority,
            running_sink(tls=server_context()) as sink,
        ):
            dist = Path(directory) / "dist"
            dist.mkdir()
            wheel = build_wheel(dist, size=self.size)
            ours = {
                "GITHUB_WORKSPACE": directory,
                "INPUT_REPOSITORY-URL": sink.upload_url,
                "INPUT_PASSWORD": "secret",
                "SSL_CERT_FILE": str(authority),
            }
            # With `Expect`, curl would wait for a 100 response.
            curl = ("curl", "--silent", "--show-error", "--fail", "--cacert", str(authority), "--header", "Expect:")
            upload = (*curl, "--form", f"content=@{wheel}", sink.upload_url)
            seconds: dict[str, list[float]] = {"ours": [], "curl": []}
            tools = [Tool("ours", command, ours), Tool("curl", upload, {})]
            run_in_turn(tools, runs, lambda tool: seconds[tool.name].append(sink.take().seconds))
        medians = {name: statistics.median(samples[1:]) for name, samples in seconds.items()}
        print(f"\n{self.name}: {self.size:,} bytes through TLS")
        for name, median in medians.items():
            print(f"  {name:6} {median:8.3f} s   {self.size / median / (1 << 20):7.0f} MiB/s")
        return check_bound("ours / curl", medians["ours"] / medians["curl"], BOUND)


CASES = (TlsCase("file-through-tls", 200 << 20),)
