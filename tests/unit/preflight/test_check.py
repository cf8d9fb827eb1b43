"""How profile and `verify-metadata` weigh findings, and how these are sorted."""

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from packaging.version import Version

from publisher.distributions.model import Unreadable
from publisher.distributions.read import read_distributions
from publisher.preflight import check
from publisher.preflight.model import Plan, Profile, Severity
from publisher.preflight.rule import FINDINGS_LIMIT
from scripts.rules_page import PAGE, render_page
from tests.builders import build_sdist, build_wheel
from tests.unit.preflight.reading import find, read_plan

IMPOSSIBLE = {"archive-unreadable", "filename-conflict", "release-expected-projects", "release-expected-version"}


def severities(plan: Plan) -> dict[str, Severity]:
    return {finding.rule: finding.severity for finding in check(plan)}


def errors(plan: Plan) -> set[str]:
    return {rule for rule, severity in severities(plan).items() if severity is Severity.ERROR}


@pytest.fixture
def broken(tmp_path: Path) -> Plan:
    """Return a plan that breaks rules of each kind."""
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        build_wheel(tmp_path / place)
    build_sdist(tmp_path, version="1.0+local", metadata=[("Requires-Python", "3.8"), ("Name", "other")])
    (tmp_path / "bad-1.0-py3-none-any.whl").write_bytes(b"bad")
    return read_plan(tmp_path, expected_version=Version("1.0"), expected_projects=frozenset({"missing"}))


def test_check__good_files(tmp_path: Path) -> None:
    metadata = [("Requires-Python", ">=3.10"), ("License-Expression", "MIT")]
    build_wheel(tmp_path, metadata=metadata)
    build_sdist(tmp_path, metadata=metadata)
    assert check(read_plan(tmp_path)) == ()


def test_check__no_more_findings_than_anybody_reads(tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[("Requires-Dist", f"a{number}>>1") for number in range(FINDINGS_LIMIT + 1)])
    assert len(find("requirements-invalid", read_plan(tmp_path))) == FINDINGS_LIMIT


def test_check__strict_for_pypi(broken: Plan) -> None:
    files = {"filename-mismatch", "metadata-local-version", "release-several-versions", "requirements-python"}
    assert errors(broken) == IMPOSSIBLE | files


def test_check__without_verify_metadata_only_the_impossible_is_an_error(broken: Plan) -> None:
    lenient = replace(broken, is_strict=False)
    assert severities(lenient).keys() == severities(broken).keys()
    assert errors(lenient) == IMPOSSIBLE


def test_check__basic_profile_has_no_rules_of_pypi(broken: Plan) -> None:
    found = severities(replace(broken, profile=Profile.BASIC))
    assert "metadata-local-version" not in found
    assert found["requirements-python"] is Severity.WARNING
    assert found["filename-mismatch"] is found["archive-unreadable"] is Severity.ERROR


def test_check__findings_about_all_files_come_first_then_file_by_file(broken: Plan) -> None:
    names = [name for name, _ in groupby(check(broken), lambda finding: finding.filename)]
    assert names[0] is None
    assert len(names) == len({*names})


def test_rules_page__is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_page(), "run `make docs`"


def test_check__every_file_of_a_name_has_its_findings(tmp_path: Path) -> None:
    for place, version in (("one", "2.1"), ("two", "2.2")):
        (tmp_path / place).mkdir()
        build_wheel(tmp_path / place, metadata=[("Metadata-Version", version), ("Summary", f"of {place}\nmore")])
    plan = read_plan(tmp_path)
    for workspace, places in ((tmp_path, ("one", "two")), (None, (tmp_path / "one", tmp_path / "two"))):
        (conflict,) = find("filename-conflict", replace(plan, workspace=workspace))
        assert conflict.message.endswith(f", in `{places[0]}` and in `{places[1]}`.")
    assert len(find("license-missing", read_plan(tmp_path))) == 2


@pytest.mark.parametrize(
    ("name", "make", "remedy"),
    [
        ("sample-1.0-py3-none-any.whl", Path.mkdir, "Put a readable file in its place"),
        ("sample-1.0.zip", lambda path: path.write_bytes(b"PK"), "keep the name"),
        ("sample-1.0-x1-py3-none-any.whl", lambda path: path.write_bytes(b"PK"), "keep the name"),
        ("sample-1.0.tar.gz", lambda path: path.write_bytes(b"PK"), "copy it completely"),
    ],
)
def test_unreadable__remedy_fits_the_fault(
    name: str, make: Callable[[Path], object], remedy: str, tmp_path: Path
) -> None:
    make(tmp_path / name)
    (unreadable,) = read_distributions([tmp_path / name], tmp_path)
    assert isinstance(unreadable, Unreadable)
    (finding,) = check(Plan((), (unreadable,)))
    assert remedy in finding.remedy
