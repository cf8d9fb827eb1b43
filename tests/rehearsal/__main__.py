"""Publish a sample project, or a directory of distributions, to an index on this machine, and install it from there.

Everything is real except the services: the program runs the way the runner starts it, over sockets, with a signed ID
token that the index verifies.
"""

import json
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import canonicalize_name, parse_wheel_filename

from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.runner import Run, Runner
from tests.fakes.serving import serve
from tests.fakes.trusted_publishing import TrustedPublisher

SAMPLE = Path(__file__).with_name("sample")
SUFFIXES = (".whl", ".tar.gz", ".zip")
PIP = (sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "--quiet", "--no-input")


class Abandoned(Exception):
    """The rehearsal cannot start, for the given reason."""


class CannotReadBack(Exception):
    """The index does not have what was published."""


def main(arguments: list[str]) -> int:
    """Rehearse and return the exit status: 0 published and read back, 1 failed, 2 nothing to publish."""
    given = Path(arguments[0]) if arguments else None
    with TemporaryDirectory(prefix="rehearsal-") as directory:
        try:
            runner = Runner(Path(directory))
            prepare(runner.workspace / "dist", given)
            return rehearse(runner, Path(directory) / "installed", is_sample=given is None)
        except Abandoned as reason:
            write_line(f"\nNothing was rehearsed: {reason}")
            return 2


def prepare(dist: Path, given: Path | None) -> None:
    """Copy or build the distributions to publish into `dist`."""
    if given is None:
        write_heading("Building the sample project")
        build(dist)
    else:
        write_heading(f"Copying the distributions from {given}")
        if not given.is_dir():
            raise Abandoned(f"{given} is not a directory")
        dist.mkdir()
        for path in sorted(given.iterdir()):
            if path.is_file():
                shutil.copy2(path, dist)
    files = sorted(path for path in dist.iterdir() if path.name.endswith(SUFFIXES))
    if not files:
        raise Abandoned(f"there is no wheel and no sdist in {given or dist}")
    for path in files:
        write_line(f"{path.name}  {path.stat().st_size:,} bytes")


def build(dist: Path) -> None:
    """Build a wheel and an sdist of the sample project."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), str(SAMPLE)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        raise Abandoned(f"the sample project could not be built:\n{built.stdout}{built.stderr}")


def rehearse(runner: Runner, target: Path, *, is_sample: bool) -> int:
    """Publish to an index on loopback, install from there, and return the exit status."""
    github = FakeGitHub(runner.job)
    index = FakeIndex(github, deadlock_timeout=1)
    for path in (runner.workspace / "dist").iterdir():
        project, _, _ = path.name.partition("-") if path.suffix == ".whl" else path.name.rpartition("-")
        index.register(TrustedPublisher(canonicalize_name(project)))
    with ExitStack() as stack:
        token_service = stack.enter_context(serve(github))
        served = stack.enter_context(serve(index))
        write_heading("An index and an ID-token service are running on this machine")
        write_line(f"Index:             {served.url}/legacy/")
        write_line(f"ID tokens:         {token_service.url}")
        for publisher in dict.fromkeys(index.publishers):
            write_line(f"Trusted Publisher: {publisher.project} <- {runner.job.repository}, {publisher.workflow}")
        runner.inputs = {
            "repository-url": f"{served.url}/legacy/",
            "check-url": f"{served.url}/simple/",
            "index-rules": "pypi",
            "wait-for-index": "30",
        }
        runner.variables = dict(github.variables(token_service.url))
        run = runner.run(timeout=3600)
        write_report(run)
        if run.exit_status:
            write_line(f"\nThe rehearsal failed: the action ended with exit status {run.exit_status}.")
            return 1
        write_heading("Reading back from the index")
        try:
            compare(index, runner.workspace / "dist")
            install(index, f"{served.url}/simple/", target)
        except CannotReadBack as error:
            write_line(f"\nThe rehearsal failed: {error}")
            return 1
        if is_sample:
            write_line(f"and it prints: {import_sample(target)}")
    count = len(index.files)
    published = "1 distribution was" if count == 1 else f"{count} distributions were"
    write_line(f"\nThe rehearsal succeeded: {published} published and read back unchanged.")
    return 0


def compare(index: FakeIndex, dist: Path) -> None:
    """Compare what the index has with the files; raise `CannotReadBack`."""
    for path in sorted(path for path in dist.iterdir() if path.name.endswith(SUFFIXES)):
        file = index.files.get(path.name)
        if file is None or file.content != path.read_bytes():
            raise CannotReadBack(f"the index does not have the content of {path.name}")
        write_line(f"{path.name} is there, unchanged: sha256 {file.sha256}")


def install(index: FakeIndex, simple_url: str, target: Path) -> None:
    """Install every release that has a wheel for any machine; raise `CannotReadBack`."""
    wheels = [parse_wheel_filename(name) for name in index.files if name.endswith("-none-any.whl")]
    for requirement in sorted({f"{name}=={version}" for name, version, _, _ in wheels}):
        flags = ["--no-deps", "--no-cache-dir", "--only-binary=:all:", "--ignore-requires-python"]
        command = [*PIP, "install", *flags, "--index-url", simple_url, "--target", str(target), requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotReadBack(f"pip could not install {requirement}:\n{done.stdout}{done.stderr}")
        write_line(f"pip installed {requirement}")


def import_sample(target: Path) -> str:
    """Import the installed sample project in a subprocess and return its greeting."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import rehearsal_sample; print(rehearsal_sample.greet())"
    command = [sys.executable, "-I", "-c", code, str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def write_report(run: Run) -> None:
    """Print log, outputs and summary, as GitHub shows them."""
    write_heading("The log, as GitHub would show it")
    write_line(run.log.rstrip())
    write_heading("The outputs of the step")
    outputs = dict(run.outputs) | {"distributions": json.dumps(run.distributions, indent=1)}
    for name, value in outputs.items():
        write_line(f"{name}={value}")
    write_heading("The job summary")
    write_line(run.summary.rstrip())


def write_heading(text: str) -> None:
    """Print a heading."""
    write_line(f"\n=== {text}\n")


def write_line(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
