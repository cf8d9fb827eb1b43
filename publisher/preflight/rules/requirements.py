"""Whether what the distribution requires and provides can be parsed."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from packaging.requirements import Requirement

from publisher.preflight.fields import Fields, find_problem, spell
from publisher.preflight.model import Finding
from publisher.preflight.rule import Rule, Scope, Verdict, found
from publisher.preflight.rules.installers import is_disjoint

REQUIREMENT_FIELDS = ("requires-dist", "provides-dist", "obsoletes-dist")

_SPECIFIERS = "https://packaging.python.org/specifications/dependency-specifiers/"
_VERSIONS = "https://packaging.python.org/specifications/version-specifiers/"


Rule(
    id="requirements-invalid",
    title="Invalid requirement",
    summary="Every requirement can be parsed",
    why="An installer that cannot parse a requirement cannot install the release.",
    fix="Write `name >=1, <2; marker` in `project.dependencies`. `^1.0`, `>=1.*` and `&&` are not valid.",
    sources=(_SPECIFIERS,),
).for_values(
    __name__,
    REQUIREMENT_FIELDS,
    "`{field}: {value}` is not a valid requirement: {problem}.",
    validate_as="requires-dist",
)


@Rule(
    id="requirements-empty",
    title="Empty requirement",
    summary="No `Requires-Dist` is empty",
    why="The index ignores an empty field; installers try to parse it, and refuse the release.",
    fix="Remove the empty entry from `project.dependencies`, or whatever generates it.",
    sources=(_SPECIFIERS,),
    verdict=Verdict.ACCEPTED,
).for_metadata
def _check_empty(fields: Fields) -> Iterator[Finding]:
    """Look for a field that the index drops; `requirements-invalid` covers the others."""
    written = fields.metadata.all("requires-dist")
    if not fields.all("requires-dist") and not all(value.strip() for value in written):
        yield found("Installers refuse the empty `Requires-Dist` in the metadata.")


@Rule(
    id="requirements-url",
    title="Requirement refers to a URL",
    summary="No requirement refers to a URL",
    why="A release on PyPI may only depend on what an index publishes, in its extras too.",
    fix="Depend on a published version, and keep the URL in a requirements file or `tool.uv.sources`.",
    sources=(_SPECIFIERS,),
    scope=Scope.PYPI,
).for_metadata
def _check_urls(fields: Fields) -> Iterator[Finding]:
    for name in REQUIREMENT_FIELDS:
        for value in fields.all(name):
            if "@" in value and not find_problem("requires-dist", value) and Requirement(value).url:
                yield found(f"`{spell(name)}: {value}` is a direct reference to a URL.")


Rule(
    id="requirements-python",
    title="Invalid Requires-Python",
    summary="`Requires-Python` is a set of version specifiers",
    why="Installers use it to choose a suitable release; one that they cannot parse suits no Python, or every one.",
    fix="Correct `project.requires-python`: `>=3.10` or `>=3.10,<4`. `3.10`, `^3.10` and `>=3.10.*` are not valid.",
    sources=(_VERSIONS,),
).for_values(__name__, ["requires-python"], "`{field}: {value}` is not a set of version specifiers.")


@Rule(
    id="requirements-python-contradiction",
    title="Contradictory Requires-Python",
    summary="Some version of Python satisfies `Requires-Python`",
    why="Installers skip a release that no Python satisfies.",
    fix="Correct `project.requires-python`: all of its conditions hold at once. `>=3.10,<4` is a range.",
    sources=(_VERSIONS,),
    verdict=Verdict.ACCEPTED,
).for_metadata
def _check_contradiction(fields: Fields) -> Iterator[Finding]:
    value = fields.first("requires-python")
    if is_disjoint(value, ">=0"):
        yield found(f"No version of Python satisfies `Requires-Python: {value}`.")


@Rule(
    id="requirements-python-missing",
    title="No Requires-Python",
    summary="`Requires-Python` is present",
    why="Without it, installers on an old Python choose this release and break, even after newer releases set it.",
    fix='Add `requires-python = ">=3.10"`, or the oldest Python that you test, to `[project]`.',
    sources=("PEP 621",),
    verdict=Verdict.ACCEPTED,
).for_metadata
def _check_python_missing(fields: Fields) -> Iterator[Finding]:
    if not fields.first("requires-python"):
        yield found("The metadata has no `Requires-Python`.")


Rule(
    id="requirements-extra-name",
    title="Invalid name of an extra",
    summary="The name of every extra is valid",
    why="It follows the rules for project names; otherwise `pip install name[extra]` cannot select it.",
    fix="Rename the extra: ASCII letters, digits, `.`, `_` and `-`, with a letter or digit at both ends.",
    sources=("PEP 685",),
).for_values(__name__, ["provides-extra"], "`{value}` is not a valid name for an extra.")


Rule(
    id="requirements-import-name",
    title="Invalid import name",
    summary="`Import-Name` and `Import-Namespace` are names that can be imported",
    why="People and tools write them after `import`.",
    fix="Write dotted identifiers, optionally with `; private`, in `project.import-names` or `import-namespaces`.",
    sources=("PEP 794",),
    scope=Scope.PYPI,
).for_values(__name__, ["import-name", "import-namespace"], "`{field}: {value}` cannot be imported: {problem}.")


def parse_requirement(value: str) -> Hashable:
    """Parse a requirement to compare it with others; return invalid ones as written."""
    try:
        requirement = Requirement(value)
        hash(requirement)  # normalizes versions, whose numbers may have more digits than int() accepts
    except (RecursionError, ValueError):
        return value
    return requirement
