"""Whether the core metadata is well formed: its version, the fields there may be, name and version of the release."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.preflight.fields import FIELDS, KNOWN_VERSIONS, NEWEST, spell
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_each
from publisher.preflight.sent import parse_version, see

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution

CORE_METADATA = "https://packaging.python.org/specifications/core-metadata/"

_METADATA_VERSION = re.compile(r"[1-9][0-9]*\.(0|[1-9][0-9]*)")
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)


@for_each(
    Rule(
        id="metadata-version-unknown",
        summary="`Metadata-Version` is one that exists",
        why="The index refuses metadata of a version that it does not know: it could not tell what the fields mean. "
        "A version newer than this program is a warning, because the index may have learned it since.",
        fix="Build with a current release of the build backend, or set the metadata version it writes.",
        sources=(CORE_METADATA, "metadata-version-known", "metadata-version-supported"),
    )
)
def check_metadata_version(distribution: Distribution) -> Iterator[Flaw]:
    """Compare with the versions that PyPI takes."""
    written = distribution.metadata.metadata_version
    if written in KNOWN_VERSIONS:
        return
    version = parse_version(written) if _METADATA_VERSION.fullmatch(written) else None
    if version and version > NEWEST:
        message = f"The metadata version `{written}` is newer than `{NEWEST}`, the newest known here."
        yield Flaw(
            message, "Nothing, if the index takes it; else have the build backend write an older one.", Verdict.DOUBTFUL
        )
    else:
        yield Flaw(f"There is no metadata version `{written}`; there are {', '.join(KNOWN_VERSIONS)}.")


@for_each(
    Rule(
        id="metadata-field-too-new",
        summary="Every field exists in the metadata version that the file declares",
        why="The index refuses a field that came after the declared metadata version, because readers of that "
        "version do not know it.",
        fix="Upgrade the build backend, so that it declares the metadata version its fields need.",
        sources=(CORE_METADATA, "metadata-field-too-new"),
        scope=Scope.PYPI,
    )
)
def check_field_age(distribution: Distribution) -> Iterator[Flaw]:
    """Compare each field's origin with the declared version, if that is one we know."""
    sent = see(distribution.metadata)
    declared = sent.metadata_version
    if declared is None or declared > NEWEST:
        return
    for name in sent.values:
        field = FIELDS.get(name)
        if field and field.since > declared:
            yield Flaw(
                f"`{spell(name)}` came with metadata version {field.since}, the file declares "
                f"`{distribution.metadata.metadata_version}`."
            )


@for_each(
    Rule(
        id="metadata-field-repeated",
        summary="A field that holds one value is there once",
        why="With two values nobody can tell which one is meant; the index refuses the file.",
        fix="Set the field in one place only: metadata edited by hand, or a description both as a header and as a "
        "body, ends like this.",
        sources=(CORE_METADATA, "metadata-single-use-repeated"),
    )
)
def check_repeated(distribution: Distribution) -> Iterator[Flaw]:
    """Count the values of single-valued fields."""
    for name, values in see(distribution.metadata).values.items():
        field = FIELDS.get(name)
        if field and not field.repeats and len(values) > 1:
            yield Flaw(f"`{spell(name)}` is there {len(values)} times.")


@for_each(
    Rule(
        id="metadata-name-invalid",
        summary="`Name` is a valid project name",
        why="Project names consist of ASCII letters, digits, `.`, `_` and `-` and begin and end with a letter or "
        "digit.",
        fix="Change `project.name` in `pyproject.toml`.",
        sources=(
            "https://packaging.python.org/specifications/name-normalization/",
            "form-name-required",
            "form-name-pattern",
            "metadata-name-required",
            "metadata-name-valid",
            "form-unknown-values-dropped",
            "project-name-invalid",
        ),
        scope=Scope.UNIVERSAL,
    )
)
def check_name(distribution: Distribution) -> Iterator[Flaw]:
    """Match the name against the specification."""
    name = see(distribution.metadata).one("name")
    if not name.strip():
        yield Flaw(f"The name `{distribution.metadata.name.strip()}` is a placeholder that counts as no name.")
    elif not _NAME.fullmatch(name):
        yield Flaw(f"`{name}` is not a valid project name.")


@for_each(
    Rule(
        id="metadata-version-invalid",
        summary="`Version` is a version by PEP 440",
        why="Installers order versions by PEP 440; one that has no place in that order cannot be chosen.",
        fix="Change the version in `pyproject.toml`, or look why the tool that derives it did not fill it in.",
        sources=("PEP 440", "metadata-version-pep440", "metadata-version-required"),
        scope=Scope.UNIVERSAL,
    )
)
def check_version(distribution: Distribution) -> Iterator[Flaw]:
    """Parse the version."""
    written = see(distribution.metadata).one("version")
    if parse_version(written) is None:
        yield Flaw(f"`{written or distribution.metadata.version}` is not a version.")


@for_each(
    Rule(
        id="metadata-local-version",
        summary="The version has no local part",
        why="What follows a `+` marks a build of one's own; PyPI publishes public versions only.",
        fix="Give the release a version without `+`. With setuptools-scm or hatch-vcs, build from a clean checkout "
        'of the tag with its full history, or set `local_scheme = "no-local-version"`.',
        sources=("PEP 440", "metadata-version-local"),
        scope=Scope.PYPI,
    )
)
def check_local_version(distribution: Distribution) -> Iterator[Flaw]:
    """Report local versions."""
    written = distribution.metadata.version.strip()
    version = parse_version(written)
    if version and version.local:
        yield Flaw(f"The version `{written}` has a local part, `+{version.local}`, which PyPI refuses.")


@for_each(
    Rule(
        id="metadata-not-utf8",
        summary="The metadata is UTF-8",
        why="Installers read it as UTF-8. The index is sent the bytes as Latin-1, which may not be what was meant.",
        fix="Save the files from which names and texts are taken as UTF-8 and build again.",
        sources=(CORE_METADATA,),
        verdict=Verdict.REGRETTED,
    )
)
def check_encoding(distribution: Distribution) -> Iterator[Flaw]:
    """Report fields whose bytes had to be guessed."""
    if names := dict.fromkeys(distribution.metadata.not_utf8):
        yield Flaw(f"The metadata is not UTF-8 in {', '.join(f'`{name}`' for name in names)}.")


@for_each(
    Rule(
        id="metadata-summary",
        summary="`Summary` is one line of at most 512 characters",
        why="It is shown beside the name in lists and search results.",
        fix="Shorten `project.description` in `pyproject.toml`; the long text belongs in the readme.",
        sources=(CORE_METADATA, "metadata-summary-one-line", "metadata-summary-length"),
        scope=Scope.PYPI,
    )
)
def check_summary(distribution: Distribution) -> Iterator[Flaw]:
    """Measure the summary."""
    summary = see(distribution.metadata).one("summary")
    if "\n" in summary:
        yield Flaw(f"The summary has {summary.count(chr(10)) + 1} lines.")
    if len(summary) > SUMMARY_LIMIT:
        yield Flaw(f"The summary has {len(summary)} characters; {SUMMARY_LIMIT} are allowed.")


SUMMARY_LIMIT = 512


@for_each(
    Rule(
        id="metadata-dynamic",
        summary="`Dynamic` lists metadata fields that may be dynamic, one per line",
        why="`Name`, `Version` and `Metadata-Version` are what a release is known by, and a field that does not "
        "exist cannot be dynamic.",
        fix="Correct what the build backend writes; in `pyproject.toml`, `project.dynamic` cannot hold `name`.",
        sources=("PEP 643", "metadata-dynamic-forbidden", "metadata-dynamic-unknown", "metadata-dynamic-index-list"),
        scope=Scope.PYPI,
    )
)
def check_dynamic(distribution: Distribution) -> Iterator[Flaw]:
    """Compare with the fields there are, unless the metadata is newer than our list of them."""
    sent = see(distribution.metadata)
    may_know_more = sent.metadata_version is not None and sent.metadata_version > NEWEST
    for name in sent.all("dynamic"):
        if name.lower() in {"name", "version", "metadata-version", "dynamic"}:
            yield Flaw(f"`{name}` may not be dynamic.")
        elif name.lower() not in FIELDS:
            yield Flaw(
                f"`Dynamic` names `{name}`, which is no metadata field.",
                "",
                Verdict.DOUBTFUL if may_know_more else None,
            )
