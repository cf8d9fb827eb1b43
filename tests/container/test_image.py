from __future__ import annotations

import asyncio
import json
import signal
import stat
import threading
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.builders import build_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.container.conftest import Setting
    from tests.fakes.service import Seen

WHEEL = "sample-1.0-py3-none-any.whl"
SDIST = "sample-1.0.tar.gz"

SPRUNG = "the trap was sprung"
TRAP = f"print({SPRUNG!r})\nraise SystemExit(99)\n"


def test_publish__as_the_runner_starts_it(setting: Setting) -> None:
    before = _listing(setting.runner.workspace)

    run = setting.runner.run()

    assert run.exit_status == 0, run.log
    assert run.outputs["result"] == "published"
    assert run.outcomes == {SDIST: "uploaded", WHEEL: "uploaded"}
    assert setting.index.filenames() == [WHEEL, SDIST]
    for name in (WHEEL, SDIST):
        assert setting.index.read(name) == (setting.runner.workspace / "dist" / name).read_bytes()
    assert WHEEL in run.summary
    assert _listing(setting.runner.workspace) == before
    assert _listing(setting.runner.home) == {}
    assert _listing(setting.runner.temporary) == {}


def test_publish__many_files_read_in_several_processes(setting: Setting) -> None:
    for number in range(30):
        build_wheel(setting.runner.workspace / "dist", tag=f"cp3{number}-none-any")

    run = setting.runner.run()

    assert run.exit_status == 0, run.log
    assert len(run.outcomes) == 32
    assert set(run.outcomes.values()) == {"uploaded"}


def test_publish__from_a_workspace_that_cannot_be_written(setting: Setting) -> None:
    setting.runner.workspace_mode = "ro"

    run = setting.runner.run()

    assert run.exit_status == 0, run.log
    assert setting.index.filenames() == [WHEEL, SDIST]


def test_publish__tokens_are_hidden(setting: Setting) -> None:
    run = setting.runner.run()

    tokens = [*setting.github.issued, *setting.index.tokens]
    assert len(tokens) == 2
    assert set(tokens) <= set(run.masks)
    shown = run.log + run.summary + json.dumps(dict(run.outputs))
    assert not [token for token in tokens if token in shown]
    assert setting.github.request_token not in run.raw_log


def test_publish__nothing_from_the_workspace_is_run(setting: Setting) -> None:
    _set_traps(setting)
    before = _listing(setting.runner.workspace)

    run = setting.runner.run()

    assert SPRUNG not in run.log
    assert run.exit_status == 0, run.log
    assert run.outputs["result"] == "published"
    assert _listing(setting.runner.workspace) == before


@pytest.mark.parametrize("flags", ["-c", "-Ic"])
def test_traps__catch_a_python_that_is_not_careful(setting: Setting, flags: str) -> None:
    """See that the traps of the test above would work: only isolation and a clean library path get past them."""
    _set_traps(setting)
    if flags == "-c":
        setting.runner.variables |= {"LD_LIBRARY_PATH": None, "PYTHONHOME": None}

    run = setting.runner.run(("/app/bin/python", flags, "import publisher"))

    assert run.exit_status != 0
    assert (SPRUNG in run.log) == (flags == "-c")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_cancel__ends_in_time_and_says_what_is_known(setting: Setting, number: signal.Signals) -> None:
    uploading = threading.Event()

    async def hold(seen: Seen) -> None:
        if seen.endpoint == "upload":
            uploading.set()
            await asyncio.Event().wait()

    setting.index.pause = hold
    step = setting.runner.start()
    assert uploading.wait(60), "no upload began"

    step.send_signal(number)
    run = step.finish(timeout=7)

    assert run.exit_status == 1, run.log
    assert run.outputs["result"] == "failed"
    assert set(run.outcomes.values()) <= {"failed", "not-tried"}
    assert run.summary
    assert [seen.status for seen in setting.index.seen("burn")] == [202]


def test_image__brings_no_installer(setting: Setting) -> None:
    program = "import importlib.util as u; print([m for m in ('pip', 'setuptools', 'pytest') if u.find_spec(m)])"

    run = setting.runner.run(("/app/bin/python", "-I", "-c", program))

    assert run.raw_log.strip() == "[]"


def test_image__is_compiled(setting: Setting) -> None:
    program = (
        "import importlib.util, pathlib, publisher\n"
        "sources = pathlib.Path(publisher.__file__).parent.rglob('*.py')\n"
        "print([str(s) for s in sources if not pathlib.Path(importlib.util.cache_from_source(s)).exists()])"
    )

    run = setting.runner.run(("/app/bin/python", "-I", "-c", program))

    assert run.raw_log.strip() == "[]"


def _set_traps(setting: Setting) -> None:
    """Fill the workspace with what a careless interpreter would import, and point every variable at it."""
    workspace = setting.runner.workspace
    for module in ("publisher", "json", "httpx"):
        (workspace / module).mkdir()
        (workspace / module / "__init__.py").write_text(TRAP)
    for module in ("sitecustomize", "usercustomize", "startup", "asyncio"):
        (workspace / f"{module}.py").write_text(TRAP)
    # Libraries that Python is linked with, as an environment manager inside a workspace brings them.
    for library in ("libm.so.6", "libz.so.1", "libexpat.so.1", "libpython3.13.so.1.0"):
        (workspace / library).write_bytes(b"not a library")
    inside = "/github/workspace"
    setting.runner.variables |= {
        "PYTHONPATH": inside,
        "PYTHONHOME": inside,
        "PYTHONSTARTUP": f"{inside}/startup.py",
        "PYTHONUSERBASE": inside,
        "PYTHONINSPECT": "1",
        "pythonLocation": inside,
        "LD_LIBRARY_PATH": inside,
        "OPENSSL_CONF": f"{inside}/startup.py",
    }


def _listing(directory: Path) -> dict[str, tuple[int, int, str]]:
    """Return every path under a directory with its mode, its time and its content's digest."""
    found = {}
    for path in sorted(directory.rglob("*")):
        about = path.lstat()
        content = sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(about.st_mode) else ""
        found[str(path.relative_to(directory))] = (about.st_mode, about.st_mtime_ns, content)
    return found
