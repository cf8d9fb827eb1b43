from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from publisher.index.simple_api import ListedFile, Listing
from publisher.preflight import check_published
from publisher.preflight.model import Profile, Severity
from tests.builders import build_sdist
from tests.unit.preflight.making import of_size
from tests.unit.preflight.reading import read_plan

TODAY = datetime(2026, 11, 27, tzinfo=UTC)
NOW = TODAY.timestamp()
CLOSED = ("published-project-closed", Severity.ERROR)


def other_wheel(version: str = "1.0", days: float | None = None, *, is_yanked: bool = False) -> Listing:
    uploaded_at = None if days is None else TODAY - timedelta(days)
    return Listing({f"sample-{version}-py3-none-win32.whl": ListedFile(is_yanked=is_yanked, uploaded_at=uploaded_at)})


def test_check_published__file_by_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        for version in ("1.0", "1.1"):
            build_sdist(tmp_path, name, version)
    listings = {one: Listing({f"{one}-{name}": ListedFile() for name in ("2.0.tar.gz", "1.0.zip")}) for one in "ab"}
    found = check_published(read_plan(tmp_path, published=listings))
    assert check_published(read_plan(tmp_path)) == ()
    assert [(finding.filename, finding.rule) for finding in found] == [
        ("a-1.0.tar.gz", "published-other-sdist"),
        ("a-1.1.tar.gz", "published-newer-version"),
        ("b-1.0.tar.gz", "published-other-sdist"),
        ("b-1.1.tar.gz", "published-newer-version"),
    ]


def test_check_published__existing_files_are_not_compared(tmp_path: Path) -> None:
    """The index recognizes its own file before it compares it with the others of the release."""
    build_sdist(tmp_path)
    (sdist,) = read_plan(tmp_path).distributions
    same = ListedFile(sdist.digests.sha256)
    listing = Listing({sdist.filename: same, "sample-1.0.zip": ListedFile(), "sample-0.9.tar.gz": same})
    assert check_published(read_plan(tmp_path, published={"sample": listing})) == ()


@pytest.mark.parametrize(
    ("listed", "is_found"),
    [
        ({"sample-0.9.tar.gz": ListedFile(size=(100 << 20) + 1)}, False),
        ({"sample-0.9.tar.gz": ListedFile(size=100 << 20), "sample-0.8.tar.gz": ListedFile()}, True),
        ({"sample-1.0.tar.gz": ListedFile()}, False),
        (None, True),
    ],
)
def test_size__above_the_usual_limit_is_a_doubt(
    listed: dict[str, ListedFile] | None, is_found: bool, tmp_path: Path
) -> None:
    build_sdist(tmp_path)
    plan = of_size(200 << 20)(read_plan(tmp_path))
    assert [one for one in check_published(plan) if one.rule == "published-size"] == []
    published = {} if listed is None else {canonicalize_name("sample"): Listing(listed)}
    findings = check_published(replace(plan, now=NOW, published=published))
    doubts = [(one.rule, one.severity, one.may_be_refused) for one in findings if one.rule == "published-size"]
    assert doubts == [("published-size", Severity.WARNING, True)] * is_found


@pytest.mark.parametrize(
    ("listing", "profile", "expected"),
    [
        (Listing({}, "quarantined"), Profile.PYPI, CLOSED),
        (Listing({}, "archived"), Profile.BASIC, CLOSED),
        (Listing({"sample-1.0.zip": ListedFile(is_yanked=True)}, "archived"), Profile.PYPI, CLOSED),
        (Listing({}, "deprecated"), Profile.PYPI, None),
        (Listing({"sample-1.0.tar.gz": ListedFile()}, "archived"), Profile.PYPI, None),
        (other_wheel(days=15), Profile.PYPI, ("published-release-closed", Severity.ERROR)),
        (other_wheel(days=15), Profile.BASIC, None),
        (other_wheel(days=14), Profile.PYPI, None),
        (other_wheel("1.1", days=15), Profile.PYPI, None),
        (other_wheel(), Profile.PYPI, None),
        (other_wheel(is_yanked=True), Profile.PYPI, ("published-release-yanked", Severity.WARNING)),
        (other_wheel(is_yanked=True), Profile.BASIC, ("published-release-yanked", Severity.WARNING)),
    ],
)
def test_check_published__facts_of_the_listing(
    tmp_path: Path, listing: Listing, profile: Profile, expected: tuple[str, Severity] | None
) -> None:
    build_sdist(tmp_path)
    found = check_published(read_plan(tmp_path, published={"sample": listing}, now=NOW, profile=profile))
    rules = [(each.rule, each.severity) for each in found if each.rule != "published-newer-version"]
    assert rules == ([expected] if expected else [])
