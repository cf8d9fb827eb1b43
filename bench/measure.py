"""Run commands as whole processes, in turn, and compare the medians."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tool:
    """A program to measure: its command line, and its environment in addition to `PATH` and `HOME`."""

    name: str
    command: Sequence[str]
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One finished run: wall time and processor time in seconds, peak memory in MiB."""

    wall: float
    processor: float
    memory: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The samples of one tool."""

    name: str
    samples: Sequence[Sample]

    @property
    def wall(self) -> float:
        """Return the median wall time in seconds."""
        return statistics.median(sample.wall for sample in self.samples)

    @property
    def processor(self) -> float:
        """Return the median processor time in seconds."""
        return statistics.median(sample.processor for sample in self.samples)

    @property
    def memory(self) -> float:
        """Return the largest peak memory in MiB."""
        return max(sample.memory for sample in self.samples)


def run_once(tool: Tool) -> Sample:
    """Run a tool; raise `RuntimeError` if it fails, since a failed run is no measurement."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **tool.variables}
    began = time.perf_counter()
    process = subprocess.Popen(
        tool.command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None  # noqa: S101 -- for mypy
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{tool.name} failed:\n{output.decode(errors='replace')[-4000:]}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def run_in_turn(tools: Sequence[Tool], runs: int, after: Callable[[Tool], None] = lambda _: None) -> list[Figures]:
    """Run the tools in turn, once to warm up and then `runs` times; call `after` after each run."""
    samples: dict[str, list[Sample]] = {tool.name: [] for tool in tools}
    for number in range(runs + 1):
        for tool in tools:
            sample = run_once(tool)
            after(tool)
            if number:
                samples[tool.name].append(sample)
    return [Figures(tool.name, samples[tool.name]) for tool in tools]


def print_figures(title: str, figures: Sequence[Figures]) -> None:
    """Print the medians."""
    print(f"\n{title}")
    for each in figures:
        print(f"  {each.name:6} {each.wall:8.3f} s   processor {each.processor:7.3f} s   peak {each.memory:6.1f} MiB")


def check_bound(label: str, value: float, bound: float, unit: str = "") -> bool:
    """Print a value beside its upper bound; return whether the bound holds."""
    is_kept = value <= bound
    print(f"  {label} = {value:.2f}{unit} (at most {bound:g}{unit}: {'kept' if is_kept else 'MISSED'})", flush=True)
    return is_kept
