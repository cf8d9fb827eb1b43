"""Every rule finds what breaks it, says so before GitHub folds the message, and accepts what barely complies."""

import re
from pathlib import Path

import pytest

from publisher.preflight import EXPLAINED
from publisher.preflight.rules import REGISTERED
from tests.unit.preflight.examples import EXAMPLES
from tests.unit.preflight.making import Example
from tests.unit.preflight.reading import find, read_plan

SHOWN = 320  # characters that GitHub shows before it folds an annotation


@pytest.fixture(params=EXAMPLES, ids=lambda example: example.rule)
def example(request: pytest.FixtureRequest) -> Example:
    assert isinstance(request.param, Example)
    return request.param


def test_rule__what_breaks_it_is_found(example: Example, tmp_path: Path) -> None:
    example.breaks(tmp_path)
    plan = read_plan(tmp_path, workspace=tmp_path, **example.expectations)
    findings = find(example.rule, example.change(plan) if example.change else plan)
    assert example.says in " ".join(finding.message + finding.remedy for finding in findings)
    for finding in findings:
        assert re.match("[A-Z].+", finding.title)
        assert len(finding.message) + len(finding.remedy) < SHOWN
        assert re.search("[^.][.]$", finding.message)
        assert re.search("[^.][.]$", finding.remedy)
        assert (finding.filename or "?") not in finding.message


def test_rule__what_complies_is_accepted(example: Example, tmp_path: Path) -> None:
    example.keeps(tmp_path)
    plan = read_plan(tmp_path, **example.expectations)
    assert plan.distributions
    assert find(example.rule, plan) == []


def test_rules__ids_are_unique_anchors_and_have_examples() -> None:
    ids = [registered.rule.id for registered in REGISTERED]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", one) for one in ids)
    assert {example.rule for example in EXAMPLES} == set(ids)
    assert set(ids).issuperset([*EXPLAINED, *(rule for rules in EXPLAINED.values() for rule in rules)])
