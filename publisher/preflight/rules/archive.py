"""Whether the file is an archive that the index opens and trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.preflight.rule import Flaw, Rule, Scope, for_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.preflight.plan import Plan


@for_all(
    Rule(
        id="archive-unreadable",
        summary="Every file named like a distribution can be read as one",
        why="Without its metadata there is nothing to send, and no index could serve the file to an installer.",
        fix="Build the file again and copy it whole, or keep it out of `packages-dir`.",
        sources=("PEP 427", "PEP 625"),
        scope=Scope.UNIVERSAL,
        is_decisive=True,
    )
)
def check_unreadable(plan: Plan) -> Iterator[Flaw]:
    """Report the files that could not be read."""
    for file in plan.unreadable:
        yield Flaw(f"The file cannot be published: {file.reason}.", filename=file.filename)
