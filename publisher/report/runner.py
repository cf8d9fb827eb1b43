"""Everything the report writes: standard output and the runner's files."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.preflight.finding import Severity
from publisher.report.outputs import render_outputs
from publisher.report.workflow_commands import neutralize, render_annotation, render_command, render_mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    from pydantic import SecretStr

    from publisher.report.masker import Masker

ANNOTATIONS_PER_KIND = 10
"""How many GitHub keeps per step."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the program runs; a path is None where the runner named no such file."""

    in_actions: bool
    output_path: Path | None = None
    summary_path: Path | None = None


@dataclass(frozen=True, slots=True)
class _Annotation:
    message: str
    title: str

    @property
    def line(self) -> str:
        return " ".join(filter(None, (f"{self.title}:" if self.title else "", self.message.replace("\n", " "))))


class Runner:
    """Speak to the runner, or to a person where there is none. Whatever it is given is scrubbed and made harmless."""

    def __init__(self, stream: TextIO, surroundings: Surroundings, masker: Masker) -> None:
        self._stream = stream
        self._surroundings = surroundings
        self._masker = masker
        self._annotations: dict[Severity, list[_Annotation]] = {severity: [] for severity in Severity}

    def write_line(self, text: str = "") -> None:
        """Write one line; line ends within it are shown as escapes."""
        self._write(neutralize(self._masker.scrub(text)))

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold the lines written meanwhile under a title. Groups cannot be nested."""
        title = neutralize(self._masker.scrub(title))
        in_actions = self._surroundings.in_actions
        self._write(render_command("group", title) if in_actions else title)
        try:
            yield
        finally:
            if in_actions:
                self._write(render_command("endgroup", ""))

    def mask(self, secret: SecretStr) -> None:
        """Hide a value from now on. It is told to the runner in Actions only, as it would be printed elsewhere."""
        self._masker.add(secret)
        if self._surroundings.in_actions:
            for command in render_mask(secret.get_secret_value()):
                self._write(command)

    def annotate(self, severity: Severity, message: str, title: str = "") -> None:
        """Keep an annotation for `flush_annotations`; the message may have lines of its own."""
        self._annotations[severity].append(_Annotation(self._harmless(message), self._harmless(title)))

    def flush_annotations(self) -> None:
        """Write the annotations kept so far: at most ten of a kind, of which the tenth counts the rest."""
        for severity, kept in self._annotations.items():
            fits = len(kept) <= ANNOTATIONS_PER_KIND or not self._surroundings.in_actions
            shown = kept if fits else kept[: ANNOTATIONS_PER_KIND - 1]
            rest = kept[len(shown) :]
            for annotation in shown:
                self._write_annotation(severity, annotation)
            for annotation in rest:
                self.write_line(f"{severity}: {annotation.line}")
            if rest:
                counted = f"{len(rest)} more {severity}s stand in the log above and in the job summary"
                self._write_annotation(severity, _Annotation(counted, ""))
            kept.clear()

    def write_outputs(self, outputs: Mapping[str, str]) -> None:
        """Append to the file behind `GITHUB_OUTPUT`; nothing where there is none.

        Outputs are names, versions and digests. They are not scrubbed: a password like `1` would ruin the JSON.
        """
        text = render_outputs(outputs, lambda: f"end-{secrets.token_hex(16)}")
        self._append(self._surroundings.output_path, text, "outputs")

    @property
    def wants_summary(self) -> bool:
        """Whether there is a file for a job summary."""
        return self._surroundings.summary_path is not None

    def write_summary(self, markdown: str) -> None:
        """Append to the file behind `GITHUB_STEP_SUMMARY`; nothing where there is none."""
        self._append(self._surroundings.summary_path, self._masker.scrub(markdown), "job summary")

    def _write_annotation(self, severity: Severity, annotation: _Annotation) -> None:
        if self._surroundings.in_actions:
            self._write(render_annotation(severity.value, annotation.message, annotation.title))
        else:
            self.write_line(f"{severity}: {annotation.line}")

    def _harmless(self, text: str) -> str:
        return "\n".join(neutralize(line) for line in self._masker.scrub(text).split("\n"))

    def _append(self, path: Path | None, text: str, what: str) -> None:
        if path is None:
            return
        try:
            with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                file.write(text)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self.annotate(Severity.WARNING, f"The {what} could not be written: {reason}")

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()
