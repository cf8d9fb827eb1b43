from __future__ import annotations

import asyncio
import errno
import itertools
import os
import resource
import select
import signal
import subprocess
import sys
import threading
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from publisher.distributions.candidates import find_distributions
from publisher.distributions.finishing import finish, wait_for
from publisher.distributions.forks import WORTH_A_FORK, Fork, Team, can_fork, count_helpers
from publisher.distributions.reading import count_processors
from tests.builders import build_wheel
from tests.reading import read_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[3]

# In a process of its own, which has one thread as the program has: this one has the threads of other tests.
ALONE = """
import os
from pathlib import Path
from publisher.distributions.candidates import find_distributions
from publisher.distributions.finishing import finish, wait_for
from publisher.distributions.forks import can_fork
from tests.unit.distributions import test_forks as cases

assert can_fork()
cases.{case}
assert can_fork()
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("nothing left")
"""


def run_alone(case: str) -> None:
    command = (sys.executable, "-c", ALONE.replace("{case}", case))
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("nothing left\n", "")


def wait_for_all(forks: Sequence[Fork[T]]) -> list[T | None]:
    async def wait() -> list[T | None]:
        return await asyncio.gather(*(wait_for(fork) for fork in forks))

    try:
        return asyncio.run(wait())
    finally:
        for fork in forks:
            fork.stop()


def case_result() -> None:
    assert wait_for_all([Fork(os.getppid), Fork(os.getppid)]) == [os.getpid()] * 2


def case_more_than_a_pipe_holds() -> None:
    assert wait_for_all([Fork(lambda: 1 << (1 << 23))]) == [1 << (1 << 23)]


def case_that_is_signalled() -> None:
    """End a whole process group: the program goes on and tells, and its forks are not lost to it."""

    def work() -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
        return 7

    assert wait_for_all([Fork(work)]) == [7]


class WaitingToBeSent:
    """Comes through the pipe only once something comes through another one."""

    def __init__(self, reading: int) -> None:
        self.reading = reading

    def __reduce__(self) -> tuple[type[bytes], tuple[bytes]]:
        return bytes, (os.read(self.reading, 1),)


def case_other_work_goes_on_meanwhile() -> None:
    reading, writing = os.pipe()
    fork = Fork(lambda: (bytes(1 << 20), WaitingToBeSent(reading)))

    async def wait() -> tuple[object, ...] | None:
        waiting = asyncio.ensure_future(wait_for(fork))
        await asyncio.sleep(0)
        select.select([fork.pipe], [], [])
        for _ in range(3):
            await asyncio.sleep(0)  # here is read what there is so far
        os.write(writing, b"!")
        return await waiting

    assert asyncio.run(wait()) == (bytes(1 << 20), b"!")
    for end in (reading, writing):
        os.close(end)
    fork.stop()


def case_that_breaks() -> None:
    def work() -> int:
        raise RuntimeError("not here")

    assert wait_for_all([Fork(work)]) == [None]


def case_that_is_given_up() -> None:
    async def work() -> None:
        reading, writing = os.pipe()
        fork = Fork(lambda: os.read(reading, 1))  # nobody writes
        waiting = asyncio.ensure_future(wait_for(fork))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        fork.stop()
        os.close(reading)
        os.close(writing)

    asyncio.run(work())


def case_team(count: int) -> None:
    def work(number: int, _pause: object) -> tuple[int, int]:
        return number, os.getpid()

    with closing(Team(range(count), partial(work, _pause=None), 2)) as team:
        done, rest = asyncio.run(finish(team, [-1, -2], work, lambda: False, 1))
    assert [number for number, _ in done] == list(range(count))
    assert rest == [(-1, os.getpid()), (-2, os.getpid())]


def case_team_that_loses_one() -> None:
    here = os.getpid()

    def work(number: int, _pause: object = None) -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with closing(Team(range(100), work, 1)) as team:
        select.select([team.forks[0].pipe], [], [])
        done, _ = asyncio.run(finish(team, [], work, lambda: False, 1))
    assert done == list(range(100))


def case_nobody_reads_any_more() -> None:
    """Whoever made the fork was killed: it ends instead of waiting for someone to read."""
    fork = Fork(lambda: bytes(1 << 20))
    os.close(fork.pipe)
    assert os.waitstatus_to_exitcode(os.waitpid(-1, 0)[1]) == 1


def case_given_up_as_it_ends() -> None:
    """End the fork and whoever waits for it in the same turn of the loop."""
    told: list[object] = []

    async def work() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context))
        fork = Fork(int)
        waiting = asyncio.ensure_future(wait_for(fork))
        await asyncio.sleep(0)
        select.select([fork.pipe], [], [])
        loop.call_soon(waiting.cancel)
        await asyncio.wait([waiting])
        fork.stop()

    asyncio.run(work())
    assert not told


def case_no_memory_for_the_result() -> None:
    """Break where somebody waits, once, and not in the loop, over and over again."""

    def read(_descriptor: int, _size: int) -> bytes:
        raise MemoryError

    os.read = read
    with pytest.raises(MemoryError):
        wait_for_all([Fork(int)])


def case_team_that_breaks_here() -> None:
    """Nothing waits for the pipes any more when they are closed."""
    here, (reading, writing), is_beside = os.getpid(), os.pipe(), threading.Event()

    def work(number: int, pause: Callable[[], None] = lambda: None) -> bytes:
        while number < 0:
            is_beside.set()
            pause()  # which ends it
        if os.getpid() == here:
            is_beside.wait()
            raise RuntimeError("here")
        return os.read(reading, 1)  # nobody writes

    async def finish_in_vain() -> None:
        with closing(Team(range(100), work, 2)) as team:
            with pytest.raises(RuntimeError):
                await finish(team, [-1], work, lambda: False, 2)
            loop = asyncio.get_running_loop()
            assert not any(loop.remove_reader(fork.pipe) for fork in team.forks)

    asyncio.run(finish_in_vain())
    os.close(reading)
    os.close(writing)


def list_open_files() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def case_no_more_files(spare: int) -> None:
    """Let the process open only so many more files: what cannot be shared out is done here."""
    work, before = partial(_square, _pause=None), list_open_files()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(before) - 1 + spare, limits[1]))
    team = Team(range(100), work, 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    with closing(team):
        done, _ = asyncio.run(finish(team, [], _square, lambda: False, 1))
    assert done == [number**2 for number in range(100)]
    assert list_open_files() == before


def case_no_more_processes(most: int) -> None:
    """As under a limit of processes, which does not bind root."""
    before, fork, made = list_open_files(), os.fork, itertools.count()

    def fork_or_not() -> int:
        if next(made) >= most:
            raise BlockingIOError(errno.EAGAIN, "no more processes")
        return fork()

    os.fork = fork_or_not
    with closing(Team(range(100), partial(_square, _pause=None), 2)) as team:
        assert len(team.forks) == most
        done, _ = asyncio.run(finish(team, [], _square, lambda: False, 1))
    assert done == [number**2 for number in range(100)]
    assert list_open_files() == before


def _square(number: int, _pause: object) -> int:
    return number**2


def case_team_that_is_closed_before_it_is_done() -> None:
    reading, writing = os.pipe()
    team = Team(range(100), lambda _: os.read(reading, 1), 2)  # nobody writes
    team.close()
    team.close()
    os.close(reading)
    os.close(writing)


def case_reading(directory: Path) -> None:
    candidates = find_distributions(directory, ("dist",)).candidates
    assert read_files(candidates, directory, 1) == read_files(candidates, directory, 2)


CASES = (
    "case_result()",
    "case_more_than_a_pipe_holds()",
    "case_that_breaks()",
    "case_that_is_signalled()",
    "case_other_work_goes_on_meanwhile()",
    "case_that_is_given_up()",
    "case_team(0)",
    "case_team(7)",
    "case_team(2500)",
    "case_team(20_000)",
    "case_team_that_loses_one()",
    "case_team_that_is_closed_before_it_is_done()",
    "case_team_that_breaks_here()",
    "case_given_up_as_it_ends()",
    "case_no_memory_for_the_result()",
    "case_nobody_reads_any_more()",
    *(f"case_no_more_files({spare})" for spare in range(7)),
    "case_no_more_processes(0)",
    "case_no_more_processes(1)",
)


@pytest.mark.parametrize("case", CASES)
def test_fork__returns_what_was_computed_and_leaves_nothing(case: str) -> None:
    run_alone(case)


def test_fork__many_files_are_read_as_one_process_reads_them(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    for number in range(2 * WORTH_A_FORK):
        build_wheel(dist, tag=f"cp3{number}-none-any")
    (dist / "broken-1.0-py3-none-any.whl").write_bytes(b"no zip")
    run_alone(f"case_reading(Path({str(tmp_path)!r}))")


def test_can_fork__not_beside_other_threads() -> None:
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        assert not can_fork()
    finally:
        end.set()
        thread.join()


def test_reading__no_forks_beside_other_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [build_wheel(tmp_path, tag=f"cp3{number}-none-any") for number in range(2 * WORTH_A_FORK)]
    monkeypatch.setattr(os, "fork", None)
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        assert len(read_files(paths, tmp_path, 2)) == len(paths)
    finally:
        end.set()
        thread.join()


@pytest.mark.parametrize(
    ("items", "processors", "helpers"),
    [(0, 4, 0), (19, 4, 0), (20, 4, 1), (300, 4, 3), (300, 1, 0), (0, 1, 0), (300, 64, 7)],
)
def test_count_helpers__where_it_is_worth_it(items: int, processors: int, helpers: int) -> None:
    assert count_helpers(items, processors) == helpers


@pytest.mark.parametrize(
    ("granted", "most"),
    [("max 100000\n", None), ("", None), ("50000 100000\n", 1), ("100000 100000\n", 1), ("1000000000 100000\n", None)],
)
def test_count_processors__no_more_than_the_container_is_given(granted: str, most: int | None, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(granted)
    everything = count_processors(tmp_path / "nowhere")
    assert everything == len(os.sched_getaffinity(0))
    assert count_processors(tmp_path / "cpu.max") == (most or everything)
