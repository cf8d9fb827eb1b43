"""What the index accepts, but installers refuse or install broken."""

import re
import tomllib
from collections.abc import Iterator
from email.parser import HeaderParser
from functools import partial

from packaging.specifiers import SpecifierSet
from packaging.tags import InvalidTag, Tag, TooManyTagsError, parse_tag

from publisher.distributions.inspection import Anomaly
from publisher.distributions.model import Distribution, Kind
from publisher.preflight.fields import collect_fields, find_problem
from publisher.preflight.model import Finding
from publisher.preflight.rule import Rule, Verdict, found
from publisher.preflight.rules.archive import SOURCE_DISTRIBUTION

WHEEL_FORMAT = "https://packaging.python.org/specifications/binary-distribution-format/"

ANY_PYTHON = ">=0"

TAGS_LIMIT = 300  # lines of `WHEEL` that are read, and tags that one compressed set is expanded to
_WHEEL_VERSION = re.compile(r"1(\.\d+)+")
_INTERPRETER = re.compile(r"(?!python)(?P<name>[a-z_]+)(?P<major>\d)(?P<minor>\d*)\w*")

# The index accepts all of it.
Advice = partial(Rule, sources=(WHEEL_FORMAT,), verdict=Verdict.ACCEPTED)


Advice(
    id="installers-dist-info",
    title="Second .dist-info directory",
    why="Installers cannot know which of several describes the wheel, and refuse it.",
    fix="Remove old build directories (`build/`, `*.egg-info`) and rebuild; vendored packages go below your package.",
).for_anomalies({Anomaly.SECOND_DIST_INFO: "Installers refuse a wheel with a second `.dist-info` directory, `{}`."})


Advice(
    id="installers-links",
    title="Link that installers refuse",
    why="Installers refuse links that leave the sdist. A wheel's links are installed as text files that hold the path.",
    fix="Have the build copy the file in place of the link.",
    sources=("PEP 721", WHEEL_FORMAT),
).for_anomalies(
    {
        Anomaly.BAD_LINK: "Installers cannot follow the link `{}`.",
        Anomaly.SPECIAL_MEMBER: "Installers refuse `{}`, which is a pipe or a device.",
        Anomaly.FILE_AND_DIRECTORY: "Installers cannot unpack `{}`, which is both a file and a directory.",
    },
)


@Advice(
    id="installers-build",
    title="Sdist that cannot be built",
    why="Where no wheel fits, installers build the sdist; they go by the `[build-system]` table.",
    fix='Include a valid `pyproject.toml` whose `[build-system]` has `requires`, for example `["setuptools"]`.',
    sources=(SOURCE_DISTRIBUTION, "PEP 518"),
).for_each
def _check_build(distribution: Distribution) -> Iterator[Finding]:
    if Anomaly.UNBUILDABLE in distribution.inspection.anomalies:
        yield found("The sdist cannot be built: it has neither `pyproject.toml` nor `setup.py` in its top directory.")
    if problem := _find_build_problem(distribution.inspection.texts.get("pyproject.toml", b"")):
        yield found(f"{problem}.")


@Advice(
    id="installers-wheel-version",
    title="Invalid WHEEL file",
    why="It tells installers how to unpack the wheel; they refuse a version that they do not know.",
    fix="Rebuild the wheel with a current build backend, and let nothing rewrite `WHEEL`.",
).for_each
def _check_wheel_version(distribution: Distribution) -> Iterator[Finding]:
    data = distribution.inspection.texts.get("WHEEL")
    if data is None:
        return
    try:
        version = HeaderParser().parsestr(data.decode()).get("Wheel-Version")
    except UnicodeDecodeError:
        yield found("Installers refuse the wheel: `WHEEL` is not UTF-8.")
        return
    if version is None:
        yield found("Installers refuse the wheel: `WHEEL` has no `Wheel-Version`.")
    elif not _WHEEL_VERSION.fullmatch(version.strip()):
        yield found(f"Installers refuse the wheel: `Wheel-Version: {version}` is not `1.0`.")


Advice(
    id="installers-data",
    title="Misplaced file in .data",
    why="Installers refuse files outside the five schemes, or leave them where nothing looks for them.",
    fix="Move it to `purelib`, `platlib`, `headers`, `scripts`, or `data` below the wheel's own `.data` directory.",
).for_anomalies({Anomaly.DATA_PLACE: "Installers do not know where to install `{}`."})


@Advice(
    id="installers-tags",
    title="Wheel that no interpreter supports",
    why="Installers skip a wheel whose tags do not match: a platform of `any` goes with the ABI `none` only.",
    fix="Tag pure Python `py3-none-any`, and anything else for its platform.",
    sources=("https://packaging.python.org/specifications/platform-compatibility-tags/",),
).for_each
def _check_tags(distribution: Distribution) -> Iterator[Finding]:
    if distribution.kind is not Kind.WHEEL:
        return
    written = written_tags(distribution)
    try:
        tags = parse_tag(written, limit=TAGS_LIMIT)
    except InvalidTag:
        tags = frozenset()
    except TooManyTagsError:
        return
    pythons = [python for tag in tags if (python := _find_pythons(tag))]
    required = collect_fields(distribution.metadata).first("requires-python")
    if not pythons:
        yield found(f"No interpreter supports wheels tagged `{written}`, so it cannot be installed.")
    elif not is_disjoint(ANY_PYTHON, required) and all(is_disjoint(python, required) for python in pythons):
        python = written.partition("-")[0]
        message = f"`Requires-Python: {required}` excludes the Python of `{python}`, so the wheel cannot be installed."
        yield found(message, "Leave the wheel out, or correct `project.requires-python`.")


def _find_build_problem(data: bytes) -> str:
    try:
        tables = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        return f"The sdist cannot be built: `pyproject.toml` is not valid TOML ({error})"
    project = tables.get("project")
    if isinstance(project, dict) and not (
        "name" in project and ("version" in project or "version" in str(project.get("dynamic")))
    ):
        return "uv cannot build the sdist: `[project]` in `pyproject.toml` has no `name` or no `version`"
    system = tables.get("build-system", {"requires": []})
    requires = system.get("requires") if isinstance(system, dict) else None
    if not isinstance(requires, list):
        return "The sdist cannot be built: `[build-system]` in `pyproject.toml` has no list `requires`"
    invalid = [each for each in requires if not isinstance(each, str) or find_problem("requires-dist", each)]
    if not invalid:
        return ""
    return f"The sdist cannot be built: `{invalid[0]}`, which `[build-system]` requires, is not a valid requirement"


def _find_pythons(tag: Tag) -> str | None:
    """Return the versions of Python that support a tag, as a specifier; None if no version does."""
    match = _INTERPRETER.fullmatch(tag.interpreter)
    if not match or (tag.abi != "none" and tag.platform == "any"):
        return None
    name, major, minor = match.group("name", "major", "minor")
    is_bound = tag.abi.startswith("cp")
    if name not in {"py", "cp"}:
        return ANY_PYTHON
    if name == "py":
        return None if tag.abi != "none" else f"~={major}.{minor}" if minor else f"=={major}.*"
    if not minor or (is_bound and not tag.abi.startswith(tag.interpreter)):
        return None
    return f"=={major}.{minor}.*" if is_bound or tag.abi == "none" else f"~={major}.{minor}"


def is_disjoint(specifiers: str, others: str) -> bool:
    """Return whether no version satisfies both; False if one is not valid or, with `===`, not comparable."""
    try:
        return SpecifierSet(specifiers).is_disjoint(SpecifierSet(others))
    except ValueError:
        return False


def written_tags(distribution: Distribution) -> str:
    """Return the compressed tags in the file name of a wheel."""
    return "-".join(distribution.filename.removesuffix(".whl").split("-")[-3:])
