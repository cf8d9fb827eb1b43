from collections.abc import Mapping

import pytest

from publisher.errors import MintRefused
from publisher.index.endpoints import Index
from publisher.report.claims import RegistrationForm, compare_claims, find_registration_forms
from tests.unit.report.examples import (
    CLAIMS,
    EXISTING,
    PRIVATE,
    PYPI,
    REUSABLE_ELSEWHERE,
    REUSABLE_HERE,
    TESTPYPI,
    refused_mint,
)


def values(error: MintRefused) -> dict[str, str]:
    return {claim.field: claim.value for claim in compare_claims(error)}


def mismatches(error: MintRefused) -> dict[str, str]:
    return {claim.field: claim.mismatch for claim in compare_claims(error) if claim.mismatch}


def test_compare_claims__names_what_a_registration_names() -> None:
    assert values(refused_mint()) == {
        "Owner": "octo-org",
        "Repository name": "sample-project",
        "Workflow name": "release.yml",
        "Environment name": "pypi",
        "Owner ID": "65",
        "Event": "release",
        "Ref": "refs/tags/v1.0",
    }
    assert mismatches(refused_mint()) == {}


def test_compare_claims__of_an_empty_token_still_has_the_four_fields() -> None:
    fields = ["Owner", "Repository name", "Workflow name", "Environment name"]
    assert list(values(refused_mint(claims={"repository": 5}))) == fields


@pytest.mark.parametrize(
    ("claims", "field", "mismatch"),
    [
        (CLAIMS | {"environment": None}, "Environment name", "the job needs `environment:`"),
        (REUSABLE_ELSEWHERE, "Workflow name", "in another repository, `octo-org/shared`"),
        (REUSABLE_HERE, "Workflow name", "called by `release.yml`"),
    ],
)
def test_compare_claims__marks_what_cannot_match(claims: Mapping[str, object], field: str, mismatch: str) -> None:
    assert mismatch in mismatches(refused_mint(claims=claims))[field]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "The job_workflow_ref claim does not match, expecting one of ['o/r/.github/workflows/a.yml@x'], got 'b'",
            {"Workflow name": "the index names this claim"},
        ),
        ("Check failed for required claim 'repository_owner'", {"Owner": "the index names this claim"}),
    ],
)
def test_compare_claims__marks_what_the_index_names(words: str, expected: dict[str, str]) -> None:
    assert mismatches(refused_mint(description=f"no ({words})")) == expected


def test_compare_claims__falls_back_to_the_workflow_of_the_run() -> None:
    claims = CLAIMS | {"job_workflow_ref": ""}
    assert values(refused_mint(claims=claims))["Workflow name"] == "release.yml"
    assert values(refused_mint(claims=REUSABLE_HERE))["Workflow name"] == "publish.yml"


def forms(
    claims: Mapping[str, object] = CLAIMS, index: Index = PYPI, projects: Mapping[str, bool] = EXISTING
) -> list[RegistrationForm]:
    return find_registration_forms(refused_mint(claims=claims, index=index, projects=projects))


def test_registration_form__of_an_existing_project_is_filled_in() -> None:
    query = "provider=github&owner=octo-org&repository=sample-project&workflow_filename=release.yml&environment=pypi"
    page = f"{PYPI.pages}manage/project/sample/settings/publishing/?{query}"
    assert forms() == [RegistrationForm("sample", page)]


def test_registration_form__of_a_new_project_comes_with_the_five_values() -> None:
    (form,) = forms(CLAIMS | {"environment": None}, TESTPYPI, {"sample": False})
    assert (form.project, form.url) == ("sample", f"{TESTPYPI.pages}manage/account/publishing/")
    assert [(each.field, each.value) for each in form.values] == [
        ("Project name", "sample"),
        ("Owner", "octo-org"),
        ("Repository name", "sample-project"),
        ("Workflow name", "release.yml"),
        ("Environment name", ""),
    ]


def test_registration_form__encodes_every_value() -> None:
    (form,) = forms(CLAIMS | {"environment": "a b&c=<d>#é"}, TESTPYPI)
    assert form.url.startswith(str(TESTPYPI.pages))
    assert form.url.endswith("&environment=a%20b%26c%3D%3Cd%3E%23%C3%A9")
    (form,) = forms(CLAIMS | {"environment": ""})
    assert "environment" not in form.url


@pytest.mark.parametrize(
    "claims", [CLAIMS | {"repository": ""}, CLAIMS | {"job_workflow_ref": "", "workflow_ref": ""}, REUSABLE_ELSEWHERE]
)
def test_registration_forms__need_claims_that_can_be_registered(claims: Mapping[str, object]) -> None:
    assert forms(claims) == forms(CLAIMS, PRIVATE) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("not-enabled", "not enabled"),
        ("too-many-projects", "Too many projects."),
        ("invalid-publisher", "no (Missing claim 'jti')"),
        ("invalid-publisher", "no (The job_workflow_ref claim does not match)"),
    ],
)
def test_registration_forms__none_where_no_registration_helps(code: str, words: str) -> None:
    assert find_registration_forms(refused_mint(code, words)) == []


def test_registration_forms__are_for_ten_projects_at_most() -> None:
    assert len(forms(projects={f"sample-{number}": True for number in range(20)})) == 10
