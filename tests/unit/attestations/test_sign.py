from __future__ import annotations

import json

from publisher.attestations.files import Attestation, Predicate
from publisher.attestations.sign import Attested, build_fields, describe_attesting
from tests.values import build_distribution

ATTESTED = Attested({"a.whl": (Attestation('{"a":1}', Predicate.PUBLISH), Attestation('{"b":2}', Predicate.SLSA))})


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
