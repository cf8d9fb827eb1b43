"""Whether what the distribution needs, and what it says it provides, can be parsed."""

from __future__ import annotations

import keyword
import re
from itertools import islice
from typing import TYPE_CHECKING

from packaging.utils import InvalidName, canonicalize_name

from publisher.preflight.dependencies import REQUIREMENT_FIELDS, parse_requirement
from publisher.preflight.fields import spell
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_each
from publisher.preflight.sent import see

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution

_SPECIFIERS = "https://packaging.python.org/specifications/dependency-specifiers/"


PARSED_LIMIT = 4096
"""Requirements of one file that are parsed; whatever comes behind them is left alone."""

# What nearly all requirements look like: a name, extras, bounds, and a condition or several. The parser accepts these
# and finds no URL in them; seeing that takes a fiftieth of its time.
_NAME = "[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*"
_BOUND = "(?:[<>=!]=|[<>]) ?[0-9]{1,9}(?:[.][0-9]{1,9})*"
_CONDITION = (
    "(?:extra|python_version|python_full_version|sys_platform|os_name|platform_(?:machine|system|python_implementation))"
    """ ?(?:[<>=!]=|[<>]) ?(?:"[A-Za-z0-9_.-]+"|'[A-Za-z0-9_.-]+')"""
)
_BOUNDS = f"{_BOUND}(?:, ?{_BOUND})*"
_SURE_BOUNDS = re.compile(_BOUNDS)
_SURELY_VALID = re.compile(
    rf"{_NAME}(?:\[{_NAME}(?:, ?{_NAME})*\])?(?: ?{_BOUNDS})?"
    rf"(?: ?; ?{_CONDITION}(?: (?:and|or) {_CONDITION})*)?"
)


@for_each(
    Rule(
        id="requirements-invalid",
        summary="Every requirement can be parsed",
        why="An installer that cannot read a requirement cannot install the release.",
        fix="Correct `project.dependencies` or `project.optional-dependencies`: `name >=1, <2; marker`, with commas "
        "between bounds. `^1.0`, `>=1.*` and `&&` are not part of the standard.",
        sources=(_SPECIFIERS, "metadata-requires-dist", "metadata-provides-obsoletes-dist"),
    )
)
def check_requirements(distribution: Distribution) -> Iterator[Flaw]:
    """Parse each requirement."""
    for name, value in _requirements(distribution):
        if isinstance(parse_requirement(value), str):
            yield Flaw(f"`{spell(name)}: {value}` is not a requirement: {parse_requirement(value)}.")


@for_each(
    Rule(
        id="requirements-url",
        summary="No requirement names a URL",
        why="A release on PyPI may depend only on what is published on an index, also in its extras.",
        fix="Depend on a published version of the project, and keep the URL to a requirements file or "
        "`tool.uv.sources`.",
        sources=(_SPECIFIERS, "metadata-requires-dist-url", "metadata-provides-obsoletes-dist-url"),
        scope=Scope.PYPI,
    )
)
def check_urls(distribution: Distribution) -> Iterator[Flaw]:
    """Report direct references."""
    for name, value in _requirements(distribution):
        requirement = parse_requirement(value)
        if not isinstance(requirement, str) and requirement.url:
            yield Flaw(f"`{spell(name)}: {value}` is a direct reference to a URL.")


@for_each(
    Rule(
        id="requirements-python",
        summary="`Requires-Python` is a set of version specifiers",
        why="Installers use it to choose a release that fits; one that they cannot parse fits nobody or everybody.",
        fix="Correct `project.requires-python`: `>=3.10` or `>=3.10,<4`. A bare `3.10`, `^3.10` and `>=3.10.*` are "
        "none.",
        sources=("https://packaging.python.org/specifications/version-specifiers/", "metadata-requires-python"),
    )
)
def check_python(distribution: Distribution) -> Iterator[Flaw]:
    """Parse the specifiers."""
    value = see(distribution.metadata).one("requires-python")
    if not value or are_surely_valid(value):
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 -- hardly any file needs them

    try:
        SpecifierSet(value)
    except InvalidSpecifier:
        yield Flaw(f"`Requires-Python: {value}` is not a set of version specifiers.")


@for_each(
    Rule(
        id="requirements-python-missing",
        summary="`Requires-Python` is there",
        why="Without it, installers on an old Python choose this release and break, also once newer ones say better.",
        fix='Add `requires-python = ">=3.10"`, or whichever is the oldest Python you test, to `[project]`.',
        sources=("PEP 621",),
        verdict=Verdict.REGRETTED,
    )
)
def check_python_missing(distribution: Distribution) -> Iterator[Flaw]:
    """Report its absence."""
    if not see(distribution.metadata).one("requires-python"):
        yield Flaw("The metadata has no `Requires-Python`.")


@for_each(
    Rule(
        id="requirements-extra-name",
        summary="The name of every extra is valid",
        why="It follows the rules for project names: `pip install name[extra]` could not select it otherwise.",
        fix="Rename the extra in `project.optional-dependencies`: ASCII letters, digits, `.`, `_`, `-`, and a letter "
        "or digit first and last.",
        sources=("PEP 685", "metadata-provides-extra"),
    )
)
def check_extras(distribution: Distribution) -> Iterator[Flaw]:
    """Judge each extra's name."""
    for extra in see(distribution.metadata).all("provides-extra"):
        try:
            canonicalize_name(extra, validate=True)
        except InvalidName:
            yield Flaw(f"`{extra}` is not a valid name for an extra.")


@for_each(
    Rule(
        id="requirements-import-name",
        summary="`Import-Name` and `Import-Namespace` are names that can be imported",
        why="They tell people and tools what to write after `import`.",
        fix="Correct `project.import-names` or `project.import-namespaces`: dotted identifiers, at most followed by "
        "`; private`.",
        sources=(
            "PEP 794",
            "metadata-import-name-identifier",
            "metadata-import-name-keyword",
            "metadata-import-name-option",
        ),
        scope=Scope.PYPI,
    )
)
def check_import_names(distribution: Distribution) -> Iterator[Flaw]:
    """Judge the parts between the dots, up to the first that is wrong: each message holds all of them."""
    sent = see(distribution.metadata)
    for name in ("import-name", "import-namespace"):
        for value in sent.all(name):
            path, semicolon, option = value.partition(";")
            for part in path.rstrip().split("."):
                if not part.isidentifier() or keyword.iskeyword(part):
                    yield Flaw(f"`{spell(name)}: {value}` cannot be imported: `{part}` is not an identifier.")
                    break
            if semicolon and option.lstrip() != "private":
                yield Flaw(f"`{spell(name)}: {value}` has an option other than `private`.")


def _requirements(distribution: Distribution) -> Iterator[tuple[str, str]]:
    """Yield the requirements about which there may be something to say."""
    sent = see(distribution.metadata)
    unsure = ((name, value) for name in REQUIREMENT_FIELDS for value in sent.all(name) if not is_surely_valid(value))
    return islice(unsure, PARSED_LIMIT)


def is_surely_valid(requirement: str) -> bool:
    """Tell whether it can be parsed and names no URL, without parsing it; False where only that can tell."""
    return bool(_SURELY_VALID.fullmatch(requirement))


def are_surely_valid(specifiers: str) -> bool:
    """Tell the same of version specifiers."""
    return bool(_SURE_BOUNDS.fullmatch(specifiers))
