"""Whether the files together are the release that was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.preflight.rule import Flaw, Rule, Scope, for_all, for_each

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publisher.distributions.model import Distribution
    from publisher.preflight.plan import Plan


@for_each(
    Rule(
        id="release-expected-version",
        summary="Every distribution has the version that `expected-version` names",
        why="A tag that does not match what was built means that the version was not raised, or that old files lie around.",
        fix="Build from the tag whose version you publish, with an empty output directory.",
        sources=("input `expected-version`",),
        scope=Scope.UNIVERSAL,
        is_decisive=True,
    )
)
def check_expected_version(distribution: Distribution, plan: Plan) -> Iterator[Flaw]:
    """Compare with the input by PEP 440."""
    if plan.expected_version is not None and distribution.version != plan.expected_version:
        yield Flaw(f"The version is `{distribution.version}`, expected is `{plan.expected_version}`.")


@for_all(
    Rule(
        id="release-expected-projects",
        summary="Exactly the projects that `expected-projects` names are present",
        why="A project too many would be published by accident; one that is missing makes the release incomplete.",
        fix="Build exactly these projects, or change `expected-projects`.",
        sources=("input `expected-projects`",),
        scope=Scope.UNIVERSAL,
        is_decisive=True,
    )
)
def check_expected_projects(plan: Plan) -> Iterator[Flaw]:
    """Compare with the input, in both directions."""
    if not plan.expected_projects:
        return
    present = {distribution.project for distribution in plan.distributions}
    if missing := plan.expected_projects - present:
        yield Flaw(f"No distribution of {_list(missing)} is present.")
    for distribution in plan.distributions:
        if distribution.project not in plan.expected_projects:
            yield Flaw(
                f"The project `{distribution.project}` is not one of those expected: {_list(plan.expected_projects)}.",
                filename=distribution.filename,
            )


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
