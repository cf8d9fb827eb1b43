"""Whether the files in `.dist-info` are present, valid, and consistent with the wheel."""

import re
from collections.abc import Iterator
from configparser import ConfigParser, Error
from contextlib import suppress
from itertools import islice

from packaging.tags import parse_tag

from publisher.distributions.inspection import Anomaly
from publisher.distributions.model import Distribution, Kind
from publisher.preflight.model import Finding
from publisher.preflight.rule import Rule, Scope, Verdict, advice, found
from publisher.preflight.rules.installers import TAGS_LIMIT, WHEEL_FORMAT, written_tags

# Lines of `entry_points.txt` that are parsed; the parser takes time quadratic in the number of errors.
ENTRY_POINT_LINES_LIMIT = 10_000

_TAG = re.compile(r"^Tag:[ \t]*(\S+)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_SCRIPT_NAME = re.compile(r"[\w.-]+")

# pip and uv accept more than identifiers as the name of a function.
_SCRIPT_TARGET = re.compile(r"\w+(\.\w+)*:\w[\w.-]*\s*(\[[^\[\]]+\])?")

_ENTRY_POINTS = "https://packaging.python.org/specifications/entry-points/"


Rule(
    id="wheel-files",
    title="Required file missing",
    why="Index and installers look for `WHEEL`, `METADATA`, and `RECORD` in the `.dist-info` directory.",
    fix="Rebuild the wheel with a current build backend.",
    sources=(WHEEL_FORMAT,),
).for_anomalies({Anomaly.MISSING_FILE: "The wheel has no `{}`."})

Rule(
    id="wheel-record",
    title="Invalid RECORD",
    why="PyPI parses it, and will refuse wheels with files that it does not list. Installers read the rest.",
    fix="Have the tool that last changed the wheel rewrite `RECORD`, for example `wheel pack`.",
    sources=(WHEEL_FORMAT,),
).for_anomalies(
    {
        Anomaly.RECORD_UNREADABLE: "`RECORD` cannot be parsed: {}.",
        Anomaly.RECORD_BLANK_LINE: "`RECORD` has a blank line.",
        Anomaly.RECORD_UNLISTED: "`RECORD` does not list `{}`.",
        Anomaly.RECORD_ABSENT: "`RECORD` lists `{}`, which is not in the wheel.",
        Anomaly.RECORD_ROW: "Installers refuse the row `{}` in `RECORD`: it is not path, digest, and size.",
        Anomaly.RECORD_DIFFERENT: "`{}` does not have the size or digest in `RECORD`.",
        Anomaly.RECORD_HEXADECIMAL: "`RECORD` has hexadecimal digests, as of `{}`; the specification requires base64.",
    },
    doubtful=[Anomaly.RECORD_UNLISTED, Anomaly.RECORD_ABSENT],
    accepted=[Anomaly.RECORD_ROW, Anomaly.RECORD_DIFFERENT, Anomaly.RECORD_HEXADECIMAL],
)


@Rule(
    id="wheel-entry-points",
    title="Invalid entry points",
    why="For each script, installers create a program of that name that calls `module:function`.",
    fix='Write `name = "module:function"` in `project.scripts`, or correct the tool that writes `entry_points.txt`.',
    sources=(_ENTRY_POINTS,),
).for_each
def _check_entry_points(distribution: Distribution) -> Iterator[Finding]:
    try:
        scripts = _parse_scripts(distribution)
    except UnicodeDecodeError:
        yield found("`entry_points.txt` is not UTF-8.")
        return
    except Error as error:
        yield found(f"`entry_points.txt` cannot be parsed: {' '.join(str(error).split())}.")
        return
    for group, name, target in scripts:
        if "/" in name:
            yield found(f"The script name `{name}` in `{group}` has a slash.")
        if not _SCRIPT_TARGET.fullmatch(target):
            yield advice(f"Installers refuse the script `{name} = {target}` in `{group}`: it is not `module:function`.")


@Rule(
    id="wheel-script-name",
    title="Invalid script name",
    why="PyPI accepts letters, digits, `_`, `.`, and `-` in the names of scripts, which become names of files.",
    fix="Correct the name in `project.scripts` or `project.gui-scripts`.",
    sources=(_ENTRY_POINTS,),
    scope=Scope.PYPI,
).for_each
def _check_script_names(distribution: Distribution) -> Iterator[Finding]:
    with suppress(UnicodeDecodeError, Error):  # as `wheel-entry-points` reports
        for group, name, _ in _parse_scripts(distribution):
            if "/" not in name and not _SCRIPT_NAME.fullmatch(name):
                yield found(f"PyPI does not accept the script name `{name}` in `{group}`.")


@Rule(
    id="wheel-tags",
    title="Tags differ from the file name",
    why="Index and installers go by the file name; tools that inspect an installed release go by `WHEEL`.",
    fix="Change tags with `wheel tags`, which changes both, or rebuild.",
    sources=(WHEEL_FORMAT,),
    verdict=Verdict.ACCEPTED,
).for_each
def _check_tags(distribution: Distribution) -> Iterator[Finding]:
    if distribution.kind is not Kind.WHEEL:
        return
    wheel = distribution.inspection.texts.get("WHEEL", b"").decode(errors="replace")
    written = {tag for line in islice(_TAG.finditer(wheel), TAGS_LIMIT) for tag in _expand(line[1])}
    named = _expand(written_tags(distribution))
    if written and written != named:
        different = ", ".join(f"`{tag}`" for tag in sorted(written ^ named)[:3])
        yield found(f"The tags in `WHEEL` and in the file name differ: {different}.")


def _expand(compressed: str) -> set[str]:
    """Return the tags in a compressed set; an invalid or too large one as it is."""
    try:
        return {str(tag) for tag in parse_tag(compressed, limit=TAGS_LIMIT)}
    except ValueError:
        return {compressed}


def _parse_scripts(distribution: Distribution) -> list[tuple[str, str, str]]:
    """Return group, name, and target of every script in `entry_points.txt`, none if it is too long."""
    data = distribution.inspection.texts.get("entry_points.txt", b"")
    if data.count(b"\n") > ENTRY_POINT_LINES_LIMIT:
        return []
    parser = ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]  # the documented way to keep the case of names
    parser.read_string(data.decode(), "entry_points.txt")
    groups = [group for group in ("console_scripts", "gui_scripts") if parser.has_section(group)]
    return [(group, name, target) for group in groups for name, target in parser[group].items()]
