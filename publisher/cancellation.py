"""The signal to stop, as a value."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from publisher.errors import Cancelled

T = TypeVar("T")

GRACE = 3.0  # seconds that uploads in flight get when the run is cancelled


class Stop:
    """Whether the run has been asked to stop. Calls still running then are abandoned in their threads."""

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace
        self._request: Future[None] = Future()

    @property
    def is_requested(self) -> bool:
        """Whether `request` was called."""
        return self._request.done()

    def request(self) -> None:
        """Ask the run to stop; idempotent."""
        if not self.is_requested:
            self._request.set_result(None)

    def run(self, stage: str, call: Callable[[], T], *, grace: float = 0) -> T:
        """Return or raise what `call` does; raise `Cancelled` if the stop is requested first.

        `grace` is how many seconds the call still gets to end by itself.
        """
        executor = ThreadPoolExecutor(1)
        work = executor.submit(call)
        executor.shutdown(wait=False)
        waited: set[Future[Any]] = {work, self._request}
        wait(waited, return_when=FIRST_COMPLETED)
        if not work.done():
            wait({work}, timeout=grace)
            raise Cancelled(stage)
        return work.result()

    def wait(self, work: Iterable[Future[Any]]) -> None:
        """Wait until all `work` is done, but no longer than the grace period after the stop is requested."""
        pending: set[Future[Any]] = set(work)
        while pending and not self.is_requested:
            pending -= wait({*pending, self._request}, return_when=FIRST_COMPLETED).done
        wait(pending, timeout=self._grace)
