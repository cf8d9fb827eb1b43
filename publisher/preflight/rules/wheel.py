"""Whether a wheel has the files that every wheel has, and they agree with the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import ConfigParser, Error
from itertools import islice

from packaging.tags import parse_tag

from publisher.distributions.inspection import Anomaly
from publisher.distributions.model import Distribution, Kind
from publisher.preflight.model import Finding
from publisher.preflight.rule import Rule, Scope, Verdict, found

WHEEL_FORMAT = "https://packaging.python.org/specifications/binary-distribution-format/"

TAGS_LIMIT = 300
"""Lines of `WHEEL` that are read, and tags that one compressed set is expanded to."""

ENTRY_POINT_LINES_LIMIT = 10_000
"""Lines of `entry_points.txt` that are parsed; the parser takes time quadratic in the number of errors."""

_TAG = re.compile(r"^Tag:[ \t]*(\S+)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_SCRIPT_NAME = re.compile(r"[\w.-]+")


Rule(
    id="wheel-files",
    title="Required file missing",
    summary="`WHEEL`, `METADATA` and `RECORD` are in the `.dist-info` directory that matches the file name",
    why="Index and installers look for them there, with name and version spelled exactly as in the file name.",
    fix="Rebuild the wheel with a current build backend. Renaming a wheel, or only its directory, breaks it.",
    sources=(WHEEL_FORMAT,),
).for_anomalies(__name__, {Anomaly.MISSING_FILE: "The wheel has no `{}`."})

Rule(
    id="wheel-record-broken",
    title="Invalid RECORD",
    summary="`RECORD` is CSV in UTF-8, without blank lines",
    why="The index parses it; a blank line causes an internal error without explanation.",
    fix="Have the tool that last changed the wheel rewrite `RECORD`, for example `wheel pack`.",
    sources=(WHEEL_FORMAT,),
    scope=Scope.PYPI,
).for_anomalies(
    __name__,
    {
        Anomaly.RECORD_UNREADABLE: "`RECORD` cannot be parsed: {}.",
        Anomaly.RECORD_BLANK_LINE: "`RECORD` has a blank line.",
    },
)

Rule(
    id="wheel-record-mismatch",
    title="RECORD does not match the wheel",
    summary="`RECORD` lists the files of the wheel with their sizes and digests",
    why="Installers verify and remove releases by it. PyPI has announced that it will refuse such wheels.",
    fix="Have the tool that last changed the wheel rewrite `RECORD`, for example `wheel pack`.",
    sources=(WHEEL_FORMAT,),
    verdict=Verdict.DOUBTFUL,
).for_anomalies(
    __name__,
    {
        Anomaly.RECORD_UNLISTED: "`RECORD` does not list `{}`.",
        Anomaly.RECORD_ABSENT: "`RECORD` lists `{}`, which is not in the wheel.",
        Anomaly.RECORD_DIFFERENT: "`{}` does not have the size or digest in `RECORD`.",
    },
)


@Rule(
    id="wheel-entry-points",
    title="Invalid entry points",
    summary="`entry_points.txt` can be parsed, and script names are valid file names",
    why="Installers create a file for each script; a slash in its name would move it to another directory.",
    fix="Correct `project.scripts` or `project.gui-scripts`: letters, digits, `_`, `.` and `-` only.",
    sources=("https://packaging.python.org/specifications/entry-points/",),
    scope=Scope.PYPI,
).for_each
def _check_entry_points(distribution: Distribution) -> Iterator[Finding]:
    data = distribution.inspection.entry_points
    if data is None or data.count(b"\n") > ENTRY_POINT_LINES_LIMIT:
        return
    parser = ConfigParser(delimiters=("=",), interpolation=None)
    # The documented way to keep the case of names.
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    try:
        parser.read_string(data.decode(), "entry_points.txt")
    except UnicodeDecodeError:
        yield found("`entry_points.txt` is not UTF-8.")
    except Error as error:
        yield found(f"`entry_points.txt` cannot be parsed: {' '.join(str(error).split())}.")
    for group in ("console_scripts", "gui_scripts"):
        for name in parser[group] if parser.has_section(group) else ():
            if not _SCRIPT_NAME.fullmatch(name):
                yield found(f"The script name `{name}` in `{group}` is not a valid file name.")


@Rule(
    id="wheel-tags",
    title="Tags differ from the file name",
    summary="The tags in `WHEEL` are those in the file name",
    why="PyPI does not compare them; some installers do, and refuse a renamed wheel.",
    fix="Change tags with `wheel tags`, which changes both, or rebuild.",
    sources=(WHEEL_FORMAT,),
    verdict=Verdict.ACCEPTED,
).for_each
def _check_tags(distribution: Distribution) -> Iterator[Finding]:
    if distribution.kind is not Kind.WHEEL:
        return
    lines = islice(_TAG.finditer(distribution.inspection.wheel), TAGS_LIMIT)
    written = {tag for line in lines for tag in _expand(line[1])}
    named = _expand("-".join(distribution.filename.removesuffix(".whl").split("-")[-3:]))
    if written and written != named:
        different = ", ".join(f"`{tag}`" for tag in sorted(written ^ named)[:3])
        yield found(f"The tags in `WHEEL` and in the file name differ: {different}.")


def _expand(compressed: str) -> set[str]:
    """Return the tags in a compressed set; an invalid or too large one as it is."""
    try:
        return {str(tag) for tag in parse_tag(compressed, limit=TAGS_LIMIT)}
    except ValueError:
        return {compressed}
