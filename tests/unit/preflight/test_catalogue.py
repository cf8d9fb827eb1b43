"""Every refusal of PyPI that files and settings decide has a rule, or an explanation on the page of rules."""

from fnmatch import fnmatchcase

from publisher.preflight.rules import REGISTERED
from scripts.rules_page import ELSEWHERE as EXPLAINED
from tests.unit.preflight.catalogue import BY_RULE, ELSEWHERE


def is_explained(refusal: str) -> bool:
    return any(fnmatchcase(refusal, pattern) for group in EXPLAINED for pattern in group.ids)


def test_catalogue__every_refusal_has_a_rule_or_an_explanation() -> None:
    assert BY_RULE.keys() <= {registered.rule.id for registered in REGISTERED}
    assert all(map(is_explained, ELSEWHERE))
    assert not any(is_explained(refusal) for refusals in BY_RULE.values() for refusal in refusals.split())
