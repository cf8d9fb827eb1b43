import json

import pytest

from publisher.attestations.files import Attestation, Predicate
from publisher.attestations.sign import Attested, build_fields, describe_attesting, explain_refused_claims
from publisher.index.endpoints import Index
from tests.fakes.job import Job
from tests.unit.report.examples import PRIVATE, PYPI, TESTPYPI
from tests.values import build_distribution

ATTESTED = Attested({"a.whl": (Attestation('{"a":1}', Predicate.PUBLISH), Attestation('{"b":2}', Predicate.SLSA))})
WORKFLOW = "octo-org/sample/.github/workflows/release.yml"
CALLED = "octo-org/sample/.github/workflows/publish.yml"
NO_VALUES: tuple[object, ...] = (None, "")
REUSABLE: dict[str, object] = {
    "workflow_ref": f"{WORKFLOW}@refs/tags/v1",
    "job_workflow_ref": f"{CALLED}@refs/heads/main",
}


def test_build_fields__arrays() -> None:
    fields = build_fields(None, ATTESTED)
    assert {filename: json.loads(field) for filename, field in fields.items()} == {"a.whl": [{"a": 1}, {"b": 2}]}


def test_build_fields__none_for_an_index_that_gets_none() -> None:
    assert build_fields("a dry run signs nothing", ATTESTED) == {}


def test_describe_attesting__whether_and_why_not() -> None:
    distributions = (build_distribution("a-1.tar.gz"), build_distribution("b-1.tar.gz"))
    attested = Attested({"a-1.tar.gz": (Attestation("{}", Predicate.PUBLISH),)})
    assert describe_attesting("a dry run signs nothing", attested, distributions) == (
        "not attested: a dry run signs nothing"
    )
    assert describe_attesting(None, Attested({}, unsigned="no claims"), distributions) == "not attested: no claims"
    assert describe_attesting(None, attested, distributions) == "1 of 2 attested"
    assert describe_attesting(None, attested, distributions[:1]) == "attested"


def test_explain_refused_claims__reusable_workflow() -> None:
    reason = str(explain_refused_claims([TESTPYPI, PRIVATE, PYPI], REUSABLE))
    assert f"`{CALLED}`, and TestPyPI and PyPI would refuse" in reason
    assert f"its caller `{WORKFLOW}`" in reason


@pytest.mark.parametrize(
    ("index", "claims"),
    [
        (PYPI, Job().claims()),
        (PRIVATE, REUSABLE),
        (PYPI, REUSABLE | {"job_workflow_ref": f"{WORKFLOW}@refs/heads/main"}),
        *((PYPI, REUSABLE | {name: value}) for name in REUSABLE for value in NO_VALUES),
    ],
)
def test_explain_refused_claims__none(index: Index, claims: dict[str, object]) -> None:
    assert explain_refused_claims([index], claims) is None
