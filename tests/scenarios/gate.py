"""Stop a service at a point of the run, so that a test can interrupt the run there."""

import asyncio
import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.service import FakeService, Seen


class Gate:
    """Hold every request to an endpoint of a service, starting with the `number`th."""

    def __init__(self, service: FakeService, endpoint: str, number: int = 1) -> None:
        self._endpoint = endpoint
        self._left = number
        self._reached = threading.Event()
        service.pause = self._pause

    async def _pause(self, seen: Seen) -> None:
        if self._endpoint in {seen.endpoint, ""}:
            self._left -= 1
        if self._left <= 0 and self._endpoint in {seen.endpoint, ""}:
            self._reached.set()
            await asyncio.Event().wait()

    def wait(self) -> None:
        """Return as soon as a request is held."""
        assert self._reached.wait(30), f"no request for {self._endpoint or 'anything'} came"


@contextmanager
def noticing_reads(directory: Path) -> Iterator[Callable[[], None]]:
    """Yield a function that waits until a file in `directory` is read."""
    read = threading.Event()
    before = signal.signal(signal.SIGIO, lambda *_: read.set())
    watched = os.open(directory, os.O_RDONLY)
    try:
        fcntl.fcntl(watched, fcntl.F_NOTIFY, fcntl.DN_ACCESS)

        def wait() -> None:
            assert read.wait(30), f"nothing in {directory} was read"

        yield wait
    finally:
        os.close(watched)
        signal.signal(signal.SIGIO, before)
