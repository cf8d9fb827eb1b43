"""Whether the file is small enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution

USUAL_LIMIT = 100 << 20
HIGHEST_LIMIT = 1 << 30


@for_each(
    Rule(
        id="size-file",
        summary="The file is not larger than the index allows",
        why="PyPI allows 100 MiB per file and raises that on request to 1 GiB at most. It cannot be asked beforehand "
        "whether it did, and refuses only after the whole file was sent.",
        fix="Leave data, tests and debug symbols out of the build, or ask for a higher limit in the project's "
        "settings.",
        sources=("https://docs.pypi.org/project-management/storage-limits/", "size-file"),
        scope=Scope.PYPI,
    )
)
def check_size(distribution: Distribution) -> Iterator[Flaw]:
    """Compare with the usual and the highest limit."""
    size = f"The file has {distribution.size / (1 << 20):.1f} MiB"
    if distribution.size > HIGHEST_LIMIT:
        yield Flaw(f"{size}; no project on PyPI may have a file of more than 1 GiB.")
    elif distribution.size > USUAL_LIMIT:
        yield Flaw(f"{size}; unless PyPI has raised the project's limit, 100 MiB are allowed.", "", Verdict.DOUBTFUL)
