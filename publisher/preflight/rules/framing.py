"""Whether every tool that opens a wheel finds the same members."""

from __future__ import annotations

from publisher.distributions.inspection import Anomaly
from publisher.preflight.rule import Rule, Scope
from publisher.preflight.rules.archive import ARCHIVES

Rule(
    id="framing-streamed",
    title="Streamed zip archive",
    summary="The wheel was not written as a stream",
    why="A tool that writes a zip to a pipe puts the sizes after the data, where readers can disagree about them.",
    fix="Have the tool that builds or repacks the wheel write to a file instead of a pipe.",
    sources=(ARCHIVES,),
    scope=Scope.PYPI,
).for_anomalies(__name__, {Anomaly.DATA_DESCRIPTOR: "The wheel was streamed: the size of `{}` follows its data."})

Rule(
    id="framing-surroundings",
    title="Stray bytes in a wheel",
    summary="There are no bytes before, between or after the members of a wheel",
    why="Bytes that belong to no member can hide another archive.",
    fix="Publish the file as the build produced it: do not prepend a `#!` line or append anything.",
    sources=(ARCHIVES,),
).for_anomalies(
    __name__,
    {
        Anomaly.UNKNOWN_RECORD: "There are bytes that belong to no member, {}.",
        Anomaly.TRUNCATED_RECORD: "A record of the archive is truncated, {}.",
        Anomaly.TRAILING_DATA: "There are bytes after the end of the archive, {}.",
    },
)

Rule(
    id="framing-members",
    title="Ambiguous archive member",
    summary="Every member of a wheel is unique and has no comment",
    why="Unpackers treat other members differently; the index refuses what can be read in two ways.",
    fix="Rebuild the wheel with a current build backend; do not add or replace files in a built wheel.",
    sources=(ARCHIVES,),
    scope=Scope.PYPI,
).for_anomalies(
    __name__,
    {
        Anomaly.DUPLICATE_MEMBER: "The member `{}` occurs twice.",
        Anomaly.MEMBER_COMMENT: "The member `{}` has a comment.",
    },
)

Rule(
    id="framing-contradiction",
    title="Contradictory zip records",
    summary="The records of a wheel and its directory agree, and names are UTF-8 without control characters",
    why="A tool that streams the archive and one that reads its directory must find the same members.",
    fix="Rebuild the wheel with a current build backend; do not edit built wheels.",
    sources=(ARCHIVES,),
).for_anomalies(
    __name__,
    {
        Anomaly.EXTRA_FIELD: "A member has malformed extra fields: `{}`.",
        Anomaly.MEMBER_NAME: "The name of the member `{}` is not UTF-8 or has control characters.",
        Anomaly.DIRECTORY_MISMATCH: "Records and directory disagree: `{}`.",
    },
)
