"""The progress of each upload, and of all uploads to one index."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from structlog.typing import FilteringBoundLogger

from publisher.distributions.model import Distribution

FILE_INTERVAL = 10.0  # seconds between two lines about one file
TOTAL_INTERVAL = 20.0  # seconds between two lines about all files
_KILOBYTE, _MEGABYTE = 1_000, 1_000_000


@dataclass(slots=True)
class Progress:
    """Count the bytes sent from several threads; `sizes` are those of all files by name."""

    sizes: Mapping[str, int] = field(default_factory=dict)
    _sent: dict[str, int] = field(default_factory=dict)
    _last: tuple[float, int] | None = None  # when the last line was due, and the bytes sent by then
    _lock: Lock = field(default_factory=Lock)

    def follow(
        self, distribution: Distribution, now: Callable[[], float], log: FilteringBoundLogger
    ) -> Callable[[int], None]:
        """Return a callback that takes the number of bytes sent and logs it from time to time."""
        started = last = now()

        def on_progress(sent: int) -> None:
            nonlocal last
            time = now()
            if total := self.record(distribution.filename, sent, time):
                log.info(total)
            if time - last >= FILE_INTERVAL:
                last = time
                log.info(
                    f"Uploading {distribution.filename}: {format_progress(sent, distribution.size, time - started)}"
                )

        return on_progress

    def record(self, filename: str, sent: int, now: float) -> str | None:
        """Record how much of a file is sent; return a line about all files if the last one is old enough."""
        with self._lock:
            self._sent[filename] = sent
            total = sum(self._sent.values())
            if self._last is None:
                self._last = (now, total)
            earlier, before = self._last
            if now - earlier < TOTAL_INTERVAL or len(self.sizes) < 2:  # noqa: PLR2004 -- of one file, its own line says it all
                return None
            self._last = (now, total)
            done = sum(self._sent[name] == self.sizes[name] for name in self._sent)
        # A repeated attempt starts again from zero.
        rate = max(0, total - before) / (now - earlier) / _KILOBYTE
        megabytes = f"{total / _MEGABYTE:.1f} of {sum(self.sizes.values()) / _MEGABYTE:.1f} MB"
        return f"Sent {megabytes}, {rate:.0f} kB/s, {done} of {len(self.sizes)} files"


def format_progress(sent: int, total: int, seconds: float) -> str:
    """Format the progress, speed, and remaining time of an upload."""
    rate = sent / seconds
    left = f"{(total - sent) / rate:.0f} s left" if rate else "stalled"
    return f"{sent * 100 // total} % of {total / _MEGABYTE:.1f} MB, {rate / _KILOBYTE:.0f} kB/s, {left}"
