"""Compare a long text with the file that holds it; `UPDATE_SNAPSHOTS=1 pytest tests/unit/report` writes the files."""

import os
from pathlib import Path

_DIRECTORY = Path(__file__).parent / "snapshots"


def check_snapshot(name: str, text: str) -> None:
    """Fail unless the file `name` holds exactly this text."""
    path = _DIRECTORY / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
