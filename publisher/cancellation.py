"""Drop what is under way when the run is to stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from publisher.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


async def unless_stopped(stop: asyncio.Event, stage: str, work: Coroutine[object, object, T]) -> T:
    """Do the work, or drop it and raise `Cancelled` as soon as `stop` is set."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        working.cancel()
        await asyncio.wait((working,))
        if not working.cancelled():
            working.exception()  # what went wrong on the way out is nobody's concern any more
        raise Cancelled(stage)
    finally:
        stopping.cancel()
        working.cancel()
