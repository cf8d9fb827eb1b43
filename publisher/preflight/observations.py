"""Turn what was noticed in an archive into flaws: the sentences about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.preflight.rule import Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.distributions.inspection import Anomaly
    from publisher.distributions.model import Distribution


def report(distribution: Distribution, sentences: Mapping[Anomaly, str]) -> Iterator[Flaw]:
    """Yield a flaw for each anomaly that has a sentence; `{}` in it stands for the detail."""
    for fault in distribution.inspection.observations:
        if sentence := sentences.get(fault.anomaly):
            yield Flaw(sentence.replace("{}", fault.detail))
