"""Whether the file is an archive that the index opens and trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.distributions.inspection import Oddity
from publisher.preflight.faults import report
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_all, for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution
    from publisher.preflight.plan import Plan

ARCHIVES = "https://docs.pypi.org/archives/"


@for_all(
    Rule(
        id="archive-unreadable",
        summary="Every file named like a distribution can be read as one",
        why="Without its metadata there is nothing to send, and no index could serve the file to an installer.",
        fix="Build the file again and copy it whole, or keep it out of `packages-dir`.",
        sources=(
            "PEP 427",
            "PEP 625",
            "content-not-a-zip",
            "content-zip-unreadable",
            "sdist-not-a-tar",
            "sdist-tar-not-gzip",
            "sdist-tar-corrupt",
            "sdist-zip-top-level",
            "sdist-zip-pkg-info",
            "sdist-filename-parse",
            "wheel-name-splits",
            "wheel-filename-parts",
            "wheel-filename-version",
            "wheel-filename-build",
            "filename-control-characters",
            "filename-extension-case",
            "filename-extension-filetype",
        ),
        scope=Scope.UNIVERSAL,
        is_decisive=True,
    )
)
def check_unreadable(plan: Plan) -> Iterator[Flaw]:
    """Report the files that could not be read."""
    for file in plan.unreadable:
        yield Flaw(f"The file cannot be published: {file.reason}.", filename=file.filename)


@for_each(
    Rule(
        id="archive-corrupt-member",
        summary="What the archive says about itself can be unpacked",
        why="The index reads the Python source and the metadata directory of a wheel, and refuses one in which that "
        "fails.",
        fix="Build the file again and copy it whole.",
        sources=("content-zip-unreadable", "content-zip-corrupt-late", "content-zip-encrypted"),
        scope=Scope.UNIVERSAL,
    )
)
def check_corrupt(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Report members that could not be unpacked."""
    yield from report(
        distribution,
        {
            Oddity.CORRUPT_MEMBER: "A member cannot be unpacked: `{}`.",
            Oddity.ENCRYPTED: "The member `{}` is encrypted.",
        },
    )


@for_each(
    Rule(
        id="archive-compression",
        summary="Every member of a wheel is stored or deflated",
        why="Installers need not know any other method, and the index refuses them.",
        fix="Build the wheel with the method `deflated`.",
        sources=(ARCHIVES, "content-zip-compression"),
    )
)
def check_compression(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Report other methods."""
    yield from report(distribution, {Oddity.COMPRESSION: "The member `{}` is neither stored nor deflated."})


@for_each(
    Rule(
        id="archive-ratio",
        summary="A wheel of more than 64 MiB unpacked is not packed more tightly than 50 to 1",
        why="The index takes anything beyond for an archive that is meant to fill disks.",
        fix="Leave large files of zeros or repeated data out of the wheel, and make them when the program first runs.",
        sources=(ARCHIVES, "content-zip-bomb"),
        scope=Scope.PYPI,
    )
)
def check_ratio(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Report archives beyond both numbers."""
    yield from report(distribution, {Oddity.RATIO: "Unpacked, the archive is {} times as large."})


@for_each(
    Rule(
        id="archive-streamed",
        summary="The wheel was not written as a stream",
        why="A program that writes a zip to where it cannot go back puts sizes behind the data, as data descriptors. "
        "Readers can disagree about such archives, so the index refuses them.",
        fix="Write the wheel to a file, not to a pipe, with the tool that builds or repacks it.",
        sources=(ARCHIVES, "zip-data-descriptor"),
        scope=Scope.PYPI,
    )
)
def check_streamed(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Report data descriptors."""
    yield from report(distribution, {Oddity.DATA_DESCRIPTOR: "The member `{}` has a data descriptor."})


@for_each(
    Rule(
        id="archive-surroundings",
        summary="There is nothing before, between and behind the members of a wheel",
        why="Bytes that belong to no member can hide another archive; the index refuses them.",
        fix="Publish the file as the build made it: nothing may be put before it (a `#!` line) or appended.",
        sources=(ARCHIVES, "zip-unknown-record", "zip-truncated-record", "zip-trailing-data", "zip-negative-offset"),
        scope=Scope.PYPI,
    )
)
def check_surroundings(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Report bytes that are not part of any record."""
    yield from report(
        distribution,
        {
            Oddity.UNKNOWN_RECORD: "There are bytes that belong to no member, {}.",
            Oddity.TRUNCATED_RECORD: "A record of the archive is cut off, {}.",
            Oddity.TRAILING_DATA: "There are bytes behind the end of the archive, {}.",
        },
    )


@for_each(
    Rule(
        id="archive-members",
        summary="Every member of a wheel is there once, under a name in UTF-8 without control characters",
        why="Unpackers differ in what they do otherwise; the index refuses what can be read in two ways.",
        fix="Build the wheel again with a current build backend; do not add or replace files in a built wheel.",
        sources=(
            ARCHIVES,
            "zip-local-name-control-char",
            "zip-central-name-control-char",
            "zip-unicode-extra-control-char",
            "zip-unicode-extra-utf8",
            "zip-local-name-not-utf8",
            "zip-local-duplicate",
            "zip-central-duplicate",
            "zip-member-comment",
        ),
        scope=Scope.PYPI,
    )
)
def check_members(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Report odd names, duplicates and comments."""
    yield from report(
        distribution,
        {
            Oddity.MEMBER_NAME: "The member `{}` has a name that is not UTF-8 or holds control characters.",
            Oddity.DUPLICATE_MEMBER: "The member `{}` is there twice.",
            Oddity.MEMBER_COMMENT: "The member `{}` carries a comment.",
        },
    )


@for_each(
    Rule(
        id="archive-contradiction",
        summary="The records of a wheel and its directory agree",
        why="Who streams the archive and who reads it by its directory have to see the same members. The index "
        "refuses any other.",
        fix="Build the wheel again with a current build backend; do not edit built wheels.",
        sources=(
            ARCHIVES,
            "zip-extra-short",
            "zip-extra-overrun",
            "zip-extra-duplicate",
            "zip-zip64-extra-length",
            "zip-zip64-extra-empty-sentinel",
            "zip-zip64-extra-eight-needs-store",
            "zip-local-not-in-central",
            "zip-compressed-size-mismatch",
            "zip-file-size-mismatch",
            "zip-central-without-local",
            "zip-central-local-sets",
            "zip-eocd-multidisk",
            "zip-eocd64-multidisk",
            "zip-eocd64-extensible",
            "zip-eocd64-locator-missing",
            "zip-central-count",
            "zip-central-offset",
            "zip-central-size",
        ),
        scope=Scope.PYPI,
    )
)
def check_contradiction(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Report what can be read in two ways."""
    yield from report(
        distribution,
        {
            Oddity.EXTRA_FIELD: "A member has extra fields that cannot be relied on: `{}`.",
            Oddity.DIRECTORY_MISMATCH: "Records and directory disagree: `{}`.",
        },
    )


@for_each(
    Rule(
        id="archive-polyglot",
        summary="The file is not a zip and a tar at the same time",
        why="What is in it would depend on who opens it; the index refuses that.",
        fix="Publish the file as the build made it.",
        sources=(ARCHIVES, "content-zip-tar-polyglot"),
        scope=Scope.PYPI,
    )
)
def check_polyglot(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Report files that are two archives."""
    yield from report(distribution, {Oddity.POLYGLOT: "The file can be read as a {} archive as well."})


@for_each(
    Rule(
        id="archive-obfuscated",
        summary="No Python source is encrypted with PyArmor or SourceDefender",
        why="PyPI's acceptable use policy excludes code that nobody can inspect.",
        fix="Publish the source as it is, or distribute the obfuscated build by other means.",
        sources=(
            "https://policies.python.org/pypi.org/Acceptable-Use-Policy/",
            "content-pyarmor",
            "content-sourcedefender",
        ),
        scope=Scope.PYPI,
    )
)
def check_obfuscated(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Report traces of an obfuscator."""
    yield from report(distribution, {Oddity.OBFUSCATED: "Source is encrypted, with `{}`."})


@for_each(
    Rule(
        id="archive-escaping-member",
        summary="No member would be unpacked outside the archive's own directory",
        why="PyPI takes it; installers refuse such members or, if they are old, write where they should not.",
        fix="Find out which file of the project has an absolute path or a path with `..`, and leave it out of the "
        "build.",
        sources=("PEP 706",),
        verdict=Verdict.REGRETTED,
    )
)
def check_escaping(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Report absolute paths and paths that climb out."""
    yield from report(distribution, {Oddity.ESCAPING_MEMBER: "The member `{}` leads out of the archive."})
