"""The log and its annotations: the only module that prints, and the logger that writes through it."""

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
from publisher.report.harmless import neutralize
from publisher.report.masking import Masker

ANNOTATION_LIMIT = 4096  # UTF-16 code units of an annotation's message that GitHub keeps
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
    _annotations: dict[Severity, set[tuple[str, str]]] = field(
        default_factory=lambda: {severity: set() for severity in Severity}, init=False, repr=False
    )

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
            value = secret.get_secret_value()
            # Logs are masked line by line.
            for part in dict.fromkeys((value, *value.splitlines())):
                if part.strip():
                    self._write(render_command("add-mask", part))

    def write_annotation(self, severity: Severity, message: str, title: str = "") -> None:
        """Write an annotation, whose message may span lines, unless an equal one was written before.

        After nine of a kind, and outside of Actions, it is a plain line.
        """
        written = self._annotations[severity]
        if (message, title) in written:
            return
        written.add((message, title))
        if self.in_actions and len(written) < ANNOTATIONS_PER_KIND:
            self._annotate(severity, message, title)
        else:
            self.write_line(f"{f'{title}: ' if title else ''}{message}".replace("\n", " "), severity)

    def write_tenth_annotations(self) -> None:
        """Count in the tenth annotation of each kind those that were written as plain lines."""
        for severity, written in self._annotations.items():
            rest = len(written) - ANNOTATIONS_PER_KIND + 1
            if rest > 0 and self.in_actions:
                noun, verb = (severity.value, "is") if rest == 1 else (f"{severity}s", "are")
                text = f"{rest} more {noun} {verb} in the log above and in the job summary."
                self._annotate(severity, text, f"More {severity}s")

    def write_notice(self, message: str) -> None:
        """Write a `notice`, which GitHub shows with the annotations; outside of Actions, write a plain line."""
        if self.in_actions:
            self._annotate("notice", message)
        else:
            self.write_line(message)

    def _annotate(self, kind: str, message: str, title: str = "") -> None:
        lines = "\n".join(neutralize(line) for line in self.masker.scrub(message).split("\n"))
        self._write(render_annotation(kind, lines, self._clean(title)))

    def _clean(self, text: str) -> str:
        return neutralize(self.masker.scrub(text))

    def _write(self, line: str) -> None:
        with self._lock:
            self.stream.write(f"{line}\n")
            self.stream.flush()


def configure_logging(write: Callable[..., None], *, verbose: bool) -> FilteringBoundLogger:
    """Return a logger that writes lines with `write(text, severity=...)`, which scrubs and neutralizes them."""
    warn, fail = (partial(write, severity=severity) for severity in (Severity.WARNING, Severity.ERROR))
    log: FilteringBoundLogger = structlog.wrap_logger(
        SimpleNamespace(debug=write, info=write, warning=warn, error=fail),
        processors=[lambda _logger, _level, event: str(event["event"])],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
    )
    return log


def escape_data(text: str) -> str:
    """Escape the data of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def render_command(name: str, data: str, title: str = "") -> str:
    """Render a command without a line end; an empty title is omitted."""
    escaped = escape_data(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{name}{f' title={escaped}' if title else ''}::{escape_data(data)}"


def render_annotation(kind: str, message: str, title: str = "") -> str:
    """Render an `error` or `warning`; the message is cut before it is escaped, so no escape is cut in two."""
    encoded = message.encode("utf-16-le", "surrogatepass")
    if len(encoded) > 2 * ANNOTATION_LIMIT:
        message = encoded[: 2 * (ANNOTATION_LIMIT - 1)].decode("utf-16-le", "ignore") + "…"
    return render_command(kind, message, title)
