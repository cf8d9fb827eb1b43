"""Whether a wheel holds what every wheel holds, and whether that agrees with the rest."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from packaging.tags import parse_tag

from publisher.distributions.inspection import Anomaly
from publisher.distributions.model import Kind
from publisher.preflight.observations import report
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution

WHEEL_FORMAT = "https://packaging.python.org/specifications/binary-distribution-format/"

TAGS_LIMIT = 300
"""Lines of `WHEEL` that are looked at, and tags that one compressed set of them may stand for."""

ENTRY_POINT_LINES_LIMIT = 10_000
"""Lines of `entry_points.txt` that are parsed: the parser's time grows with the square of what is wrong in them."""

_SCRIPT_GROUPS = ("console_scripts", "gui_scripts")
_TAG = re.compile(r"^Tag:[ \t]*(\S+)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_SCRIPT_NAME = re.compile(r"[\w.-]+")

# What nearly all files of entry points look like. A name that is there twice may be an error, or not.
_PLAIN_GROUPS = re.compile(rb"(?:\[[A-Za-z0-9_.-]+\]\n(?:[A-Za-z0-9_.-]+ ?= ?[A-Za-z0-9_.:]+\n)+\n*)*")
_PLAIN_NAME = re.compile(rb"^\[?[A-Za-z0-9_.-]+", re.MULTILINE)


@for_each(
    Rule(
        id="wheel-files",
        summary="`WHEEL`, `METADATA` and `RECORD` lie in the `.dist-info` directory that the file name gives",
        why="Index and installers look for them there, letter by letter: name and version spelled as in the file name.",
        fix="Build the wheel again with a current build backend. Renaming a wheel, or its directory alone, breaks it.",
        sources=(WHEEL_FORMAT, "wheel-wheel-file", "wheel-metadata-present", "wheel-record-present"),
    )
)
def check_files(distribution: Distribution) -> Iterator[Flaw]:
    """Report which of them are not there."""
    name, version = distribution.filename.split("-")[:2]
    for flaw in report(distribution, {Anomaly.MISSING_FILE: "{}"}):
        yield Flaw(f"The wheel holds no `{name}-{version}.dist-info/{flaw.message}`.")


@for_each(
    Rule(
        id="wheel-record-broken",
        summary="`RECORD` is CSV in UTF-8, without blank lines",
        why="The index parses it, and fails over a blank line with an internal error that says nothing.",
        fix="Have the tool that last changed the wheel write `RECORD` anew, for example `wheel pack`.",
        sources=(WHEEL_FORMAT, "wheel-record-present", "wheel-record-blank-line"),
        scope=Scope.PYPI,
    )
)
def check_record(distribution: Distribution) -> Iterator[Flaw]:
    """Report a `RECORD` that cannot be parsed."""
    yield from report(
        distribution,
        {
            Anomaly.RECORD_UNREADABLE: "`RECORD` cannot be parsed: {}.",
            Anomaly.RECORD_BLANK_LINE: "`RECORD` has a blank line{}.",
        },
    )


@for_each(
    Rule(
        id="wheel-record-mismatch",
        summary="`RECORD` lists the files of the wheel, with their sizes and digests",
        why="It is how an installed release is verified and removed. PyPI sends a mail to the owners and has "
        "announced to refuse such wheels.",
        fix="Have the tool that last changed the wheel write `RECORD` anew, for example `wheel pack`.",
        sources=(WHEEL_FORMAT, "wheel-record-match"),
        verdict=Verdict.DOUBTFUL,
    )
)
def check_record_match(distribution: Distribution) -> Iterator[Flaw]:
    """Report files on one side only, and other contents."""
    yield from report(
        distribution,
        {
            Anomaly.RECORD_UNLISTED: "`RECORD` does not list `{}`.",
            Anomaly.RECORD_ABSENT: "`RECORD` lists `{}`, which is not in the wheel.",
            Anomaly.RECORD_DIFFERENT: "`{}` has another size or digest than `RECORD` says.",
        },
    )


@for_each(
    Rule(
        id="wheel-entry-points",
        summary="`entry_points.txt` can be parsed, and scripts have names that files can have",
        why="Installers make a file for each script; a name with a slash or a blank would end somewhere else.",
        fix="Correct `project.scripts`, `project.gui-scripts` or `project.entry-points`: letters, digits, `_`, `.` "
        "and `-` only.",
        sources=(
            "https://packaging.python.org/specifications/entry-points/",
            "wheel-entry-points-utf8",
            "wheel-entry-points-ini",
            "wheel-entry-points-names",
        ),
        scope=Scope.PYPI,
    )
)
def check_entry_points(distribution: Distribution) -> Iterator[Flaw]:
    """Parse the file as the index does."""
    data = distribution.inspection.entry_points
    if data is None or data.count(b"\n") > ENTRY_POINT_LINES_LIMIT:
        return
    yield from _judge_entry_points(data)


def _judge_entry_points(data: bytes) -> Iterator[Flaw]:
    if is_surely_valid(data):
        return
    import configparser  # noqa: PLC0415 -- hardly any file needs it

    # No delimiter but one, no interpolation, and names keep their case: the last is told in no other way.
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    try:
        parser.read_string(data.decode(), "entry_points.txt")
    except UnicodeDecodeError:
        yield Flaw("`entry_points.txt` is not UTF-8.")
        return
    except configparser.Error as error:
        yield Flaw(f"`entry_points.txt` cannot be parsed: {' '.join(str(error).split())}.")
        return
    for group in _SCRIPT_GROUPS:
        for name in parser[group] if parser.has_section(group) else ():
            if not _SCRIPT_NAME.fullmatch(name):
                yield Flaw(f"The script `{name}` in `{group}` has a name that no command can have.")


def is_surely_valid(entry_points: bytes) -> bool:
    """Tell whether there is nothing to say against the file, without parsing it; False where only that can tell."""
    names = _PLAIN_NAME.findall(entry_points)
    return bool(_PLAIN_GROUPS.fullmatch(entry_points)) and len(names) == len(set(names))


@for_each(
    Rule(
        id="wheel-tags",
        summary="The tags in `WHEEL` are those in the file name",
        why="PyPI does not look; some installers do, and refuse a wheel that was renamed.",
        fix="Change tags with `wheel tags`, which changes both, or build again.",
        sources=(WHEEL_FORMAT,),
        verdict=Verdict.REGRETTED,
    )
)
def check_tags(distribution: Distribution) -> Iterator[Flaw]:
    """Compare both sets of tags."""
    if distribution.kind is not Kind.WHEEL:
        return
    written = islice(_TAG.finditer(distribution.inspection.wheel), TAGS_LIMIT)
    tags = {tag for line in written for tag in _expand(line[1])}
    named = _expand("-".join(distribution.filename.removesuffix(".whl").split("-")[-3:]))
    if tags and tags != named:
        yield Flaw(
            f"`WHEEL` has other tags than the file name: {', '.join(f'`{tag}`' for tag in sorted(tags ^ named)[:3])}."
        )


def _expand(compressed: str) -> set[str]:
    """Give each tag that a compressed set stands for; what is none, or one of too many, stands for itself."""
    try:
        return {str(tag) for tag in parse_tag(compressed, limit=TAGS_LIMIT)}
    except ValueError:
        return {compressed}
