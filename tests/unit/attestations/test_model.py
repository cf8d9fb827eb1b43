from __future__ import annotations

import json

from publisher.attestations.model import Attestation, Predicate, build_field


def test_build_field__no_attestation_is_no_field() -> None:
    assert build_field(()) is None


def test_build_field__is_an_array_of_all() -> None:
    field = build_field([Attestation('{"a":1}', Predicate.PUBLISH), Attestation('{"b":2}', Predicate.SLSA)])
    assert field is not None
    assert json.loads(field) == [{"a": 1}, {"b": 2}]
