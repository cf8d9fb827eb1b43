"""What a profile and `verify-metadata` make of findings, and in which order they come."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from packaging.utils import NormalizedName
from packaging.version import Version

from publisher.errors import Cancelled
from publisher.preflight import check_published, judge
from publisher.preflight.finding import Severity
from publisher.preflight.plan import Plan, Profile
from publisher.preflight.rule import FLAWS_LIMIT
from publisher.preflight.rules import REGISTERED
from publisher.preflight.rules.classifiers import settle_classifiers, unknown_classifiers
from scripts.rules_page import PAGE, is_elsewhere, render_page
from tests.builders import build_sdist, build_wheel
from tests.unit.preflight.catalogue import DECIDED_BY_FILES
from tests.unit.preflight.reading import check_all, find, read_plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def severities(plan: Plan) -> dict[str, Severity]:
    return {finding.rule: finding.severity for finding in check_all(plan)}


@pytest.fixture
def broken(tmp_path: Path) -> Plan:
    """Give a plan that breaks rules of each kind."""
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        build_wheel(tmp_path / place)
    build_sdist(tmp_path, version="1.0+local", metadata=[("Requires-Python", "3.8"), ("Name", "other")])
    (tmp_path / "bad-1.0-py3-none-any.whl").write_bytes(b"bad")
    return read_plan(tmp_path, expected_version=Version("1.0"), expected_projects=frozenset({"missing"}))


def test_check__nothing_to_say_of_good_files(tmp_path: Path) -> None:
    metadata = [("Requires-Python", ">=3.10"), ("License-Expression", "MIT")]
    build_wheel(tmp_path, metadata=metadata)
    build_sdist(tmp_path, metadata=metadata)
    assert check_all(read_plan(tmp_path)) == ()


def test_check__as_many_flaws_as_anybody_reads(tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[("Requires-Dist", f"a{number}>>1") for number in range(FLAWS_LIMIT + 1)])
    assert len(find("requirements-invalid", read_plan(tmp_path))) == FLAWS_LIMIT


def test_check__strict_for_pypi(broken: Plan) -> None:
    found = severities(broken)
    assert {rule for rule, severity in found.items() if severity is Severity.ERROR} == {
        "archive-unreadable",
        "filename-conflict",
        "filename-project",
        "metadata-local-version",
        "release-expected-projects",
        "release-expected-version",
        "requirements-python",
    }


def test_check__without_verify_metadata_only_the_impossible_is_an_error(broken: Plan) -> None:
    found = severities(replace(broken, is_strict=False))
    assert found.keys() == severities(broken).keys()
    assert {rule for rule, severity in found.items() if severity is Severity.ERROR} == {
        "archive-unreadable",
        "filename-conflict",
        "release-expected-projects",
        "release-expected-version",
    }


def test_check__basic_profile_knows_no_rules_of_pypi(broken: Plan) -> None:
    found = severities(replace(broken, profile=Profile.BASIC))
    assert "metadata-local-version" not in found
    assert found["requirements-python"] is Severity.WARNING
    assert found["filename-project"] is Severity.ERROR
    assert found["archive-unreadable"] is Severity.ERROR


def test_check__findings_about_all_files_come_first_then_file_by_file(broken: Plan) -> None:
    names = [finding.filename for finding in check_all(broken)]
    assert names[0] is None
    places = [names.index(name) for name in dict.fromkeys(names)]
    assert places == sorted(places)
    assert len(dict.fromkeys(names)) == sum(1 for i, name in enumerate(names) if i == 0 or names[i - 1] != name)
    assert check_all(broken) == check_all(broken)


def test_check__findings_about_a_file_come_in_the_order_of_the_rules(broken: Plan) -> None:
    order = [registered.rule.id for registered in REGISTERED]
    about_one = [finding.rule for finding in check_all(broken) if finding.filename == "sample-1.0+local.tar.gz"]
    assert {"filename-project", "metadata-local-version", "release-expected-version"} <= {*about_one}
    assert about_one == sorted(about_one, key=order.index)


def test_check__advice_does_not_count_as_a_possible_refusal(tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[("Metadata-Version", "2.99")])
    doubts = {finding.rule: finding.may_be_refused for finding in check_all(read_plan(tmp_path))}
    assert doubts == {"metadata-version-unknown": True, "requirements-python-missing": False, "license-missing": False}


def test_check__license_file_of_old_metadata_is_not_sent_and_not_judged(tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=[("Metadata-Version", "2.1"), ("License-File", "../LICENSE")])
    assert {finding.severity for finding in check_all(read_plan(tmp_path))} == {Severity.WARNING}


def test_metadata_differs__spelling_is_no_difference(tmp_path: Path) -> None:
    """Older `wheel` puts parentheses and blanks where the sdist has none."""
    build_wheel(tmp_path, metadata=[("Requires-Dist", "Py_Six (<2,>=1)"), ("Requires-Dist", "a ; extra == 'b'")])
    build_sdist(tmp_path, metadata=[("Requires-Dist", 'a; extra == "b"'), ("Requires-Dist", "py-six>=1,<2")])
    assert find("release-metadata-differs", read_plan(tmp_path)) == []


def test_metadata_differs__more_requirements_than_are_compared(tmp_path: Path) -> None:
    few, many = ([("Requires-Dist", f"a{number} (>1)") for number in range(count)] for count in (1, 8000))
    build_wheel(tmp_path, metadata=many)
    build_sdist(tmp_path, metadata=few)
    assert find("release-metadata-differs", read_plan(tmp_path)) == []


def test_check_published__looks_at_the_listing_alone(tmp_path: Path) -> None:
    build_sdist(tmp_path, version="1.0+local")
    plan = read_plan(tmp_path, published={"sample": {"sample-2.0.tar.gz": {}}})
    assert [finding.rule for finding in check_published(plan)] == ["published-newer-version"]
    assert check_published(replace(plan, published={})) == ()


def test_check_published__file_by_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        for version in ("1.0", "1.1"):
            build_sdist(tmp_path, name, version)
    plan = read_plan(tmp_path)
    listings: Mapping[NormalizedName, Mapping[str, Mapping[str, str]]] = {
        NormalizedName(project): {f"{project}-2.0.tar.gz": {}, f"{project}-1.0.zip": {}} for project in ("a", "b")
    }
    found = check_published(replace(plan, published=listings))
    assert [(finding.filename, finding.rule) for finding in found] == [
        ("a-1.0.tar.gz", "published-other-sdist"),
        ("a-1.1.tar.gz", "published-newer-version"),
        ("b-1.0.tar.gz", "published-other-sdist"),
        ("b-1.1.tar.gz", "published-newer-version"),
    ]


def test_check_published__what_is_published_already_is_in_nobodys_way(tmp_path: Path) -> None:
    """The index takes a file that it has before it looks at the others of the release."""
    build_sdist(tmp_path)
    (sdist,) = read_plan(tmp_path).distributions
    digests = {"sha256": sdist.digests.sha256}
    listing = {sdist.filename: digests, "sample-1.0.zip": {}, "sample-0.9.tar.gz": digests}
    assert check_published(read_plan(tmp_path, published={"sample": listing})) == ()


def test_check_published__many_files_and_a_listing_of_many__in_time(tmp_path: Path) -> None:
    """Comparing each with each would be a million and a half names to take apart: seconds."""
    build_sdist(tmp_path)
    (sdist,) = read_plan(tmp_path).distributions
    sdists = tuple(
        replace(sdist, filename=f"sample-1.{number}.tar.gz", version=Version(f"1.{number}")) for number in range(300)
    )
    listing = {f"sample-1.{number}.zip": {"sha256": "other"} for number in range(5000)}
    plan = replace(read_plan(tmp_path), distributions=sdists, published={sdist.project: listing})
    began = time.process_time()
    found = check_published(plan)
    assert time.process_time() - began < 1
    assert len(found) == 300


def test_check_published__as_many_flaws_as_anybody_reads(tmp_path: Path) -> None:
    build_sdist(tmp_path)
    (sdist,) = read_plan(tmp_path).distributions
    listing = {f"sample-1.{number}.zip": {"sha256": sdist.digests.sha256} for number in range(1, FLAWS_LIMIT + 2)}
    assert len(find("published-same-content", read_plan(tmp_path, published={"sample": listing}))) == FLAWS_LIMIT


NEW, WRONG, WRITTEN = "Framework :: New", "No Such Topic :: Really", "Topic :: utilities"


@pytest.fixture
def classified(tmp_path: Path) -> Plan:
    build_wheel(tmp_path, metadata=[("Classifier", name) for name in (NEW, WRONG, WRITTEN)])
    return read_plan(tmp_path)


def test_classifiers__what_may_be_new_is_a_doubt_and_what_cannot_be_is_an_error(classified: Plan) -> None:
    assert unknown_classifiers(classified) == {NEW}
    found = find("classifiers-unknown", classified)
    assert {finding.message.split("`")[1]: finding.severity for finding in found} == {
        NEW: Severity.WARNING,
        WRONG: Severity.ERROR,
        WRITTEN: Severity.ERROR,
    }
    assert "`Topic :: Utilities`" in found[-1].remedy


def test_settle_classifiers__the_current_list_decides(classified: Plan) -> None:
    findings = check_all(classified)
    settled = settle_classifiers(classified, findings, {NEW})
    assert settled == tuple(finding for finding in findings if NEW not in finding.message)
    refused = settle_classifiers(classified, findings, set())
    assert [finding.severity for finding in refused if NEW in finding.message] == [Severity.ERROR]
    lenient = replace(classified, is_strict=False)
    assert {one.severity for one in settle_classifiers(lenient, check_all(lenient), set())} == {Severity.WARNING}


def test_rules_page__is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_page(), "run `make docs`"


@pytest.mark.parametrize("catalogue_id", DECIDED_BY_FILES)
def test_catalogue__everything_that_files_decide_is_a_rule_or_explained(catalogue_id: str) -> None:
    has_rule = any(catalogue_id in registered.rule.sources for registered in REGISTERED)
    assert has_rule != is_elsewhere(catalogue_id)


def test_judge__can_be_ended_between_two_looks(tmp_path: Path) -> None:
    looks = 0

    def pause() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            raise Cancelled("checking the distributions")

    build_wheel(tmp_path)
    plan = read_plan(tmp_path)
    with pytest.raises(Cancelled):
        judge(plan.distributions[0], pause)
    assert looks == 3


def test_check__every_file_of_a_name_has_its_findings(tmp_path: Path) -> None:
    for place, version in (("one", "2.1"), ("two", "2.2")):
        (tmp_path / place).mkdir()
        build_wheel(tmp_path / place, metadata=[("Metadata-Version", version), ("Summary", f"of {place}\nmore")])
    plan = read_plan(tmp_path)
    for workspace, places in ((tmp_path, ("one", "two")), (None, (tmp_path / "one", tmp_path / "two"))):
        (conflict,) = find("filename-conflict", replace(plan, workspace=workspace))
        assert conflict.message.endswith(f": in `{places[0]}` and in `{places[1]}`.")
    assert len(find("license-missing", read_plan(tmp_path))) == 2
