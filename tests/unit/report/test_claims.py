from __future__ import annotations

from collections.abc import Mapping

import pytest

from publisher.errors import MintRefused
from publisher.index.endpoints import Index
from publisher.report.claims import RegistrationForms, compare_claims, find_registration_forms, parse_workflow_filename
from tests.unit.report.examples import CLAIMS, PRIVATE, PYPI, REUSABLE_ELSEWHERE, REUSABLE_HERE, TESTPYPI, refused_mint


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
        "Owner ID": "65",
        "Event": "release",
        "Ref": "refs/tags/v1.0",
    }
    assert mismatches(refused_mint()) == {}


def test_compare_claims__of_an_empty_token_still_has_the_four_fields() -> None:
    fields = ["Owner", "Repository name", "Workflow filename", "Environment name"]
    assert list(values(refused_mint(claims={"repository": 5}))) == fields


@pytest.mark.parametrize(
    ("claims", "field", "mismatch"),
    [
        (CLAIMS | {"environment": None}, "Environment name", "the job needs `environment:`"),
        (CLAIMS | {"event_name": "pull_request_target"}, "Event", "indexes do not accept this event"),
        (REUSABLE_ELSEWHERE, "Workflow filename", "in another repository, `octo-org/shared`"),
        (REUSABLE_HERE, "Workflow filename", "called by `release.yml`"),
    ],
)
def test_compare_claims__marks_what_cannot_match(claims: Mapping[str, object], field: str, mismatch: str) -> None:
    assert mismatch in mismatches(refused_mint(claims=claims))[field]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "The job_workflow_ref claim does not match, expecting one of ['o/r/.github/workflows/a.yml@x'], got 'b'",
            {"Workflow filename": "the index expects one of ['o/r/.github/workflows/a.yml@x']"},
        ),
        ("Check failed for required claim 'repository_owner'", {"Owner": "the index names this claim"}),
    ],
)
def test_compare_claims__marks_what_the_index_names(words: str, expected: dict[str, str]) -> None:
    assert mismatches(refused_mint(description=f"no ({words})")) == expected


def test_parse_workflow_filename__falls_back_to_the_workflow_of_the_run() -> None:
    assert parse_workflow_filename(CLAIMS | {"job_workflow_ref": ""}) == "release.yml"
    assert parse_workflow_filename(REUSABLE_HERE) == "publish.yml"


def forms(claims: Mapping[str, object], index: Index = PYPI) -> list[RegistrationForms]:
    return find_registration_forms(refused_mint(claims=claims, index=index), ["sample"])


def test_registration_forms__are_prefilled() -> None:
    (form,) = forms(CLAIMS)
    query = "provider=github&owner=octo-org&repository=sample-project&workflow_filename=release.yml&environment=pypi"
    assert form.project == "sample"
    assert form.existing == f"{PYPI.pages}manage/project/sample/settings/publishing/?{query}"
    assert form.new == f"{PYPI.pages}manage/account/publishing/?{query}&project_name=sample"


def test_registration_forms__encode_every_value() -> None:
    (form,) = forms(CLAIMS | {"environment": "a b&c=<d>#é"}, TESTPYPI)
    assert form.existing.startswith(str(TESTPYPI.pages))
    assert form.existing.endswith("&environment=a%20b%26c%3D%3Cd%3E%23%C3%A9")
    (form,) = forms(CLAIMS | {"environment": ""})
    assert "environment" not in form.existing + form.new


@pytest.mark.parametrize(
    "claims", [CLAIMS | {"repository": ""}, CLAIMS | {"job_workflow_ref": "", "workflow_ref": ""}, REUSABLE_ELSEWHERE]
)
def test_registration_forms__need_claims_that_can_be_registered(claims: Mapping[str, object]) -> None:
    assert forms(claims) == forms(CLAIMS, PRIVATE) == []


def test_registration_forms__are_for_ten_projects_at_most() -> None:
    projects = [f"sample-{number}" for number in range(20)]
    assert len(find_registration_forms(refused_mint(), [*projects, *projects])) == 10
