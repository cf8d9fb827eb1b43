"""Whether everybody who opens a wheel sees the same members, however they read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.distributions.inspection import Anomaly
from publisher.preflight.observations import report
from publisher.preflight.rule import Rule, Scope, for_each
from publisher.preflight.rules.archive import ARCHIVES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution
    from publisher.preflight.rule import Flaw


@for_each(
    Rule(
        id="framing-streamed",
        summary="The wheel was not written as a stream",
        why="A program that writes a zip to where it cannot go back puts sizes behind the data, as data descriptors. "
        "Readers can disagree about such archives, so the index refuses them.",
        fix="Write the wheel to a file, not to a pipe, with the tool that builds or repacks it.",
        sources=(ARCHIVES, "zip-data-descriptor"),
        scope=Scope.PYPI,
    )
)
def check_streamed(distribution: Distribution) -> Iterator[Flaw]:
    """Report data descriptors."""
    yield from report(distribution, {Anomaly.DATA_DESCRIPTOR: "The member `{}` has a data descriptor."})


@for_each(
    Rule(
        id="framing-surroundings",
        summary="There is nothing before, between and behind the members of a wheel",
        why="Bytes that belong to no member can hide another archive; the index refuses them.",
        fix="Publish the file as the build made it: nothing may be put before it (a `#!` line) or appended.",
        sources=(ARCHIVES, "zip-unknown-record", "zip-truncated-record", "zip-trailing-data", "zip-negative-offset"),
        scope=Scope.PYPI,
    )
)
def check_surroundings(distribution: Distribution) -> Iterator[Flaw]:
    """Report bytes that are not part of any record."""
    yield from report(
        distribution,
        {
            Anomaly.UNKNOWN_RECORD: "There are bytes that belong to no member, {}.",
            Anomaly.TRUNCATED_RECORD: "A record of the archive is cut off, {}.",
            Anomaly.TRAILING_DATA: "There are bytes behind the end of the archive, {}.",
        },
    )


@for_each(
    Rule(
        id="framing-members",
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
def check_members(distribution: Distribution) -> Iterator[Flaw]:
    """Report odd names, duplicates and comments."""
    yield from report(
        distribution,
        {
            Anomaly.MEMBER_NAME: "The member `{}` has a name that is not UTF-8 or holds control characters.",
            Anomaly.DUPLICATE_MEMBER: "The member `{}` is there twice.",
            Anomaly.MEMBER_COMMENT: "The member `{}` carries a comment.",
        },
    )


@for_each(
    Rule(
        id="framing-contradiction",
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
def check_contradiction(distribution: Distribution) -> Iterator[Flaw]:
    """Report what can be read in two ways."""
    yield from report(
        distribution,
        {
            Anomaly.EXTRA_FIELD: "A member has extra fields that cannot be relied on: `{}`.",
            Anomaly.DIRECTORY_MISMATCH: "Records and directory disagree: `{}`.",
        },
    )
