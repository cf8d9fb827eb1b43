"""Whether what the distribution requires and provides can be parsed."""

from collections.abc import Hashable, Iterator

from packaging.requirements import Requirement

from publisher.preflight.fields import REQUIREMENT_FIELDS, Fields, find_problem, spell
from publisher.preflight.model import Finding
from publisher.preflight.rule import Rule, Scope, Verdict, advice, check_values, found
from publisher.preflight.rules.installers import ANY_PYTHON, is_disjoint

_SPECIFIERS = "https://packaging.python.org/specifications/dependency-specifiers/"


@Rule(
    id="requirements-invalid",
    title="Invalid requirement",
    why="An installer that cannot parse a requirement cannot install the release.",
    fix="Write `name >=1, <2; marker` in `project.dependencies`. `^1.0`, `>=1.*`, and `&&` are not valid.",
    sources=(_SPECIFIERS,),
).for_metadata
def _check_requirements(fields: Fields) -> Iterator[Finding]:
    """Validate each requirement; the index drops a field that is empty, installers do not."""
    yield from check_values(fields, REQUIREMENT_FIELDS, "`{field}: {value}` is not a valid requirement: {problem}.")
    if not fields.all("requires-dist") and not all(map(str.strip, fields.metadata.all("requires-dist"))):
        yield advice("Installers refuse the empty `Requires-Dist`.", "Remove it from `project.dependencies`.")


@Rule(
    id="requirements-url",
    title="Requirement refers to a URL",
    why="A release on PyPI may only depend on what an index publishes, in its extras too.",
    fix="Depend on a published version, and keep the URL in a requirements file or `tool.uv.sources`.",
    sources=(_SPECIFIERS,),
    scope=Scope.PYPI,
).for_metadata
def _check_urls(fields: Fields) -> Iterator[Finding]:
    for name in REQUIREMENT_FIELDS:
        for value in fields.all(name):
            if "@" in value and not find_problem(name, value) and Requirement(value).url:
                yield found(f"`{spell(name)}: {value}` is a direct reference to a URL.")


@Rule(
    id="requirements-python",
    title="Invalid Requires-Python",
    why="Installers use it to choose a suitable release; if they cannot parse it, they skip or misuse the release.",
    fix="Correct `project.requires-python`: `>=3.10` or `>=3.10,<4`. `3.10`, `^3.10`, and `>=3.10.*` are not valid.",
    sources=("https://packaging.python.org/specifications/version-specifiers/",),
).for_metadata
def _check_python(fields: Fields) -> Iterator[Finding]:
    yield from check_values(fields, ["requires-python"], "`{field}: {value}` is not a set of version specifiers.")
    value = fields.first("requires-python")
    if is_disjoint(value, ANY_PYTHON):
        yield advice(f"No version of Python satisfies `Requires-Python: {value}`.")


@Rule(
    id="requirements-python-missing",
    title="No Requires-Python",
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
    why="The rules are those for project names; `pip install name[extra]` cannot select any other extra.",
    fix="Rename the extra: ASCII letters, digits, `.`, `_`, and `-`, with a letter or digit at both ends.",
    sources=("PEP 685",),
).for_values(["provides-extra"], "`{value}` is not a valid name for an extra.")


Rule(
    id="requirements-import-name",
    title="Invalid import name",
    why="An import name is what code writes after `import`.",
    fix="Write dotted identifiers, optionally with `; private`, in `project.import-names` or `import-namespaces`.",
    sources=("PEP 794",),
    scope=Scope.PYPI,
).for_values(["import-name", "import-namespace"], "`{field}: {value}` cannot be imported: {problem}.")


def parse_requirement(value: str) -> Hashable:
    """Parse a requirement to compare it with others; return invalid ones as written."""
    try:
        requirement = Requirement(value)
        hash(requirement)  # normalizes versions, whose numbers may have more digits than int() accepts
    except (RecursionError, ValueError):
        return value
    return requirement
