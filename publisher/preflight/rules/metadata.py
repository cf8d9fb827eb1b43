"""What the core metadata says in its single fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from publisher.preflight.rule import Flaw, Rule, Scope, for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution
    from publisher.preflight.plan import Plan


@for_each(
    Rule(
        id="metadata-local-version",
        summary="The version has no local part",
        why="What follows a `+` marks a build of one's own; PyPI publishes public versions only.",
        fix="Give the release a version without `+`. With setuptools-scm or hatch-vcs, build from a clean checkout of the tag "
        'with its full history, or set `local_scheme = "no-local-version"`.',
        sources=("PEP 440", "metadata-version-local"),
        scope=Scope.PYPI,
    )
)
def check_local_version(distribution: Distribution, _plan: Plan) -> Iterator[Flaw]:
    """Report local versions."""
    written = distribution.metadata.version.strip()
    try:
        local = Version(written).local
    except InvalidVersion:
        return
    if local:
        yield Flaw(f"The version `{written}` has a local part, `+{local}`, which PyPI refuses.")
