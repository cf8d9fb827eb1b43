import asyncio
import re
import signal
import stat
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from tests.container.company import build_server
from tests.container.conftest import Setting
from tests.container.container import ContainerRunner
from tests.fakes.service import Seen
from tests.fakes.serving import HOST, closed_port, serve
from tests.rehearsal.services import AUTHORITY

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


def test_publish__from_a_workspace_that_cannot_be_written(setting: Setting) -> None:
    setting.runner.workspace_mode = "ro"

    run = setting.runner.run()

    assert run.exit_status == 0, run.log
    assert setting.index.filenames() == [WHEEL, SDIST]


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
    """The traps of the test above work: only isolation and a clean library path avoid them."""
    _set_traps(setting)
    if flags == "-c":
        setting.runner.variables |= {"LD_LIBRARY_PATH": None, "PYTHONHOME": None}

    run = setting.runner.run(("/app/bin/python", flags, "import publisher"))

    assert run.exit_status != 0
    assert (SPRUNG in run.log) == (flags == "-c")


def test_publish__signing_leaves_the_home_directory_alone(setting: Setting) -> None:
    """Sigstore keeps its trust root in the home directory by default. The update fails: the proxy is down."""
    before = _listing(setting.runner.workspace)
    setting.runner.inputs |= {"attestations": "required", "max-attempts": "1"}
    with closed_port() as port:
        proxy = {"HTTPS_PROXY": f"http://{HOST}:{port}", "NO_PROXY": setting.address}
        setting.runner.variables |= proxy
        run = setting.runner.run()

    assert run.exit_status == 1
    assert any("Sigstore trust root" in error for error in run.errors), run.log
    assert _listing(setting.runner.workspace) == before
    assert _listing(setting.runner.home) == {}


def test_publish__with_a_company_authority(setting: Setting, tmp_path: Path) -> None:
    """The authority would fail the strict verification that is Python's default since 3.13."""
    authority = setting.runner.workspace / "company.pem"
    context = build_server(tmp_path, authority, setting.address)
    with serve(setting.index, tls=True, host=setting.address, context=context) as served:
        url = f"https://{setting.address}:{served.port}"
        setting.runner.inputs |= {"repository-url": f"{url}/legacy/", "check-url": f"{url}/simple/"}
        verify = f"import urllib.request as u; u.urlopen('{url}/simple/sample/')"
        with authority.open("ab") as file:
            # The service for ID tokens keeps its own.
            file.write((setting.runner.workspace / AUTHORITY).read_bytes())
        setting.runner.variables["SSL_CERT_FILE"] = "/github/workspace/company.pem"

        strict = setting.runner.run(("/app/bin/python", "-I", "-c", verify))
        run = setting.runner.run()

    assert "CERTIFICATE_VERIFY_FAILED" in strict.raw_log
    assert run.exit_status == 0, run.log
    assert setting.index.filenames() == [WHEEL, SDIST]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_cancel__ends_in_time_and_reports_what_is_known(setting: Setting, number: signal.Signals) -> None:
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


def test_image__has_no_shell_and_no_package_manager(runner: ContainerRunner) -> None:
    program = (
        "import os\n"
        "for root in ('/', '/usr', '/usr/local', '/app'):\n"
        "    for place in (os.path.join(root, each) for each in ('bin', 'sbin') if os.path.isdir(f'{root}/{each}')):\n"
        "        print(*os.listdir(place))"
    )
    programs = {re.sub(r"[\d.]+$", "", name) for name in _run_python(runner, program).split()}
    assert programs == {"env", "python"}


def test_image__is_compiled_and_brings_no_installer(runner: ContainerRunner) -> None:
    program = (
        "import importlib.util as u, pathlib, publisher\n"
        "sources = pathlib.Path(publisher.__file__).parent.rglob('*.py')\n"
        "print([str(s) for s in sources if not pathlib.Path(u.cache_from_source(s)).exists()])\n"
        "print([m for m in ('pip', 'setuptools', 'pytest') if u.find_spec(m)])"
    )
    assert _run_python(runner, program).split() == ["[]", "[]"]


def test_image__has_every_library_that_is_linked_to(runner: ContainerRunner) -> None:
    program = (
        "import ctypes, pathlib, sys\n"
        "for place in sys.path:\n"
        "    for path in pathlib.Path(place).rglob('*.so'):\n"
        "        ctypes.CDLL(path)\n"
        "        print(path.name)"
    )
    assert "_ssl." in _run_python(runner, program)


def test_image__resolves_names_and_trusts_the_usual_authorities(runner: ContainerRunner) -> None:
    program = (
        "import pwd, socket, ssl, tempfile\n"
        "print(socket.gethostbyname('localhost'), pwd.getpwuid(0).pw_name, tempfile.gettempdir())\n"
        "print(len(ssl.create_default_context().get_ca_certs()) > 50)"
    )
    assert _run_python(runner, program).split() == ["127.0.0.1", "root", "/tmp", "True"]  # noqa: S108


def test_image__has_the_licenses_of_what_is_inside(runner: ContainerRunner) -> None:
    """Some wheels come without one. Packages of the system have theirs in /usr/share/doc, if the base image has."""
    program = (
        "import importlib.metadata as m, os\n"
        "print([d.name for d in m.distributions() if not any('licen' in str(f).lower() or 'copying' in str(f).lower()"
        " for f in d.files or ())])\n"
        "print(os.path.exists('/app/LICENSE'), os.path.exists('/usr/share/common-licenses/GPL-3'))"
    )
    assert _run_python(runner, program).splitlines() == ["[]", "True True"]


def _set_traps(setting: Setting) -> None:
    """Fill the workspace with modules and libraries that an unprotected interpreter would load."""
    workspace = setting.runner.workspace
    for module in ("publisher", "json", "httpx"):
        (workspace / module).mkdir()
        (workspace / module / "__init__.py").write_text(TRAP)
    for module in ("sitecustomize", "usercustomize", "startup", "asyncio"):
        (workspace / f"{module}.py").write_text(TRAP)
    # Libraries that Python is linked with, as in an environment inside the workspace.
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
        "HOME": inside,
        "LD_LIBRARY_PATH": inside,
        "LD_PRELOAD": f"{inside}/libm.so.6",
        "OPENSSL_CONF": f"{inside}/startup.py",
    }


def _run_python(runner: ContainerRunner, program: str) -> str:
    """Return what a program prints in a container."""
    run = runner.run(("/app/bin/python", "-I", "-c", program))
    assert run.exit_status == 0, run.raw_log
    return run.raw_log


def _listing(directory: Path) -> dict[str, tuple[int, int, int, str]]:
    """Return owner, mode, modification time and digest of every path in a directory."""
    found = {}
    for path in sorted(directory.rglob("*")):
        about = path.lstat()
        content = sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(about.st_mode) else ""
        found[str(path.relative_to(directory))] = (about.st_uid, about.st_mode, about.st_mtime_ns, content)
    return found
