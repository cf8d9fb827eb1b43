from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.report.claims import build_registration_links, compare_claims, workflow_filename
from tests.unit.report.examples import CLAIMS, PRIVATE, PYPI, REUSABLE_ELSEWHERE, REUSABLE_HERE, TESTPYPI, refused_mint

if TYPE_CHECKING:
    from publisher.errors import MintRefused


def values(error: MintRefused) -> dict[str, str]:
    return {claim.field: claim.value for claim in compare_claims(error)}


def mismatches(error: MintRefused) -> dict[str, str]:
    return {claim.field: claim.mismatch for claim in compare_claims(error) if claim.mismatch}


def test_compare_claims__names_what_a_registration_names() -> None:
    assert values(refused_mint()) == {
        "Owner": "octo-org",
        "Repository name": "sample-project",
        "Workflow filename": "release.yml",
        "Environment name": "pypi",
        "Owner's account number": "65",
        "Event": "release",
        "Ref": "refs/tags/v1.0",
    }


def test_compare_claims__marks_nothing_where_nothing_can_be_told() -> None:
    assert mismatches(refused_mint()) == {}


def test_compare_claims__of_an_empty_token_still_has_the_four_fields() -> None:
    assert list(values(refused_mint(claims={"repository": 5}))) == [
        "Owner",
        "Repository name",
        "Workflow filename",
        "Environment name",
    ]


def test_compare_claims__marks_an_environment_that_is_not_set() -> None:
    claims = {key: value for key, value in CLAIMS.items() if key != "environment"}
    assert "the job needs `environment:`" in mismatches(refused_mint(claims=claims))["Environment name"]


def test_compare_claims__marks_a_reusable_workflow_of_another_repository() -> None:
    error = refused_mint(claims=REUSABLE_ELSEWHERE)
    assert "another repository, `octo-org/shared`" in mismatches(error)["Workflow filename"]


def test_compare_claims__names_the_file_that_counts_of_a_reusable_workflow() -> None:
    error = refused_mint(claims=REUSABLE_HERE)
    assert values(error)["Workflow filename"] == "publish.yml"
    assert "called by `release.yml`" in mismatches(error)["Workflow filename"]


def test_compare_claims__repeats_what_the_index_expects() -> None:
    reason = (
        "no (The job_workflow_ref claim does not match, expecting one of ['o/r/.github/workflows/a.yml@x'], got 'b')"
    )
    error = refused_mint(description=reason)
    assert mismatches(error) == {"Workflow filename": "the index expects one of ['o/r/.github/workflows/a.yml@x']"}


def test_compare_claims__marks_the_claim_that_the_index_names() -> None:
    error = refused_mint(description="no (Check failed for required claim 'repository_owner')")
    assert mismatches(error) == {"Owner": "the index names this claim"}


def test_compare_claims__marks_pull_request_target() -> None:
    error = refused_mint(claims=CLAIMS | {"event_name": "pull_request_target"})
    assert mismatches(error) == {"Event": "nothing is published from such a run"}


def test_workflow_filename__falls_back_to_the_workflow_of_the_run() -> None:
    assert workflow_filename(CLAIMS | {"job_workflow_ref": ""}) == "release.yml"


def test_registration_links__fill_the_form_in() -> None:
    links = build_registration_links(PYPI.pages, CLAIMS, "sample")
    query = "provider=github&owner=octo-org&repository=sample-project&workflow_filename=release.yml&environment=pypi"
    assert links is not None
    assert links.existing == f"{PYPI.pages}manage/project/sample/settings/publishing/?{query}"
    assert links.new == f"{PYPI.pages}manage/account/publishing/?{query}&project_name=sample"


def test_registration_links__encode_every_value() -> None:
    links = build_registration_links(TESTPYPI.pages, CLAIMS | {"environment": "a b&c=<d>#é"}, "sample")
    assert links is not None
    assert links.existing.endswith("&environment=a%20b%26c%3D%3Cd%3E%23%C3%A9")


def test_registration_links__leave_an_absent_environment_out() -> None:
    links = build_registration_links(PYPI.pages, CLAIMS | {"environment": ""}, "sample")
    assert links is not None
    assert "environment" not in links.existing + links.new


@pytest.mark.parametrize("missing", ["repository", "job_workflow_ref"])
def test_registration_links__are_none_where_claims_say_too_little(missing: str) -> None:
    claims = CLAIMS | {missing: "", "workflow_ref": ""}
    assert build_registration_links(PYPI.pages, claims, "sample") is None


def test_registration_links__are_none_for_a_workflow_that_cannot_be_registered() -> None:
    assert build_registration_links(PYPI.pages, REUSABLE_ELSEWHERE, "sample") is None


def test_registration_links__of_a_reusable_workflow_here_name_the_file_that_counts() -> None:
    links = build_registration_links(PYPI.pages, REUSABLE_HERE, "sample")
    assert links is not None
    assert "workflow_filename=publish.yml" in links.existing


def test_registration_links__are_none_on_an_index_whose_pages_are_unknown() -> None:
    assert build_registration_links(PRIVATE.pages, CLAIMS, "sample") is None
