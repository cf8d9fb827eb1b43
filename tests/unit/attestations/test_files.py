import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from publisher.attestations.files import (
    SIZE_LIMIT,
    Attestation,
    AttestationFile,
    Predicate,
    collect_attestations,
    read_attestation_files,
    read_trust_config,
)
from publisher.attestations.sigstore import parse_attestation
from publisher.errors import SettingsError
from tests.fakes.sigstore.world import signing_world
from tests.values import build_distribution

WHEEL = build_distribution()
NAME = WHEEL.filename
SHA256 = WHEEL.digests.sha256


@pytest.fixture(scope="module")
def signed() -> dict[str, Any]:
    """Return a parsed attestation of the wheel, made like any other."""
    with signing_world() as world:
        key = world.parse_trust().request_key(world.request_id_token("sigstore"))
        attestation = key.attest(NAME, SHA256)
    assert attestation is not None
    parsed: dict[str, Any] = json.loads(attestation.text)
    return parsed


def encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def build_statement(
    *, name: object = NAME, sha256: object = SHA256, predicate: object = Predicate.PUBLISH, **others: object
) -> bytes:
    subject = {"name": name, "digest": {"sha256": sha256}}
    kind = "https://in-toto.io/Statement/v1"
    statement = {"_type": kind, "subject": [subject], "predicateType": predicate, "predicate": None}
    return json.dumps(statement | others).encode()


def restate(signed: dict[str, Any], statement: bytes) -> bytes:
    """Replace the statement of an attestation; nobody verifies the signature here."""
    return json.dumps(signed | {"envelope": signed["envelope"] | {"statement": encode(statement)}}).encode()


def test_parse_attestation__is_what_an_index_reads(signed: dict[str, Any]) -> None:
    attestation = parse_attestation(json.dumps(signed | {"future": 1}).encode(), WHEEL)
    assert isinstance(attestation, Attestation)
    assert (attestation.predicate, json.loads(attestation.text)) == (Predicate.PUBLISH, signed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version: Input should be 1"),
        ({"verification_material": {"certificate": encode(b"x"), "transparency_entries": [{}]}}, "invalid X.509"),
        *(
            ({"envelope": {"statement": encode(statement), "signature": encode(b"x")}}, message)
            for statement, message in (
                (b"\xff\xfe", "Invalid JSON"),
                (b"[" * 100_000, "recursion"),
                (b"[]", "Input should be an object"),
            )
        ),
        *((content, "") for content in (b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000)),
    ],
)
def test_parse_attestation__other_structures(
    signed: dict[str, Any], change: dict[str, Any] | bytes, message: str
) -> None:
    content = change if isinstance(change, bytes) else json.dumps(signed | change).encode()
    problem = parse_attestation(content, WHEEL)
    assert isinstance(problem, str)
    assert problem.startswith("it is not a PEP 740 attestation: ")
    assert message in problem


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "_type: "),
        ({"name": None}, "one named file"),
        ({"name": "sample-2.0-py3-none-any.whl"}, "another file: `sample-2.0"),
        ({"name": "sample-1.0-py2-none-any.whl"}, "another file"),
        ({"name": "sample-1.0.tar.gz"}, "another file"),
        ({"name": f"sample-{'9' * 5000}-py3-none-any.whl"}, "another file"),
        ({"name": f"sample-1.0-{'.'.join('abc' * 100)}-any-any.whl"}, "another file"),
        ({"sha256": "0" * 64}, "other content"),
        ({"sha256": SHA256.upper()}, "other content"),
        ({"predicate": "https://example.org/other/v1"}, "of the type `https://example.org/other/v1`"),
        ({"subject": []}, "subject: "),
        ({"subject": [{"name": NAME, "digest": {"sha256": SHA256}}] * 2}, "one named file"),
        ({"subject": [{"name": NAME, "digest": {"sha512": SHA256}}]}, "one named file"),
        ({"subject": [{"digest": {"sha256": SHA256}}]}, "subject.0.name: "),
    ],
)
def test_parse_attestation__other_statements(signed: dict[str, Any], change: dict[str, Any], message: str) -> None:
    assert message in str(parse_attestation(restate(signed, build_statement(**change)), WHEEL))


def test_parse_attestation__compares_parsed_names(signed: dict[str, Any]) -> None:
    content = restate(signed, build_statement(name="Sample-1-py3-none-any.whl"))
    assert isinstance(parse_attestation(content, WHEEL), Attestation)
    sdist = build_distribution("sample-1.0.tar.gz")
    statement = build_statement(name="Sample-1.0.0.tar.gz", sha256=sdist.digests.sha256)
    assert isinstance(parse_attestation(restate(signed, statement), sdist), Attestation)


def read(directory: Path, **contents: bytes) -> tuple[AttestationFile, ...]:
    """Write and read the wheel's attestation files, each named by its kind."""
    paths = [directory / f"{NAME}.{kind}.attestation" for kind in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_bytes(content)
    return read_attestation_files(reversed(paths), directory, [WHEEL])


def test_read_attestation_files__one_of_each_type(signed: dict[str, Any], tmp_path: Path) -> None:
    slsa = restate(signed, build_statement(predicate=Predicate.SLSA))
    content = json.dumps(signed).encode()
    files = read(tmp_path, publish=content, slsa=slsa, third=content)
    assert [(file.distribution, file.problem) for file in files] == [
        *[(NAME, None)] * 2,
        (NAME, f"the distribution has another attestation of the type `{Predicate.PUBLISH}`"),
    ]
    assert files[2].attestation is None
    assert [each.predicate for each in collect_attestations(files)[NAME]] == [Predicate.PUBLISH, Predicate.SLSA]
    (file,) = files = read_attestation_files([tmp_path / f"{NAME}.slsa.attestation"], tmp_path, [])
    assert file.distribution is None
    assert file.problem is not None
    assert collect_attestations(files) == {}


def test_read_attestation_files__only_publish_attestations_can_be_replaced(tmp_path: Path) -> None:
    files = read(tmp_path, publish=b"{}", slsa=b"{}")
    assert [(file.attestation, file.is_replaceable) for file in files] == [(None, True), (None, False)]
    assert collect_attestations(files) == {}


def test_read_attestation_files__too_large_or_not_a_file(tmp_path: Path) -> None:
    (file,) = read(tmp_path, publish=b" " * SIZE_LIMIT)
    assert "not a PEP 740 attestation" in str(file.problem)
    (file,) = read(tmp_path, publish=b" " * (SIZE_LIMIT + 1))
    assert file.problem == f"it is larger than {SIZE_LIMIT} bytes"
    path = tmp_path / f"{NAME}.slsa.attestation"
    assert "No such file" in str(read_attestation_files([path], tmp_path, [WHEEL])[0].problem)
    os.mkfifo(path)
    assert read_attestation_files([path], tmp_path, [WHEEL])[0].problem == "it is not a regular file"


def test_read_attestation_files__links(signed: dict[str, Any], tmp_path: Path) -> None:
    (workspace := tmp_path / "workspace").mkdir()
    path = workspace / f"{NAME}.slsa.attestation"
    (tmp_path / "outside").write_text(json.dumps(signed))
    path.symlink_to(tmp_path / "outside")
    (file,) = read_attestation_files([path], workspace, [WHEEL])
    assert file.problem == "it is a symbolic link that leads out of the workspace"
    path.unlink()
    (workspace / "inside").write_text(json.dumps(signed))
    path.symlink_to("inside")
    assert read_attestation_files([path], workspace, [WHEEL])[0].problem is None
    path.unlink()
    path.symlink_to(path.name)
    assert "cannot be opened" in str(read_attestation_files([path], workspace, [WHEEL])[0].problem)


def test_read_trust_config__of_an_instance(tmp_path: Path) -> None:
    with signing_world() as world:
        (tmp_path / "trust.json").write_text(world.sigstore.trust_config(world.url))
        trust = read_trust_config(tmp_path / "trust.json")
        assert trust.entry_page == f"{world.url}/api/v1/log/entries?logIndex="
        assert world.sigstore.requests == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (None, "No such file"),
        (lambda _: b"\xff", "utf-8"),
        (lambda text: text[:-1].encode(), "Invalid JSON"),
        (lambda _: b"[" * 100_000, "recursion"),
        (lambda _: b'{"mediaType": "canary"}', "mediaType"),
        (lambda text: text.replace('"rekorTlogUrls": [{', '"rekorTlogUrls": [], "oidcUrls": [{', 1).encode(), "Rekor"),
        (lambda text: text.replace('"majorApiVersion": 1', '"majorApiVersion": 2').encode(), "Rekor|Fulcio"),
    ],
)
def test_read_trust_config__unusable(change: Any, message: str, tmp_path: Path) -> None:  # noqa: ANN401 -- a callable
    with signing_world() as world:
        if change:
            (tmp_path / "trust.json").write_bytes(change(world.sigstore.trust_config(world.url)))
    with pytest.raises(SettingsError, match=message) as caught:
        read_trust_config(tmp_path / "trust.json")
    assert [problem.name for problem in caught.value.problems] == ["sigstore-trust-config"]
    assert "canary" not in str(caught.value)
