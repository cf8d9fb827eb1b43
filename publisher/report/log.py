"""The log and its annotations: the only module that prints, and the logger whose events end up there."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from types import SimpleNamespace
from typing import Any, TextIO

import structlog
from pydantic import SecretStr
from structlog.typing import FilteringBoundLogger

from publisher.preflight.model import Severity
from publisher.report.masking import Masker
from publisher.report.workflow_commands import neutralize, render_annotation, render_command, render_mask

ANNOTATIONS_PER_KIND = 10  # GitHub keeps no more of a step


@dataclass(frozen=True, slots=True)
class Console:
    """Standard output, shared by threads and read by GitHub's runner if `in_actions`; text is made harmless."""

    stream: TextIO
    in_actions: bool
    masker: Masker = field(default_factory=Masker)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def write_line(self, text: str) -> None:
        """Write one line; line ends inside the text become escapes."""
        self._write(self._clean(text))

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold the lines written in this context under a title; groups do not nest."""
        title = self._clean(title)
        self._write(render_command("group", title) if self.in_actions else title)
        try:
            yield
        finally:
            if self.in_actions:
                self._write(render_command("endgroup", ""))

    def mask(self, secret: SecretStr) -> None:
        """Hide a secret from now on. Only in Actions is it sent to the runner; elsewhere that would print it."""
        with self._lock:
            is_new = self.masker.add(secret)
        if is_new and self.in_actions:
            for command in render_mask(secret.get_secret_value()):
                self._write(command)

    def write_annotation(self, severity: Severity, message: str, title: str = "") -> None:
        """Write an annotation, whose message may span lines; outside of Actions, write a plain line."""
        if self.in_actions:
            lines = "\n".join(neutralize(line) for line in self.masker.scrub(message).split("\n"))
            self._write(render_annotation(severity.value, lines, self._clean(title)))
        else:
            self.write_plain(severity, message, title)

    def write_plain(self, severity: Severity, message: str, title: str = "") -> None:
        """Write the text of an annotation as one ordinary line."""
        self.write_line(f"{severity}: {f'{title}: ' if title else ''}{message}".replace("\n", " "))

    def _clean(self, text: str) -> str:
        return neutralize(self.masker.scrub(text))

    def _write(self, line: str) -> None:
        with self._lock:
            self.stream.write(f"{line}\n")
            self.stream.flush()


class Annotations:
    """Write errors and warnings, each once: nine annotations of a kind, plain lines, and at the end the tenth."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._added: dict[Severity, list[tuple[str, str]]] = {severity: [] for severity in Severity}
        self._written = dict.fromkeys(Severity, 0)

    def add(self, severity: Severity, message: str, title: str = "") -> None:
        """Keep an annotation for the next `flush`, unless an equal one was added before."""
        if (message, title) not in self._added[severity]:
            self._added[severity].append((message, title))

    def flush(self) -> None:
        """Write what was added since the last flush, errors first."""
        for severity, added in self._added.items():
            for number in range(self._written[severity], len(added)):
                fits = number < ANNOTATIONS_PER_KIND - 1
                write = self._console.write_annotation if fits else self._console.write_plain
                write(severity, *added[number])
            self._written[severity] = len(added)

    def finish(self) -> None:
        """Flush, then write the tenth annotation of each kind: the one that did not fit, or how many did not."""
        self.flush()
        if not self._console.in_actions:
            return
        for severity, added in self._added.items():
            rest = added[ANNOTATIONS_PER_KIND - 1 :]
            if len(rest) == 1:
                self._console.write_annotation(severity, *rest[0])
            elif rest:
                text = f"{len(rest)} more {severity}s are in the log above and in the job summary"
                self._console.write_annotation(severity, text)


def configure_logging(write: Callable[[str], None], *, verbose: bool) -> FilteringBoundLogger:
    """Return a logger that writes lines; `write` scrubs and neutralizes them."""
    log: FilteringBoundLogger = structlog.wrap_logger(
        SimpleNamespace(debug=write, info=write, warning=write, error=write),
        processors=[lambda _, level, event: render_event(level, event)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
    )
    return log


def render_event(level: str, event: MutableMapping[str, Any]) -> str:
    """Render the message first, prefixed by its level from warning up, then its details as `key=value`."""
    details = dict(event)
    message = str(details.pop("event", ""))
    prefix = f"{level}: " if level in {"warning", "error"} else ""
    return "  ".join((prefix + message, *(f"{key}={_render_value(value)}" for key, value in details.items())))


def _render_value(value: object) -> str:
    text = str(value)
    if text and text.isprintable() and not any(character in text for character in " \"='"):
        return text
    return json.dumps(text, ensure_ascii=False)
