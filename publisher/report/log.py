"""The log and its annotations: the only module that prints, and the logger whose events end up there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from types import SimpleNamespace
from typing import TextIO

import structlog
from pydantic import SecretStr
from structlog.typing import FilteringBoundLogger

from publisher.preflight.model import Severity
from publisher.report.masking import Masker
from publisher.report.workflow_commands import neutralize, render_annotation, render_command, render_mask

ANNOTATIONS_PER_KIND = 10  # GitHub keeps no more of a step
_COLORS = {Severity.ERROR: "\x1b[31m", Severity.WARNING: "\x1b[33m"}  # red, yellow
_PLAIN = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Console:
    """Standard output, shared by threads and read by GitHub's runner if `in_actions`; text is made harmless."""

    stream: TextIO
    in_actions: bool
    masker: Masker = field(default_factory=Masker)
    in_color: bool = False
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def write_line(self, text: str, severity: Severity | None = None) -> None:
        """Write one line, prefixed with its severity if any; line ends inside the text become escapes."""
        line = self._clean(text)
        if severity is not None:
            line = f"{severity}: {line}"
            line = f"{_COLORS[severity]}{line}{_PLAIN}" if self.in_color else line
        self._write(line)

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
        self.write_line(f"{f'{title}: ' if title else ''}{message}".replace("\n", " "), severity)

    def write_notice(self, message: str) -> None:
        """Write a `notice`, which GitHub shows with the annotations; outside of Actions, write a plain line."""
        if self.in_actions:
            self._write(render_annotation("notice", self._clean(message)))
        else:
            self.write_line(message)

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
        """Flush, then count in the tenth annotation of each kind those that were written as plain lines."""
        self.flush()
        for severity, added in self._added.items():
            rest = len(added) - ANNOTATIONS_PER_KIND + 1
            if rest > 0 and self._console.in_actions:
                noun, verb = (severity.value, "is") if rest == 1 else (f"{severity}s", "are")
                text = f"{rest} more {noun} {verb} in the log above and in the job summary."
                self._console.write_annotation(severity, text, f"More {severity}s")


def configure_logging(write: Callable[..., None], *, verbose: bool) -> FilteringBoundLogger:
    """Return a logger that writes lines with `write(text, severity=...)`, which scrubs and neutralizes them."""
    warn, fail = (partial(write, severity=severity) for severity in (Severity.WARNING, Severity.ERROR))
    log: FilteringBoundLogger = structlog.wrap_logger(
        SimpleNamespace(debug=write, info=write, warning=warn, error=fail),
        processors=[lambda _logger, _level, event: str(event["event"])],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
    )
    return log
