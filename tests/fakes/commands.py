"""Parse workflow commands and file commands the way GitHub's runner does."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_NEW_FORM = re.compile(r"\s*::(?P<name>[A-Za-z][\w-]*)(?: +(?P<properties>.*?))?::(?P<data>.*)", re.DOTALL)
_OLD_FORM = re.compile(r"##\[(?P<name>[A-Za-z][\w-]*)(?: +(?P<properties>[^\]]*))?\](?P<data>.*)", re.DOTALL)
_NEWLINE = re.compile(r"\r\n|\r|\n")
_KNOWN = frozenset(
    {
        *("add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice"),
        *("remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning"),
    }
)
_ANNOTATIONS = {"error": "Error", "warning": "Warning", "notice": "Notice"}


@dataclass(frozen=True, slots=True)
class Command:
    """A workflow command in a log. `line` counts from 0."""

    line: int
    name: str
    properties: Mapping[str, str]
    data: str

    def shown(self) -> str | None:
        """Return what the log shows instead; None: nothing."""
        if self.name in _ANNOTATIONS:
            return f"{_ANNOTATIONS[self.name]}: {self.data}"
        if self.name == "group":
            return f"▼ {self.data}"
        if self.name == "debug":
            return f"##[debug]{self.data}"
        return None


def split_lines(text: str) -> list[str]:
    """Split at the line breaks of the runner, which are fewer than those of `str.splitlines`."""
    return _NEWLINE.split(text)


def parse_commands(log: str) -> list[Command]:
    """Return the commands that the runner would execute, in order; honors `stop-commands`."""
    commands: list[Command] = []
    resume: str | None = None
    for number, line in enumerate(split_lines(log)):
        command = _parse_line(number, line)
        if resume is not None:
            if command is not None and command.name == resume:
                resume = None
                commands.append(command)
            continue
        if command is None or command.name not in _KNOWN:
            continue
        if command.name == "stop-commands":
            resume = command.data
        commands.append(command)
    return commands


def _parse_line(number: int, line: str) -> Command | None:
    match = _NEW_FORM.match(line)
    escapes: tuple[tuple[str, str], ...] = (("%0D", "\r"), ("%0A", "\n"))
    if match is None:
        match = _OLD_FORM.search(line)
        escapes = (*escapes, ("%3B", ";"), ("%5D", "]"))
    if match is None:
        return None
    new_form = match.re is _NEW_FORM
    separator = "," if new_form else ";"
    property_escapes = (*escapes, ("%3A", ":"), ("%2C", ",")) if new_form else escapes
    properties = {}
    for pair in (match["properties"] or "").split(separator):
        key, found, value = pair.strip().partition("=")
        if found:
            properties[key] = _unescape(value, property_escapes)
    return Command(number, match["name"].lower(), properties, _unescape(match["data"], escapes))


def _unescape(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for code, character in escapes:
        text = text.replace(code, character)
    return text.replace("%25", "%")


def parse_file_commands(text: str) -> dict[str, str]:
    """Return the outputs in a file behind `GITHUB_OUTPUT`; raise `ValueError` if the runner would fail the step."""
    values: dict[str, str] = {}
    lines = iter(split_lines(text))
    for line in lines:
        name, equals, value = line.partition("=")
        heredoc_name, heredoc, delimiter = line.partition("<<")
        if heredoc and (not equals or len(heredoc_name) < len(name)):
            values[heredoc_name] = "\n".join(_until(delimiter, lines))
        elif equals and name:
            values[name] = value
        elif line:
            raise ValueError(f"invalid line in a file command: {line!r}")
    return values


def _until(delimiter: str, lines: Iterator[str]) -> list[str]:
    taken: list[str] = []
    for line in lines:
        if line == delimiter:
            return taken
        taken.append(line)
    raise ValueError(f"delimiter {delimiter!r} not found")
