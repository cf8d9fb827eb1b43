from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from publisher.preflight.model import Profile, Severity
from tests.builders import build_sdist, build_wheel
from tests.unit.preflight.reading import find, read_plan


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            [("sdist", "a", "1.0"), ("wheel", "a", "1.0"), ("wheel", "a", "1.1")],
            "`1.0` (`a-1.0-py3-none-any.whl`, `a-1.0.tar.gz`), `1.1` (`a-1.1-py3-none-any.whl`)",
        ),
        ([("sdist", "a", "1.0"), ("wheel", "a", "2.0"), ("sdist", "b", "3.0")], "`a` has 2 versions"),
        ([("wheel", "a", f"1.{number}") for number in range(7)], "(`a-1.4-py3-none-any.whl`) and 2 more"),
    ],
)
@pytest.mark.parametrize("profile", Profile)
def test_several_versions__an_error_for_every_index(
    files: list[tuple[str, str, str]], says: str, profile: Profile, tmp_path: Path
) -> None:
    for kind, project, version in files:
        (build_sdist if kind == "sdist" else build_wheel)(tmp_path, project, version)
    plan = read_plan(tmp_path, profile=profile)
    (finding,) = find("release-several-versions", plan)
    assert (finding.severity, finding.filename) == (Severity.ERROR, None)
    assert says in finding.message
    (lenient,) = find("release-several-versions", replace(plan, is_strict=False))
    assert lenient.severity is Severity.WARNING


@pytest.mark.parametrize(("present", "says"), [("a", "No distribution of `b`"), ("c", "`c` is not expected")])
def test_expected_projects__missing_and_additional(present: str, says: str, tmp_path: Path) -> None:
    build_sdist(tmp_path, present)
    build_sdist(tmp_path, "b" if present == "c" else "a")
    plan = read_plan(tmp_path, expected_projects=frozenset({"a", "b"} if present == "a" else {"b"}))
    (finding,) = find("release-expected-projects", plan)
    assert says in finding.message
