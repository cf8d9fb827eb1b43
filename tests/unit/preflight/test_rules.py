"""Every rule finds what breaks it, leaves alone what only just keeps it, and says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.preflight.rules import REGISTERED
from tests.unit.preflight.examples import EXAMPLES
from tests.unit.preflight.reading import find, read_plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.preflight.making import Example

BY_RULE = {example.rule: example for example in EXAMPLES}


@pytest.fixture(params=[registered.rule.id for registered in REGISTERED])
def example(request: pytest.FixtureRequest) -> Example:
    """Give the example of every registered rule; one that has none fails here."""
    return BY_RULE[request.param]


def test_rule__what_breaks_it_is_found(example: Example, tmp_path: Path) -> None:
    example.breaks(tmp_path)
    plan = read_plan(tmp_path, **example.expectations)
    findings = find(example.rule, example.change(plan) if example.change else plan)
    assert findings
    assert example.says in " ".join(finding.message + finding.remedy for finding in findings)
    assert all(finding.remedy for finding in findings)


def test_rule__what_keeps_it_is_left_alone(example: Example, tmp_path: Path) -> None:
    example.keeps(tmp_path)
    plan = read_plan(tmp_path, **example.expectations)
    assert plan.distributions
    assert find(example.rule, plan) == []


def test_rules__ids_are_unique_and_begin_with_their_subject() -> None:
    ids = [registered.rule.id for registered in REGISTERED]
    assert len(set(ids)) == len(ids)
    assert [one.rule.id for one in REGISTERED if not one.rule.id.startswith(one.subject.replace("_", "-") + "-")] == []


def test_examples__speak_of_rules_that_exist() -> None:
    assert BY_RULE.keys() == {registered.rule.id for registered in REGISTERED}
    assert len(BY_RULE) == len(EXAMPLES)
