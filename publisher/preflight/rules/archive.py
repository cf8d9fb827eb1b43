"""Whether the file is an archive that the index opens and trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.distributions.inspection import Anomaly
from publisher.preflight.observations import report
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
def check_corrupt(distribution: Distribution) -> Iterator[Flaw]:
    """Report members that could not be unpacked."""
    yield from report(
        distribution,
        {
            Anomaly.CORRUPT_MEMBER: "A member cannot be unpacked: `{}`.",
            Anomaly.ENCRYPTED: "The member `{}` is encrypted.",
        },
    )


@for_each(
    Rule(
        id="archive-damaged-end",
        summary="The compressed data of an sdist is whole to its last byte",
        why="Length and checksum stand at the very end. Where they do not fit, something was lost or changed; the "
        "index need not notice, because it stops reading at the last member.",
        fix="Build the file again and copy it whole.",
        sources=("https://www.rfc-editor.org/rfc/rfc1952", "sdist-tar-corrupt"),
        verdict=Verdict.DOUBTFUL,
        scope=Scope.UNIVERSAL,
    )
)
def check_end(distribution: Distribution) -> Iterator[Flaw]:
    """Report what gzip says at the end."""
    yield from report(distribution, {Anomaly.DAMAGED_END: "Behind its last member, the archive is damaged: {}."})


@for_each(
    Rule(
        id="archive-compression",
        summary="Every member of a wheel is stored or deflated",
        why="Installers need not know any other method, and the index refuses them.",
        fix="Build the wheel with the method `deflated`.",
        sources=(ARCHIVES, "content-zip-compression"),
    )
)
def check_compression(distribution: Distribution) -> Iterator[Flaw]:
    """Report other methods."""
    yield from report(distribution, {Anomaly.COMPRESSION: "The member `{}` is neither stored nor deflated."})


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
def check_ratio(distribution: Distribution) -> Iterator[Flaw]:
    """Report archives beyond both numbers."""
    yield from report(distribution, {Anomaly.RATIO: "Unpacked, the archive is {} times as large."})


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
def check_polyglot(distribution: Distribution) -> Iterator[Flaw]:
    """Report files that are two archives."""
    yield from report(distribution, {Anomaly.POLYGLOT: "The file can be read as a {} archive as well."})


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
def check_obfuscated(distribution: Distribution) -> Iterator[Flaw]:
    """Report traces of an obfuscator."""
    yield from report(distribution, {Anomaly.OBFUSCATED: "Source is encrypted, with `{}`."})


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
def check_escaping(distribution: Distribution) -> Iterator[Flaw]:
    """Report absolute paths and paths that climb out."""
    yield from report(distribution, {Anomaly.ESCAPING_MEMBER: "The member `{}` leads out of the archive."})
