"""Whether the index takes wheels for the platforms that the file name gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.distributions.model import Kind
from publisher.preflight.platforms import SNAPSHOT, Answer, judge_platform
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution


@for_each(
    Rule(
        id="platform-tags-refused",
        summary="Every platform tag of a wheel is one that the index takes",
        why="PyPI takes wheels for platforms whose tag says enough about where they run. A plain `linux_x86_64` says "
        f"nothing about the C library. What may have been added since {SNAPSHOT} is a warning.",
        fix="Repair the wheel with `auditwheel repair` (Linux), `delocate-wheel` (macOS) or build it with "
        "cibuildwheel, which does both.",
        sources=(
            "https://packaging.python.org/specifications/platform-compatibility-tags/",
            "wheel-platform-known",
            "wheel-platform-fixed",
            "wheel-platform-manylinux",
            "wheel-platform-musllinux",
            "wheel-platform-linux-generic",
            "wheel-platform-macos-10",
            "wheel-platform-macos-11plus",
            "wheel-platform-ios",
            "wheel-platform-android",
            "wheel-platform-pyemscripten",
        ),
        scope=Scope.PYPI,
    )
)
def check_platforms(distribution: Distribution) -> Iterator[Flaw]:
    """Judge each tag of a compressed set."""
    if distribution.kind is not Kind.WHEEL:
        return
    for tag in distribution.filename.removesuffix(".whl").rpartition("-")[2].split("."):
        answer = judge_platform(tag)
        if answer is Answer.REFUSED:
            yield Flaw(f"PyPI takes no wheel with the platform tag `{tag}`.")
        elif answer is Answer.UNKNOWN:
            yield Flaw(
                f"The platform tag `{tag}` is not one that PyPI took in {SNAPSHOT}.",
                "Nothing, if PyPI takes it by now; else choose another tag.",
                Verdict.DOUBTFUL,
            )
