import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "work" / "dist").mkdir(parents=True)
    return tmp_path / "work"


@pytest.fixture
def open_workspace() -> Iterator[Path]:
    """Give a workspace that another user may look into, unlike pytest's own directories."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        path.chmod(0o755)
        yield path
