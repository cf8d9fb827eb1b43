import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from publisher.distributions.metadata import FIELDS_LIMIT, MetadataError, form_fields, parse_metadata, parse_version
from tests.builders import build_metadata

REQUIRED = b"Metadata-Version: 2.1\nName: Sample.Project\nVersion: 1.00\n"


def test_parse_metadata__all_fields_in_order_known_or_not() -> None:
    required = (("Metadata-Version", "2.1"), ("Name", "Sample.Project"), ("Version", "1.00"))
    metadata = parse_metadata(REQUIRED + b"Future: one\nclassifier: B\nFuture: two\nClassifier: C\n")
    rest = (("Future", "one"), ("classifier", "B"), ("Future", "two"), ("Classifier", "C"))
    assert metadata.fields == form_fields(metadata) == required + rest
    assert (metadata.metadata_version, metadata.name, metadata.version) == ("2.1", "Sample.Project", "1.00")
    assert (metadata.all("CLASSIFIER"), metadata.first("Classifier")) == (("B", "C"), "B")


@pytest.mark.parametrize(
    ("text", "description"),
    [
        *(
            (f"Description: Title\n{margin}=====\n{margin}\n{margin}    code\n", "Title\n=====\n\n    code")
            for margin in ("       |", "        ")
        ),
        ("Description: Title\n        one\n  two\n", "Title\n        one\n  two"),
        ("\nGrüße\n\n  indented\n", "Grüße\n\n  indented\n"),
        ("Content-Type: multipart/mixed; boundary=x\n\n--x\n\npart\n--x--\n", "--x\n\npart\n--x--\n"),
        ("no field\nName: x\n", "no field\nName: x\n"),
    ],
)
def test_parse_metadata__description_in_the_header_or_the_body(text: str, description: str) -> None:
    assert parse_metadata(REQUIRED + text.encode()).fields[-1] == ("Description", description)


def test_parse_metadata__other_bytes_are_noted_and_spoil_no_other_field() -> None:
    metadata = parse_metadata(REQUIRED + b"Author: Zo\xeb\n" + "Maintainer: Zoë\n\nZoë".encode())
    assert metadata.first("Author") == "Zoë"
    assert metadata.first("Maintainer") == "Zoë"
    assert metadata.first("Description") == "Zoë"
    assert metadata.not_utf8 == ("Author",)


@pytest.mark.parametrize("field", ["Metadata-Version", "Name", "Version"])
@pytest.mark.parametrize("replacement", ["", "{field}:\n", "{field}:   \n"])
def test_parse_metadata__required_field_absent_or_empty(field: str, replacement: str) -> None:
    lines = [line for line in REQUIRED.decode().splitlines(keepends=True) if not line.startswith(f"{field}:")]
    data = (replacement.format(field=field) + "".join(lines)).encode()
    with pytest.raises(MetadataError, match=f"it has no `{field}`"):
        parse_metadata(data)


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_parse_metadata__any_bytes_are_read_or_refused(extra: bytes, body: bytes) -> None:
    for data in (extra, REQUIRED + extra, REQUIRED + b"Summary: " + extra + b"\n\n" + body):
        try:
            metadata = parse_metadata(data)
        except MetadataError:
            continue
        assert metadata.name


def test_parse_metadata__long_values_are_read_but_not_endless_fields() -> None:
    text = build_metadata(metadata=[("License", "x" * (2 << 20))], description="word " * (1 << 20))
    assert parse_metadata(text).name == "sample"
    with pytest.raises(MetadataError, match="it has more than 10,000 fields"):
        parse_metadata(build_metadata(metadata=[("A", "")] * FIELDS_LIMIT))


@pytest.mark.parametrize(
    ("version", "is_sent"), [("2.1", False), ("2.3", False), ("2.4", True), ("9.9", True), ("1" * 5000, True)]
)
def test_form_fields__license_file_since_its_metadata_version(version: str, is_sent: bool) -> None:
    metadata = parse_metadata(build_metadata(metadata=[("Metadata-Version", version), ("License-File", "COPYING")]))
    assert (("License-File", "COPYING") in form_fields(metadata)) is is_sent


def test_form_fields__a_blank_description_is_not_sent() -> None:
    metadata = parse_metadata(build_metadata(description="\n \n"))
    assert metadata.first("Description") is not None
    assert "Description" not in dict(form_fields(metadata))


@pytest.mark.parametrize(
    ("text", "version"), [("1.0", Version("1.0")), ("v1", Version("1")), ("one", None), ("1" * 5000, None)]
)
def test_parse_version__none_if_invalid(text: str, version: Version | None) -> None:
    assert parse_version(text) == version
