from __future__ import annotations

from pathlib import Path

import pytest

from publisher.preflight.rules.requirements import parse_requirement
from tests.builders import build_wheel
from tests.unit.preflight.reading import find, read_plan

LONG = "1" * 5000


def test_requirements__all_invalid_ones_are_reported(tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[("Requires-Dist", value) for value in ("a>>1", "b", "c^1", "an at @ sign")])
    found = find("requirements-invalid", read_plan(tmp_path))
    invalid = [f"Requires-Dist: {value}" for value in ("a>>1", "c^1", "an at @ sign")]
    assert [finding.message.split("`")[1] for finding in found] == invalid


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Py_Six (<2,>=1)", "py-six>=1,<2", True),
        ("a ; extra == 'b'", 'a; extra == "b"', True),
        ("a[B_c]", "a[b-c]", True),
        ("a>=1", "a>1", False),
        (f"a=={LONG}", f"a=={LONG}", True),
        (f"a=={LONG}", "a", False),
        ("((", "((", True),
    ],
)
def test_parse_requirement__in_any_spelling(one: str, other: str, is_same: bool) -> None:
    assert (parse_requirement(one) == parse_requirement(other)) is is_same
