from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from publisher.ahead import look_ahead
from publisher.distributions.candidates import find_distributions
from publisher.distributions.forks import WORTH_A_FORK
from publisher.preflight import Judged
from publisher.settings.validation import read_settings
from tests.builders import build_wheel

ROOT = Path(__file__).resolve().parents[2]

ENOUGH = 2 * WORTH_A_FORK


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for directory, count in (("dist", ENOUGH), ("few", ENOUGH - 1), ("more", ENOUGH)):
        (tmp_path / directory).mkdir()
        for number in range(count):
            build_wheel(tmp_path / directory, directory, tag=f"cp3{number}-none-any")
    return tmp_path


@pytest.mark.parametrize(
    ("lines", "names"),
    [("", ["dist"]), ("dist", ["dist"]), (" few/*.whl \n\ndist\n", ["dist", "few"]), ("dist\nmore", ["dist", "more"])],
)
def test_look_ahead__what_packages_dir_names(workspace: Path, lines: str, names: list[str]) -> None:
    environ = {"GITHUB_WORKSPACE": str(workspace), "INPUT_PACKAGES-DIR": lines}
    ahead = look_ahead(environ, 2)
    assert ahead is not None
    assert ahead.reading is not None
    with closing(ahead):
        files = asyncio.run(ahead.reading.finish(lambda: False))
    settings = read_settings(environ)
    assert (ahead.workspace, ahead.packages_dir) == (workspace, settings.packages_dir)
    assert ahead.found == find_distributions(workspace, settings.packages_dir)
    assert [file.distribution.path for file in files if isinstance(file, Judged)] == list(ahead.found.candidates)
    assert sorted({path.parent.name for path in ahead.found.candidates}) == names


@pytest.mark.parametrize(
    ("inputs", "processors"), [({}, 1), ({"INPUT_PACKAGES-DIR": "few"}, 2), ({"INPUT_PACKAGES-DIR": "missing"}, 2)]
)
def test_look_ahead__reads_only_what_is_worth_it(workspace: Path, inputs: dict[str, str], processors: int) -> None:
    ahead = look_ahead({"GITHUB_WORKSPACE": str(workspace)} | inputs, processors)
    assert ahead is not None
    assert ahead.reading is None
    ahead.close()


@pytest.mark.parametrize("inputs", [{"INPUT_PACKAGES-DIR": "dist\n../.."}, {"GITHUB_WORKSPACE": ""}])
def test_look_ahead__not_where_it_is_of_no_use(workspace: Path, inputs: dict[str, str]) -> None:
    assert look_ahead({"GITHUB_WORKSPACE": str(workspace)} | inputs, 2) is None


def test_look_ahead__does_not_wait_for_what_takes_long_to_import() -> None:
    program = "import sys, publisher.main; print({'asyncio', 'pydantic', 'ssl', 'structlog'} & sys.modules.keys())"
    run = subprocess.run((sys.executable, "-c", program), cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
