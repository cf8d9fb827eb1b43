from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from publisher.index.outcome import NotTried, Outcome, Refused, Uploaded
from publisher.publish import Run
from publisher.settings.validation import read_settings
from tests.values import WHEEL, Journal, build_distribution, run

if TYPE_CHECKING:
    from publisher.distributions.model import Distribution
    from publisher.world import World


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Uploaded(), f"Uploaded {WHEEL}"),
        (Refused(400, "no"), f"error: Refused {WHEEL}"),
        # The report tells of those that were not tried, all together.
        (NotTried("the run was cancelled"), None),
    ],
)
def test_told__what_became_of_an_upload(outcome: Outcome, said: str | None) -> None:
    journal = Journal()
    world = SimpleNamespace(log=journal.log, variables=SimpleNamespace(rules_url="rules.md"))

    async def upload(_: Distribution) -> Outcome:
        return outcome

    async def work() -> Outcome:
        return await Run(read_settings({}), cast("World", world))._tell_of(upload)(build_distribution())

    assert run(work()) == outcome
    beginning, *rest = journal.lines
    assert beginning.startswith(f"Uploading {WHEEL}")
    assert [line.startswith(said or "nothing") for line in rest] == ([True] if said else [])
