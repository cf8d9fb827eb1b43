from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from publisher.preflight.model import Profile, Severity
from tests.builders import build_sdist, build_wheel
from tests.unit.preflight.reading import find, read_plan


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([("sdist", "a", "1.0"), ("wheel", "a", "1.0"), ("wheel", "a", "1.1")], "`1.0` (2 files), `1.1` (1 file)."),
        ([("sdist", "a", "1.0"), ("wheel", "a", "2.0"), ("sdist", "b", "3.0")], "`a` has 2 versions"),
        ([("wheel", "a", f"1.{number}") for number in range(7)], "`1.2` (1 file) and 4 more."),
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


@pytest.mark.parametrize(
    ("present", "says"), [("a", "lists `b`, for which there is no"), ("c", "`c` is not in `expected-projects`")]
)
def test_expected_projects__missing_and_additional(present: str, says: str, tmp_path: Path) -> None:
    build_sdist(tmp_path, present)
    build_sdist(tmp_path, "b" if present == "c" else "a")
    plan = read_plan(tmp_path, expected_projects=frozenset({"a", "b"} if present == "a" else {"b"}))
    (finding,) = find("release-expected-projects", plan)
    assert says in finding.message


def _described(description: str, **fields: str) -> dict[str, Any]:
    return {"metadata": [(name.replace("_", "-"), value) for name, value in fields.items()], "description": description}


@pytest.mark.parametrize(
    ("sdist", "wheel", "differs"),
    [
        (_described("# Demo\n\nText\n"), _described("# Demo\r\n\r\nText  \r\n\r\n"), ""),
        (_described("Text"), _described("Other text " + "x" * 60), "`Description`"),
        (_described("", Metadata_Version="2.1"), _described("", Metadata_Version="2.1", Requires_Dist="attrs"), ""),
        (_described("", Metadata_Version="2.2"), _described("", Requires_Dist="attrs"), "`Requires-Dist: attrs`"),
        (_described("", Dynamic="Requires-Dist"), _described("", Requires_Dist="attrs"), ""),
        (_described("", Keywords="a, b"), _described("", Keywords="b,a"), ""),
        (_described("", Keywords="a b"), _described("", Keywords="a,b"), ""),
        (_described("", Keywords="a b"), _described("", Keywords="a c"), "`Keywords: a b`"),
        (_described("", Provides_Extra="a_b"), _described("", Provides_Extra="A.b"), ""),
        (_described("", Requires_Python="<4,>=3.10"), _described("", Requires_Python=">= 3.10, < 4"), ""),
        (_described("", Requires_Dist="a_b (>=1)"), _described("", Requires_Dist="A.B>=1"), ""),
        (_described("", Project_URL="A, https://b.c"), _described("", Project_URL="A,https://b.c"), ""),
        (
            _described("", Description_Content_Type="text/markdown"),
            _described("", Description_Content_Type="text/markdown; charset=UTF-8"),
            "",
        ),
    ],
)
def test_metadata_differs__by_what_it_means(
    sdist: dict[str, Any], wheel: dict[str, Any], differs: str, tmp_path: Path
) -> None:
    build_sdist(tmp_path, **sdist)
    build_wheel(tmp_path, **wheel)
    findings = find("release-metadata-differs", read_plan(tmp_path))
    assert [one.message.partition(" in ")[2] for one in findings] == ([f"{differs}."] if differs else [])


@pytest.mark.parametrize("version", ["2.1", "2.1.bad"])
def test_metadata_differs__an_old_sdist_is_no_measure_for_wheels(version: str, tmp_path: Path) -> None:
    build_sdist(tmp_path, "a", metadata=[("Metadata-Version", version)])
    for tag in ("py3-none-any", "py3-none-win32"):
        build_wheel(tmp_path, "a", tag=tag, metadata=[("Requires-Dist", "attrs")])
    assert find("release-metadata-differs", read_plan(tmp_path)) == []
