"""Compare everything a run produced with a file; `UPDATE_SNAPSHOTS=1 pytest tests/scenarios` writes the files."""

import json
import os
import re
from pathlib import Path

from tests.fakes.runner import Run
from tests.integration.stage import Stage

_DIRECTORY = Path(__file__).parent / "snapshots"

# What differs between runs: ports, times, waits, and sizes that depend on zlib.
_VOLATILE = (
    (re.compile(r"(?<=127\.0\.0\.1:)\d+"), "PORT"),
    (re.compile(r"\bin \d+\.\d s\b"), "in N s"),
    (re.compile(r'"size": \d+'), '"size": N'),
    (re.compile(r"\b\d+(?= bytes\b|&nbsp;bytes\b)"), "N"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "DIGEST"),
)


def check_run(name: str, stage: Stage, run: Run) -> None:
    """Compare log, summary, outputs, exit status and requests with the file."""
    outputs = dict(run.outputs)
    outputs["distributions"] = json.dumps(run.distributions, indent=1)
    parts = {
        "exit status": str(run.exit_status),
        "requests": "\n".join(f"{seen.method} {seen.path} {seen.status}" for seen in stage.requests),
        "log": run.log,
        "outputs": "\n".join(f"{key}={value}" for key, value in outputs.items()),
        "job summary": run.summary,
    }
    text = "".join(f"=== {title}\n{part.rstrip()}\n\n" for title, part in parts.items())
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    path = _DIRECTORY / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
