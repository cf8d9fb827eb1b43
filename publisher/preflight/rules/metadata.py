"""Whether the core metadata is well formed: its version, its fields, name and version of the release."""

import re
from collections.abc import Iterator

from publisher.distributions.metadata import parse_version
from publisher.preflight.fields import NEWEST, RAW_NAMES, Fields, added_in, find_problem, is_single, spell
from publisher.preflight.model import Finding
from publisher.preflight.rule import Rule, Scope, Verdict, check_values, doubt, found

CORE_METADATA = "https://packaging.python.org/specifications/core-metadata/"

SUMMARY_LIMIT = 512

_METADATA_VERSION = re.compile(r"[1-9][0-9]*\.(0|[1-9][0-9]*)")


@Rule(
    id="metadata-version-unknown",
    title="Unknown metadata version",
    why="The index refuses a version that it does not know. It may know one that is newer than this build.",
    fix="Build with a current release of the build backend, or configure the metadata version that it writes.",
    sources=(CORE_METADATA,),
).for_metadata
def _check_metadata_version(fields: Fields) -> Iterator[Finding]:
    """Compare with the versions that PyPI accepts, which lag behind those that `packaging` knows."""
    written = fields.metadata.metadata_version
    version = parse_version(written) if _METADATA_VERSION.fullmatch(written) else None
    if version and version > NEWEST:
        yield doubt(
            f"The metadata version `{written}` is newer than `{NEWEST}`, the newest that this build knows.",
            "Nothing, if the index accepts it; otherwise have the build backend write an older version.",
        )
    elif find_problem("metadata-version", written):
        yield found(f"The metadata version `{written}` does not exist.")


@Rule(
    id="metadata-field-too-new",
    title="Field too new for its metadata version",
    why="The index refuses a field that was introduced after the declared metadata version.",
    fix="Upgrade the build backend, so that it declares the metadata version that its fields require.",
    sources=(CORE_METADATA,),
    scope=Scope.PYPI,
).for_metadata
def _check_field_age(fields: Fields) -> Iterator[Finding]:
    for name in fields.values:
        if name in RAW_NAMES and fields.version and added_in(name) > fields.version:
            yield found(
                f"`{spell(name)}` was introduced in metadata version {added_in(name)}, but the file declares "
                f"`{fields.metadata.metadata_version}`."
            )


@Rule(
    id="metadata-field-repeated",
    title="Repeated metadata field",
    why="The index refuses two values of a field that holds one.",
    fix="Set the field in one place only; a description is either a header or the body.",
    sources=(CORE_METADATA,),
).for_metadata
def _check_repeated(fields: Fields) -> Iterator[Finding]:
    for name, values in fields.values.items():
        if name in RAW_NAMES and len(values) > 1 and is_single(name):
            yield found(f"`{spell(name)}` occurs {len(values)} times.")


@Rule(
    id="metadata-name-invalid",
    title="Invalid project name",
    why="A name that is not valid cannot be normalized, looked up, or installed.",
    fix="Change `project.name` to ASCII letters, digits, `.`, `_`, and `-`, with a letter or digit at both ends.",
    sources=("https://packaging.python.org/specifications/name-normalization/",),
    scope=Scope.UNIVERSAL,
).for_metadata
def _check_name(fields: Fields) -> Iterator[Finding]:
    """Validate the name, which the index drops if it is the placeholder of old tools."""
    if not fields.first("name"):
        yield found(f"The name `{fields.metadata.name.strip()}` is a placeholder that PyPI ignores.")
    yield from check_values(fields, ["name"], "`{value}` is not a valid project name.")


@Rule(
    id="metadata-version-invalid",
    title="Invalid version",
    why="Installers sort releases by PEP 440 and cannot choose one without a place in that order.",
    fix="Change the version in `pyproject.toml`, or find out why the tool that derives it did not fill it in.",
    sources=("PEP 440",),
    scope=Scope.UNIVERSAL,
).for_metadata
def _check_version(fields: Fields) -> Iterator[Finding]:
    """Validate the version; the placeholder that the index drops is not valid either."""
    written = fields.metadata.version
    if find_problem("version", written):
        yield found(f"`{written}` is not a valid version.")


@Rule(
    id="metadata-local-version",
    title="Local version",
    why="The part after a `+` marks a private build; PyPI publishes public versions only.",
    fix="Give the release a version without `+`. With setuptools-scm or hatch-vcs, build from a clean checkout "
    'of the tag with its full history, or set `local_scheme = "no-local-version"`.',
    sources=("PEP 440",),
    scope=Scope.PYPI,
).for_metadata
def _check_local_version(fields: Fields) -> Iterator[Finding]:
    written = fields.metadata.version.strip()
    version = parse_version(written)
    if version and version.local:
        yield found(f"PyPI does not accept the local version `{written}`.")


@Rule(
    id="metadata-not-utf8",
    title="Metadata not in UTF-8",
    why="The index receives the bytes decoded as Latin-1, which may be wrong.",
    fix="Save `pyproject.toml`, the readme, and other sources of metadata as UTF-8, and rebuild.",
    sources=(CORE_METADATA,),
    verdict=Verdict.ACCEPTED,
).for_metadata
def _check_encoding(fields: Fields) -> Iterator[Finding]:
    if names := dict.fromkeys(fields.metadata.not_utf8):
        listed = ", ".join(f"`{name}`" for name in names)
        yield found(f"The metadata is not UTF-8 in {listed}; pip cannot install such a wheel.")


@Rule(
    id="metadata-summary",
    title="Invalid summary",
    why=f"It is shown in lists and search results: one line of at most {SUMMARY_LIMIT} characters.",
    fix="Shorten `project.description` in `pyproject.toml`; the long text belongs in the readme.",
    sources=(CORE_METADATA,),
    scope=Scope.PYPI,
).for_metadata
def _check_summary(fields: Fields) -> Iterator[Finding]:
    """Count lines and characters. `packaging` 26.3 rejects line separators that the index does not count yet."""
    summary = fields.first("summary")
    if find_problem("summary", summary):
        build = found if "\n" in summary else doubt
        yield build(f"The summary has {len(summary.splitlines())} lines; one is allowed.")
    if len(summary) > SUMMARY_LIMIT:
        yield found(f"The summary has {len(summary)} characters; {SUMMARY_LIMIT} are allowed.")


@Rule(
    id="metadata-dynamic",
    title="Invalid dynamic field",
    why="`Name`, `Version`, and `Metadata-Version` identify a release and cannot be dynamic.",
    fix="Correct what the build backend writes; `project.dynamic` in `pyproject.toml` cannot contain `name`.",
    sources=("PEP 643",),
    scope=Scope.PYPI,
).for_metadata
def _check_dynamic(fields: Fields) -> Iterator[Finding]:
    """Validate each name, unless the metadata may be newer than the list of fields."""
    is_newer = fields.version is not None and fields.version > NEWEST
    return check_values(fields, ["dynamic"], "`Dynamic` lists `{value}`: {problem}.", lambda *_: is_newer)
