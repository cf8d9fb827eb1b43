"""Whatever the metadata holds, every rule ends in a finding or in nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.distributions.metadata import Metadata
from publisher.preflight import check
from publisher.preflight.fields import RAW_NAMES
from publisher.preflight.model import Plan, Profile
from publisher.preflight.rules.classifiers import settle_classifiers
from tests.builders import build_sdist, build_wheel
from tests.unit.preflight.reading import read_plan

LONG = "1" * 5000
PIECES = [
    *["1.0", "a", "UNKNOWN", "", " ", "\n", "\r", "\0", "\u2028", "é", "\ud800", LONG, f"0{LONG}", "(" * 2000],
    *[">=", "==", "~=", "===", ".*", "@", ";", ",", "extra ==", "'", '"', "python_version <", " and ", " or "],
    *["https://", "::1", "[", "]", "%", "..", "*", "/", "\\", "C:", "MIT", "LicenseRef-", " WITH ", " OR "],
    *["text/markdown", "; charset=", "; x*", "Private ::", " :: ", "class", ".. |a| replace:: |a|", "`", "=\n"],
]
VALUES = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.sampled_from(
        [f"a=={LONG}", f"a>=1.{LONG}", f"~={LONG}.1", f">={LONG}", f"text/plain; a*{LONG}=b", f"x; {'(' * 9999}"]
    ),
)
NAMES = st.sampled_from([*RAW_NAMES, "Classifiers", "X-Own"])


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    directory: Path = tmp_path_factory.mktemp("hostile")
    build_wheel(directory)
    build_sdist(directory)
    return read_plan(directory)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=5), st.lists(st.tuples(NAMES, VALUES), max_size=2))
def test_check__no_value_is_too_odd(plan: Plan, some: list[tuple[str, str]], others: list[tuple[str, str]]) -> None:
    odd = []
    for distribution, fields in zip(plan.distributions, (some, others), strict=True):
        required = [("Metadata-Version", "2.5"), ("Name", "sample"), ("Version", "1.0")]
        added = {name.lower() for name, _ in fields}
        kept = [(name, value) for name, value in required if name.lower() not in added]
        odd.append(replace(distribution, metadata=Metadata((*kept, *fields))))
    odd_plan = replace(plan, distributions=tuple(odd))
    findings = check(odd_plan)
    assert all(finding.message and finding.remedy and finding.rule for finding in findings)
    check(replace(odd_plan, profile=Profile.BASIC))
    settle_classifiers(findings, set(), is_strict=True)
