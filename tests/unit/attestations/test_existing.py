from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.attestations.existing import (
    RULE,
    AttestationFile,
    AttestationFileError,
    judge_existing,
    parse_attestation,
)
from publisher.attestations.model import Predicate
from publisher.preflight.finding import Severity
from tests.fakes.sigstore.world import build_distribution

if TYPE_CHECKING:
    from publisher.attestations.existing import Existing

WHEEL = build_distribution()
NAME = WHEEL.filename
SHA256 = WHEEL.digests.sha256


def build_statement(
    *, name: object = NAME, sha256: object = SHA256, predicate: object = Predicate.PUBLISH, **others: object
) -> dict[str, object]:
    subject = {"name": name, "digest": {"sha256": sha256}}
    kind = "https://in-toto.io/Statement/v1"
    return {"_type": kind, "subject": [subject], "predicateType": predicate, "predicate": None} | others


def encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def build_document(statement: object = None) -> dict[str, object]:
    return {
        "version": 1,
        "verification_material": {"certificate": encode(b"certificate"), "transparency_entries": [{"logIndex": "42"}]},
        "envelope": {
            "statement": encode(json.dumps(statement or build_statement()).encode()),
            "signature": encode(b"signature"),
        },
    }


def build_text(statement: object = None) -> str:
    return json.dumps(build_document(statement))


def judge(*files: tuple[str, str], is_strict: bool = True) -> Existing:
    return judge_existing([AttestationFile(*file) for file in files], [WHEEL], is_strict=is_strict)


def test_parse_attestation__gives_predicate_and_place_in_the_log() -> None:
    attestation = parse_attestation(build_text(), WHEEL)
    assert attestation.predicate is Predicate.PUBLISH
    assert attestation.log_index == 42
    assert attestation.log_url is None
    assert json.loads(attestation.text) == build_document()


def test_parse_attestation__keeps_what_it_does_not_know() -> None:
    document = build_document() | {"future": {"x": [1]}}
    assert json.loads(parse_attestation(json.dumps(document), WHEEL).text) == document


@pytest.mark.parametrize("entry", [{}, {"logIndex": "x"}, {"logIndex": None}, {"logIndex": "9" * 30}])
def test_parse_attestation__a_place_that_cannot_be_read_is_unknown(entry: dict[str, object]) -> None:
    document = build_document()
    document["verification_material"] = {"certificate": encode(b"x"), "transparency_entries": [entry]}
    assert parse_attestation(json.dumps(document), WHEEL).log_index is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "structure"),
        ({"version": "1"}, "structure"),
        ({"verification_material": None}, "structure"),
        ({"verification_material": {"certificate": encode(b"x"), "transparency_entries": []}}, "structure"),
        ({"verification_material": {"certificate": "", "transparency_entries": [{}]}}, "structure"),
        ({"verification_material": {"certificate": "%%%", "transparency_entries": [{}]}}, "base64"),
        ({"envelope": {"statement": encode(b"{}")}}, "structure"),
        ({"envelope": {"statement": encode(b"{"), "signature": encode(b"x")}}, "its statement is not JSON"),
        ({"envelope": {"statement": encode(b"[]"), "signature": encode(b"x")}}, "in-toto"),
        ({"envelope": {"statement": encode(b"\xff\xfe\xfd"), "signature": encode(b"x")}}, "its statement is not JSON"),
        ({"number": float("nan")}, "numbers that JSON does not have"),
    ],
)
def test_parse_attestation__refuses_another_structure(change: dict[str, object], said: str) -> None:
    with pytest.raises(AttestationFileError, match=said):
        parse_attestation(json.dumps(build_document() | change), WHEEL)


@pytest.mark.parametrize("text", ["", "{", "null", "[]", '"text"', "[" * 100_000])
def test_parse_attestation__refuses_what_is_no_attestation_at_all(text: str) -> None:
    with pytest.raises(AttestationFileError, match=r"it is not JSON|structure"):
        parse_attestation(text, WHEEL)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "in-toto"),
        ({"name": None}, "in-toto"),
        ({"name": "sample-2.0-py3-none-any.whl"}, "another file: `sample-2.0"),
        ({"name": "sample-1.0-py2-none-any.whl"}, "another file"),
        ({"name": "sample-1.0.tar.gz"}, "another file"),
        ({"name": "no distribution"}, "another file"),
        ({"sha256": "0" * 64}, "other content"),
        ({"sha256": SHA256.upper()}, "other content"),
        ({"predicate": "https://example.org/other/v1"}, "no attestations of the type `https://example.org/other/v1`"),
        ({"subject": []}, "in-toto"),
        ({"subject": [{"name": NAME, "digest": {"sha256": SHA256}}] * 2}, "in-toto"),
        ({"subject": [{"name": NAME, "digest": {"sha512": SHA256}}]}, "in-toto"),
    ],
)
def test_parse_attestation__refuses_what_is_about_something_else(change: dict[str, object], said: str) -> None:
    with pytest.raises(AttestationFileError, match=said):
        parse_attestation(build_text(build_statement(**change)), WHEEL)


def test_parse_attestation__compares_names_and_not_their_spelling() -> None:
    assert parse_attestation(build_text(build_statement(name="Sample-1-py3-none-any.whl")), WHEEL).log_index == 42


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["version", "envelope", "statement", "x"]), inner)
        ),
    )
)
def test_parse_attestation__any_json_is_used_or_refused(document: object) -> None:
    with pytest.raises(AttestationFileError):
        parse_attestation(json.dumps(document), WHEEL)


def test_judge_existing__gives_both_kinds_to_their_distribution() -> None:
    existing = judge(
        (f"{NAME}.slsa.attestation", build_text(build_statement(predicate=Predicate.SLSA))),
        (f"{NAME}.publish.attestation", build_text()),
    )
    assert [each.predicate for each in existing.attestations[NAME]] == [Predicate.PUBLISH, Predicate.SLSA]
    assert existing.findings == ()


def test_judge_existing__takes_one_of_a_kind() -> None:
    existing = judge((f"{NAME}.a.attestation", build_text()), (f"{NAME}.b.attestation", build_text()))
    assert len(existing.attestations[NAME]) == 1
    (finding,) = existing.findings
    assert finding.severity is Severity.ERROR
    assert "was found before it" in finding.message
    assert f"{NAME}.b.attestation" in finding.message


def test_judge_existing__a_publish_attestation_that_does_not_fit_is_made_anew() -> None:
    existing = judge((f"{NAME}.publish.attestation", build_text(build_statement(sha256="0" * 64))))
    assert existing.attestations == {}
    (finding,) = existing.findings
    assert (finding.severity, finding.rule, finding.filename) == (Severity.WARNING, RULE, NAME)
    assert "A new one is made" in finding.remedy


@pytest.mark.parametrize(("is_strict", "severity"), [(True, Severity.ERROR), (False, Severity.WARNING)])
def test_judge_existing__any_other_that_does_not_fit_cannot_be_made_up_for(is_strict: bool, severity: Severity) -> None:
    text = build_text(build_statement(sha256="0" * 64, predicate=Predicate.SLSA))
    (finding,) = judge((f"{NAME}.slsa.attestation", text), is_strict=is_strict).findings
    assert finding.severity is severity


def test_judge_existing__an_orphan_is_a_warning() -> None:
    existing = judge(("other-1.0.tar.gz.publish.attestation", build_text()))
    assert existing.attestations == {}
    (finding,) = existing.findings
    assert (finding.severity, finding.filename) == (Severity.WARNING, None)


def test_judge_existing__a_file_that_could_not_be_read_says_why() -> None:
    file = AttestationFile(f"{NAME}.slsa.attestation", AttestationFileError("it is not UTF-8"))
    (finding,) = judge_existing([file], [WHEEL], is_strict=True).findings
    assert finding.message == f"`{NAME}.slsa.attestation` cannot be used: it is not UTF-8"
