"""Every rule finds what breaks it and accepts what barely complies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from publisher.preflight.rules import REGISTERED
from tests.unit.preflight.examples import EXAMPLES
from tests.unit.preflight.making import Example
from tests.unit.preflight.reading import find, read_plan

BY_RULE = {example.rule: example for example in EXAMPLES}


@pytest.fixture(params=[registered.rule.id for registered in REGISTERED])
def example(request: pytest.FixtureRequest) -> Example:
    """Return the example of each registered rule; a rule without one fails here."""
    return BY_RULE[request.param]


def test_rule__what_breaks_it_is_found(example: Example, tmp_path: Path) -> None:
    example.breaks(tmp_path)
    plan = read_plan(tmp_path, **example.expectations)
    findings = find(example.rule, example.change(plan) if example.change else plan)
    assert findings
    assert example.says in " ".join(finding.message + finding.remedy for finding in findings)
    assert all(finding.remedy for finding in findings)


def test_rule__what_complies_is_accepted(example: Example, tmp_path: Path) -> None:
    example.keeps(tmp_path)
    plan = read_plan(tmp_path, **example.expectations)
    assert plan.distributions
    assert find(example.rule, plan) == []


def test_rules__ids_are_unique_anchors() -> None:
    ids = [registered.rule.id for registered in REGISTERED]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", one) for one in ids)


def test_examples__belong_to_rules_that_exist() -> None:
    assert BY_RULE.keys() == {registered.rule.id for registered in REGISTERED}
    assert len(BY_RULE) == len(EXAMPLES)
