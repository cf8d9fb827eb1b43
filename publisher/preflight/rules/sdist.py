"""Whether an sdist is laid out as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.distributions.inspection import Anomaly
from publisher.preflight.observations import report
from publisher.preflight.rule import Rule, Scope, for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution
    from publisher.preflight.rule import Flaw

SOURCE_DISTRIBUTION = "https://packaging.python.org/specifications/source-distribution-format/"


@for_each(
    Rule(
        id="sdist-top-directory",
        summary="Everything in an sdist lies in one directory",
        why="Unpacking must not scatter files. macOS' own `tar` adds `._` files beside that directory.",
        fix="Build with `python -m build --sdist`. If you pack by hand on macOS, set `COPYFILE_DISABLE=1`.",
        sources=("PEP 517", SOURCE_DISTRIBUTION, "sdist-tar-top-level", "sdist-tar-mixed-absolute"),
        scope=Scope.PYPI,
    )
)
def check_top(distribution: Distribution) -> Iterator[Flaw]:
    """Report members beside the directory."""
    yield from report(
        distribution,
        {
            Anomaly.SEVERAL_TOPS: "The member `{}` lies outside the directory of the others.",
            Anomaly.MIXED_PATHS: "Some members have absolute paths and others have not, `{}` among them.",
        },
    )


@for_each(
    Rule(
        id="sdist-pkg-info",
        summary="`PKG-INFO` lies directly in the top directory, under that very path",
        why="The index looks it up by its path and finds no member whose name begins with `./`.",
        fix="Build with `python -m build --sdist`; packing by hand, name the directory and not `./directory`.",
        sources=("PEP 517", SOURCE_DISTRIBUTION, "sdist-pkg-info"),
        scope=Scope.PYPI,
    )
)
def check_pkg_info(distribution: Distribution) -> Iterator[Flaw]:
    """Report metadata in another place."""
    yield from report(distribution, {Anomaly.METADATA_PLACE: "There is no member `{}`."})


@for_each(
    Rule(
        id="sdist-sparse",
        summary="No member of an sdist is sparse",
        why="Readers of tar archives disagree about files with holes; the index refuses them.",
        fix="Pack without `--sparse`, or build with `python -m build --sdist`.",
        sources=(SOURCE_DISTRIBUTION, "sdist-tar-sparse"),
        scope=Scope.PYPI,
    )
)
def check_sparse(distribution: Distribution) -> Iterator[Flaw]:
    """Report files with holes."""
    yield from report(distribution, {Anomaly.SPARSE_MEMBER: "The member `{}` is sparse."})
