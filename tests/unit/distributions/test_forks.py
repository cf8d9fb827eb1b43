from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from publisher.distributions.candidates import find_distributions
from publisher.distributions.forks import WORTH_A_FORK, Fork, can_fork, share_out
from tests.builders import build_wheel
from tests.reading import read_files

ROOT = Path(__file__).resolve().parents[3]

# In a process of its own, which has one thread as the program has: this one has the threads of other tests.
ALONE = """
import os
from pathlib import Path
from publisher.distributions.candidates import find_distributions
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


def result_of(fork: Fork[int]) -> int:
    async def work() -> int:
        try:
            return await fork.result()
        finally:
            fork.stop()

    return asyncio.run(work())


def case_result() -> None:
    here = os.getpid()
    assert result_of(Fork(os.getpid)) != here


def case_more_than_a_pipe_holds() -> None:
    assert result_of(Fork(lambda: 1 << (1 << 23))) == 1 << (1 << 23)


def case_that_breaks() -> None:
    here = os.getpid()

    def work() -> int:
        if os.getpid() != here:
            raise RuntimeError("not here")
        return 7

    assert result_of(Fork(work)) == 7


def case_that_is_given_up() -> None:
    async def work() -> None:
        reading, writing = os.pipe()
        fork = Fork(lambda: os.read(reading, 1))  # nobody writes
        waiting = asyncio.ensure_future(fork.result())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        fork.stop()
        os.close(reading)
        os.close(writing)

    asyncio.run(work())


def case_reading(directory: Path) -> None:
    candidates = find_distributions(directory, ("dist",)).candidates

    def read(processors: int) -> object:
        return read_files(candidates, directory, processors)

    assert read(1) == read(2)


@pytest.mark.parametrize(
    "case", ["case_result()", "case_more_than_a_pipe_holds()", "case_that_breaks()", "case_that_is_given_up()"]
)
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


@pytest.mark.parametrize(
    ("items", "processors", "sizes"),
    [(0, 4, [0]), (99, 4, [99]), (100, 4, [50, 50]), (301, 4, [76, 75, 75, 75]), (301, 1, [301])],
)
def test_share_out__where_it_is_worth_it(items: int, processors: int, sizes: list[int]) -> None:
    shares = share_out(range(items), processors)
    assert [len(share) for share in shares] == sizes
    assert sorted(item for share in shares for item in share) == list(range(items))
