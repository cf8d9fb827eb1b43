from dataclasses import replace
from pathlib import Path

import pytest

from publisher.preflight import check
from publisher.preflight.model import Plan, Profile, Severity
from publisher.preflight.rules.classifiers import settle_classifiers, unknown_classifiers
from tests.builders import build_wheel
from tests.unit.preflight.reading import find, read_plan

NEW, WRONG, MISSPELLED = "Framework :: New", "No Such Topic :: Really", "Topic :: utilities"


@pytest.fixture
def classified(tmp_path: Path) -> Plan:
    build_wheel(tmp_path, metadata=[("Classifier", name) for name in (NEW, WRONG, MISSPELLED, "Framework :: Newer")])
    return read_plan(tmp_path)


def test_classifiers__what_may_be_new_is_a_doubt_and_the_rest_are_errors(classified: Plan) -> None:
    assert unknown_classifiers(check(classified)) == {NEW, "Framework :: Newer"}
    assert unknown_classifiers(check(replace(classified, profile=Profile.BASIC))) == frozenset()
    found = find("classifiers-invalid", classified)
    assert [one.severity for one in found] == [Severity.WARNING, Severity.ERROR, Severity.ERROR, Severity.WARNING]
    assert [one.remedy for one in found if "Write" in one.remedy] == ["Write `Topic :: Utilities`."]


def test_classifiers__withdrawn_without_replacement(tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[("Classifier", "License :: OSI Approved :: Intel Open Source License")])
    (finding,) = find("classifiers-invalid", read_plan(tmp_path))
    assert finding.remedy == "Remove it."


@pytest.mark.parametrize("is_strict", [True, False])
def test_settle_classifiers__the_current_list_decides(classified: Plan, is_strict: bool) -> None:
    findings = check(replace(classified, is_strict=is_strict))
    settled = settle_classifiers(findings, {NEW}, is_strict=is_strict)
    severity = Severity.ERROR if is_strict else Severity.WARNING
    assert [one.severity for one in settled if one.rule == "classifiers-invalid"] == [severity] * 3
    assert len(settled) == len(findings) - 1
