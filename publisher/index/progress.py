"""How a large upload is getting on: at most one line per file in ten seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger

INTERVAL = 10.0
"""Seconds between two lines about one file."""

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Progress:
    """Tell the log about one file. `clock` is any clock in seconds that only goes forward."""

    filename: str
    log: FilteringBoundLogger
    clock: Callable[[], float]

    def follow(self, total: int) -> Callable[[int], None]:
        """Return what has to be told how many of the `total` bytes are sent."""
        began = last = self.clock()

        def on_progress(sent: int) -> None:
            nonlocal last
            now = self.clock()
            if now - last >= INTERVAL:
                last = now
                self.log.info(f"Uploading {self.filename}: {render_progress(sent, total, now - began)}")

        return on_progress


def render_progress(sent: int, total: int, seconds: float) -> str:
    """Say how far it is, how fast, and how long it will take."""
    rate = sent / seconds
    left = f"{(total - sent) / rate:.0f} s left" if rate else "stalled"
    return f"{sent * 100 // total} % of {total / _MEGABYTE:.1f} MB, {rate / _MEGABYTE:.1f} MB/s, {left}"
