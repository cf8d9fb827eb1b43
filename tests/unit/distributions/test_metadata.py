from __future__ import annotations

from email.parser import HeaderParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.metadata import parse_email

from publisher.distributions.metadata import HEADER_LIMIT, MetadataError, parse_metadata
from tests.builders import build_metadata

REQUIRED = b"Metadata-Version: 2.1\nName: Sample.Project\nVersion: 1.00\n"


def test_parse_metadata__required_fields_as_written() -> None:
    metadata = parse_metadata(REQUIRED)
    assert (metadata.metadata_version, metadata.name, metadata.version) == ("2.1", "Sample.Project", "1.00")


def test_parse_metadata__all_fields_in_order_known_or_not() -> None:
    metadata = parse_metadata(b"Metadata-Version: 99.0\nFuture: one\nName: a\nclassifier: B\nVersion: 1\nFuture: two\n")
    assert metadata.fields == (
        ("Metadata-Version", "99.0"),
        ("Future", "one"),
        ("Name", "a"),
        ("classifier", "B"),
        ("Version", "1"),
        ("Future", "two"),
    )


def test_metadata__fields_are_found_in_any_case() -> None:
    metadata = parse_metadata(REQUIRED + b"classifier: one\nClassifier: two\n")
    assert metadata.all("CLASSIFIER") == ("one", "two")
    assert metadata.first("Classifier") == "one"


def test_metadata__absent_field() -> None:
    metadata = parse_metadata(REQUIRED)
    assert metadata.first("Summary") is None
    assert metadata.all("Summary") == ()


def test_parse_metadata__body_is_the_description() -> None:
    assert parse_metadata(REQUIRED + "\nGrüße\n\n  indented\n".encode()).fields[-1] == (
        "Description",
        "Grüße\n\n  indented\n",
    )


def test_parse_metadata__header_and_body_are_both_kept() -> None:
    assert parse_metadata(REQUIRED + b"Description: one\n\ntwo").all("Description") == ("one", "two")


@pytest.mark.parametrize("margin", ["       |", "        "])
def test_parse_metadata__description_header_loses_its_margin(margin: str) -> None:
    folded = f"Description: Title\n{margin}=====\n{margin}\n{margin}    code\n".encode()
    assert parse_metadata(REQUIRED + folded).first("Description") == "Title\n=====\n\n    code"


def test_parse_metadata__description_header_with_an_uneven_margin_stays() -> None:
    folded = b"Description: Title\n        one\n  two\n"
    assert parse_metadata(REQUIRED + folded).first("Description") == "Title\n        one\n  two"


def test_parse_metadata__only_descriptions_lose_a_margin() -> None:
    assert parse_metadata(REQUIRED + b"License: a\n        b\n").first("License") == "a\n        b"


def test_parse_metadata__body_that_claims_to_be_multipart_is_text() -> None:
    data = REQUIRED + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\npart\n--x--\n"
    assert parse_metadata(data).first("Description") == "--x\n\npart\n--x--\n"


def test_parse_metadata__utf8_is_decoded() -> None:
    metadata = parse_metadata(REQUIRED + "Author: Zoë\n".encode())
    assert metadata.first("Author") == "Zoë"
    assert metadata.not_utf8 == ()


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


def test_parse_metadata__empty_names_all_that_is_missing() -> None:
    with pytest.raises(MetadataError, match="it has no `Metadata-Version` and no `Name` and no `Version`"):
        parse_metadata(b"")


def test_metadata__raw_is_typed_and_keeps_what_it_does_not_know() -> None:
    raw, unparsed = parse_metadata(REQUIRED + b"Keywords: a,b\nFuture: x\n").raw()
    assert raw["keywords"] == ["a", "b"]
    assert unparsed == {"future": ["x"]}


def test_metadata__repr_does_not_repeat_the_source() -> None:
    assert "source" not in repr(parse_metadata(REQUIRED))


HEADER = st.tuples(st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,12}", fullmatch=True), st.text(max_size=30))


@given(st.lists(HEADER, max_size=6), st.text(max_size=60))
@example([("Content-Transfer-Encoding", "base64")], "%")
@example([("Content-Type", "multipart/mixed")], "x")
def test_parse_metadata__fields_are_those_that_packaging_sees(headers: list[tuple[str, str]], body: str) -> None:
    clean = [(name, value) for name, value in headers if not set(value) & set("\r\n")]
    metadata = parse_metadata(build_metadata(metadata=[("X-First", "1"), *clean], description=body))
    raw, unparsed = parse_email(metadata.source)
    known = {name.lower() for name, _ in metadata.fields}
    assert set(unparsed) <= known
    assert len(raw) + len(unparsed) <= len(known)


@given(
    st.lists(st.from_regex(r"[!-~]+:[^\r\n]*", fullmatch=True, alphabet=st.characters(max_codepoint=0xFF)), max_size=4)
)
@example(["A: \x0b\x85 ", "b:", "A:\tc:d\x1c"])
@example([" a: b"])
def test_parse_metadata__plain_headers_are_those_that_the_library_sees(lines: list[str]) -> None:
    data = REQUIRED.decode() + "\n".join(lines)
    fields = parse_metadata(data.encode("latin-1")).fields
    seen = HeaderParser().parsestr(data)
    assert [name for name, _ in fields] == seen.keys()
    assert [value.encode("latin-1") if value.isascii() else b"" for _, value in fields] == [
        value.encode("latin-1") if value.isascii() else b"" for value in seen.values()
    ]


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_parse_metadata__any_bytes_are_read_or_refused(extra: bytes, body: bytes) -> None:
    for data in (extra, REQUIRED + extra, REQUIRED + b"Summary: " + extra + b"\n\n" + body):
        try:
            metadata = parse_metadata(data)
        except MetadataError:
            continue
        assert metadata.name
        assert metadata.raw()


@given(st.text(max_size=200).filter(lambda text: text == text.encode("utf-8", "ignore").decode()))
def test_parse_metadata__any_description_survives(description: str) -> None:
    metadata = parse_metadata(build_metadata(description=description))
    assert (metadata.first("Description") or "") == description


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_parse_metadata__long_description_and_long_header(newline: str) -> None:
    text = build_metadata(metadata=[("License", "x")]).decode().replace("\n", newline)
    assert parse_metadata((text + "word " * HEADER_LIMIT).encode()).name == "sample"
    with pytest.raises(MetadataError, match="more than 1 MiB before the description"):
        parse_metadata((text.replace(f"x{newline}", "x" * HEADER_LIMIT + newline)).encode())
