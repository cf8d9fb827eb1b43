"""Read distributions as a run does, without judging them."""

from __future__ import annotations

import asyncio
import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from publisher.distributions.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from publisher.distributions.model import Distribution, Unreadable


def read_files(
    paths: Sequence[Path], workspace: Path, processors: int = 1, stopped: Callable[[], bool] = lambda: False
) -> tuple[Distribution | Unreadable, ...]:
    """Read files and return what is read of each."""
    with closing(Reading(paths, workspace, keep, processors)) as reading:
        return asyncio.run(reading.finish(stopped))


def keep(distribution: Distribution, _pause: object) -> Distribution:
    """Judge nothing."""
    return distribution


@contextmanager
def unprivileged() -> Iterator[None]:
    """Be a user whom permissions bind: in a container, tests run as root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
