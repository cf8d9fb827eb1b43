"""Run commands as whole processes, in turn, and compare the medians."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Tool:
    """A program to measure: its command line and its environment beside `PATH`."""

    name: str
    command: Sequence[str]
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One finished run: seconds by the wall, seconds of processor, peak memory in MiB."""

    wall: float
    processor: float
    memory: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The medians of several runs."""

    name: str
    samples: Sequence[Sample]

    @property
    def wall(self) -> float:
        """Median seconds by the wall."""
        return statistics.median(sample.wall for sample in self.samples)

    @property
    def processor(self) -> float:
        """Median seconds of processor."""
        return statistics.median(sample.processor for sample in self.samples)

    @property
    def memory(self) -> float:
        """Largest peak memory in MiB."""
        return max(sample.memory for sample in self.samples)


def run_once(tool: Tool) -> Sample:
    """Run a tool to its end; raise where it fails, for a failed run is no measurement."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **tool.variables}
    began = time.perf_counter()
    process = subprocess.Popen(
        tool.command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None  # noqa: S101 -- it was asked for above
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{tool.name} failed:\n{said.decode(errors='replace')}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def run_in_turn(tools: Sequence[Tool], runs: int) -> list[Figures]:
    """Run the tools in turn, once to warm up and then `runs` times: what drifts, drifts for all of them."""
    samples: dict[str, list[Sample]] = {tool.name: [] for tool in tools}
    for number in range(runs + 1):
        for tool in tools:
            sample = run_once(tool)
            if number:
                samples[tool.name].append(sample)
    return [Figures(tool.name, samples[tool.name]) for tool in tools]


def print_figures(title: str, figures: Sequence[Figures], bounds: Mapping[str, float]) -> bool:
    """Print what was measured; tell whether ours is within `bounds`, which are ratios to a peer's time."""
    print(f"\n{title}")
    for each in figures:
        print(f"  {each.name:6} {each.wall:8.3f} s   processor {each.processor:7.3f} s   peak {each.memory:6.1f} MiB")
    walls = {each.name: each.wall for each in figures}
    is_kept = True
    for peer, bound in bounds.items():
        ratio = walls["ours"] / walls[peer]
        is_kept &= ratio <= bound
        print(f"  ours / {peer} = {ratio:.2f} (at most {bound}: {'kept' if ratio <= bound else 'MISSED'})", flush=True)
    return is_kept
