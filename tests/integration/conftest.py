from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.stage import Stage, set_stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with set_stage(tmp_path) as ready:
        yield ready
