"""Everything outside that a run touches, made in `main` and handed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from pathlib import Path

    from structlog.typing import FilteringBoundLogger

    from publisher.ahead import Ahead
    from publisher.network.client import Client
    from publisher.network.retry import Retrying
    from publisher.report.runner import Runner
    from publisher.settings.model import RunnerVariables


@dataclass(frozen=True, slots=True)
class World:
    """The client, the clock, the runner and the signal to stop. `now` is Unix time in seconds.

    `ahead` is what was found, and is being read, since before the inputs were judged, None: nothing.
    """

    client: Client
    retrying: Retrying
    runner: Runner
    variables: RunnerVariables
    workspace: Path
    stop: asyncio.Event
    now: Callable[[], float]
    ahead: Ahead | None = None

    @property
    def log(self) -> FilteringBoundLogger:
        """Return where to say what happens."""
        return self.retrying.log
