"""Publish a sample project, or a directory of distributions, to an index on this machine, and install it from there.

Everything is real except whom it talks to: the program starts as a runner starts it, over sockets, with an ID token
that is signed and verified.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.runner import Run, Runner
from tests.fakes.serving import serve
from tests.fakes.trusted_publishing import TrustedPublisher
from tests.rehearsal.reading_back import CannotReadBack, import_sample, install, read_back

SAMPLE = Path(__file__).with_name("sample")
SUFFIXES = (".whl", ".tar.gz", ".zip")


class Abandoned(Exception):
    """The rehearsal cannot begin; the text says why."""


def main(arguments: list[str]) -> int:
    """Rehearse and return the exit status: 0 published and read back, 1 not, 2 there was nothing to rehearse with."""
    given = Path(arguments[0]) if arguments else None
    with TemporaryDirectory(prefix="rehearsal-") as directory:
        try:
            runner = Runner(Path(directory))
            prepare(runner.workspace / "dist", given)
            return rehearse(runner, Path(directory) / "installed", is_sample=given is None)
        except Abandoned as reason:
            say(f"\nNothing was rehearsed: {reason}")
            return 2


def prepare(dist: Path, given: Path | None) -> None:
    """Fill `dist` with what is to be published."""
    if given is None:
        head("Building the sample project")
        build(dist)
    else:
        head(f"Taking what is in {given}")
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
        say(f"{path.name}  {path.stat().st_size:,} bytes")


def build(dist: Path) -> None:
    """Build a wheel and an sdist of the sample project."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), str(SAMPLE)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        raise Abandoned(f"the sample project could not be built:\n{built.stdout}{built.stderr}")


def rehearse(runner: Runner, target: Path, *, is_sample: bool) -> int:
    """Publish to an index on loopback, install from there, and return the exit status."""
    github = FakeGitHub(runner.job)
    index = FakeIndex(github)
    for project in find_projects(runner.workspace / "dist"):
        index.register(TrustedPublisher(project))
    with ExitStack() as stack:
        token_service = stack.enter_context(serve(github))
        served = stack.enter_context(serve(index))
        head("An index and an ID-token service are running on this machine")
        say(f"Index:             {served.url}/legacy/")
        say(f"ID tokens:         {token_service.url}")
        for publisher in index.publishers:
            say(f"Trusted Publisher: {publisher.project} <- {runner.job.repository}, {publisher.workflow}")
        runner.inputs = {
            "repository-url": f"{served.url}/legacy/",
            "check-url": f"{served.url}/simple/",
            "index-rules": "pypi",
            "wait-for-index": "30",
        }
        runner.variables = dict(github.variables(token_service.url))
        run = runner.run(timeout=3600)
        show(run)
        if run.exit_status:
            say(f"\nThe rehearsal failed: the action ended with exit status {run.exit_status}.")
            return 1
        head("Reading back from the index")
        try:
            digests = read_back(served.url, runner.workspace / "dist", say)
            installed = install(served.url, digests, target)
        except CannotReadBack as error:
            say(f"\nThe rehearsal failed: {error}")
            return 1
        say("\n".join(f"pip installed {requirement}" for requirement in installed))
        if is_sample:
            say(f"and it says: {import_sample(target)}")
    published = "1 distribution was" if len(digests) == 1 else f"{len(digests)} distributions were"
    say(f"\nThe rehearsal succeeded: {published} published and read back unchanged.")
    return 0


def find_projects(dist: Path) -> list[str]:
    """Return the normalized names of the projects whose distributions are in a directory."""
    names: set[str] = set()
    for path in dist.iterdir():
        try:
            parse = parse_wheel_filename if path.suffix == ".whl" else parse_sdist_filename
            names.add(canonicalize_name(parse(path.name)[0]))
        except (InvalidSdistFilename, InvalidWheelFilename):
            continue  # the program under rehearsal has something to say about it
    return sorted(names)


def show(run: Run) -> None:
    """Show what a maintainer would find on GitHub after the run."""
    head("The log, as GitHub would show it")
    say(run.log.rstrip())
    head("The outputs of the step")
    for name, value in run.outputs.items():
        say(f"{name}={value}")
    head("The job summary")
    say(run.summary.rstrip())


def head(text: str) -> None:
    """Begin a part."""
    say(f"\n=== {text}\n")


def say(text: str) -> None:
    """Tell the person who watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
