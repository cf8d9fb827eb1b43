"""One readable line per event: the sentence first, then its details as `key=value`.

`structlog` is imported by `configure_logging` alone and nowhere at module level: others are handed the logger.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from types import ModuleType

    from structlog.typing import FilteringBoundLogger

    from publisher.report.masker import Masker

_PLAIN_LEVELS = frozenset({"debug", "info"})


class _Lines:
    """The end of the chain: give the finished line away, whatever its level."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.debug = self.info = self.warning = self.error = write


def configure_logging(write: Callable[[str], None], masker: Masker, *, verbose: bool) -> FilteringBoundLogger:
    """Return a logger that scrubs, renders and passes on whole lines; `write` neutralizes and ends them."""

    def render(_logger: object, level: str, event: MutableMapping[str, Any]) -> str:
        return masker.scrub(render_event(level, event))

    structlog = _import_structlog()
    log: FilteringBoundLogger = structlog.wrap_logger(
        _Lines(write),
        processors=[render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        context_class=dict,
    )
    return log


def render_event(level: str, event: MutableMapping[str, Any]) -> str:
    """Render the sentence, the level where it matters, and the details in the order in which they were given."""
    details = dict(event)
    sentence = str(details.pop("event", ""))
    prefix = "" if level in _PLAIN_LEVELS else f"{level}: "
    return "  ".join((prefix + sentence, *(f"{key}={_render_value(value)}" for key, value in details.items())))


def _render_value(value: object) -> str:
    text = str(value)
    if text and text.isprintable() and not any(character in text for character in " \"='"):
        return text
    return json.dumps(text, ensure_ascii=False)


def _import_structlog() -> ModuleType:
    """Import structlog without `rich`, which it would only use for colored tracebacks and which costs 90 ms."""
    hide = "rich" not in sys.modules
    if hide:
        # None makes `import rich` raise ImportError, the case of a machine that does not have it.
        sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        import structlog  # noqa: PLC0415 -- see the module's docstring
    finally:
        if hide:
            del sys.modules["rich"]
    return structlog
