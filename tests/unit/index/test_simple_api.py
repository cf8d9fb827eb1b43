import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.index.simple_api import Comparison, ListedFile, Listing, Unknown, compare, parse_listing
from publisher.network.reply import Reply
from tests.values import WHEEL, build_distribution

JSON = "application/vnd.pypi.simple.v1+json"
EF = "ef" * 32


def read(body: str | bytes, content_type: str = "text/html", status: int = 200) -> Listing | Unknown:
    content = body.encode() if isinstance(body, str) else body
    return parse_listing(Reply(status, headers={"content-type": content_type}, body=content))


def unknown(listing: Listing | Unknown) -> str:
    assert isinstance(listing, Unknown)
    return listing.reason


def names(**digests: str | None) -> Listing:
    return Listing({name.replace("__", "."): ListedFile(digest) for name, digest in digests.items()})


@pytest.mark.parametrize("content_type", [JSON, f"{JSON}; charset=utf-8", "application/json", "Application/JSON"])
def test_parse_listing__json(content_type: str) -> None:
    files = [{"filename": "a.whl", "hashes": {"sha256": "AB" * 32, "odd": 7}}, {"filename": "b.whl"}]
    assert read(json.dumps({"files": files}), content_type) == names(a__whl="ab" * 32, b__whl=None)


def test_parse_listing__json_with_all_that_is_known_of_a_file() -> None:
    facts = {"size": 7, "upload-time": "2026-11-01T12:00:00.5Z", "yanked": "broken", "provenance": "https://x/y"}
    page = {"project-status": {"status": "Archived"}, "files": [{"filename": "a.whl", **facts}]}
    uploaded_at = datetime(2026, 11, 1, 12, 0, 0, 500_000, UTC)
    file = ListedFile(None, 7, has_provenance=True, is_yanked=True, uploaded_at=uploaded_at)
    assert read(json.dumps(page), JSON) == Listing({"a.whl": file}, "archived")


def test_parse_listing__json_entries_that_are_none() -> None:
    files = [7, None, {}, {"filename": 7}, {"filename": "a.whl", "hashes": []}]
    assert read(json.dumps({"files": files}), JSON) == names(a__whl=None)


@pytest.mark.parametrize(
    "fact",
    [
        *(("size", value) for value in (-1, "large", None, 1.5)),
        *(("upload-time", value) for value in ("yesterday", "2026-11-01T12:00:00", "9" * 99)),
        *(("yanked", value) for value in (False, None, "")),
        ("provenance", None),
    ],
)
def test_parse_listing__json_facts_that_are_none(fact: tuple[str, object]) -> None:
    assert read(json.dumps({"files": [{"filename": "a.whl", **dict([fact])}]}), JSON) == names(a__whl=None)


def test_parse_listing__status_as_the_text_of_pep_792_has_it() -> None:
    page = {"files": [], "project-status": {"state": "quarantined"}}
    assert read(json.dumps(page), JSON) == Listing({}, "quarantined")


@pytest.mark.parametrize("status", [None, "archived", {}, {"status": 7}, ["status"]])
def test_parse_listing__status_of_another_shape(status: object) -> None:
    assert read(json.dumps({"files": [], "project-status": status}), JSON) == Listing({})


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        *(
            (body, JSON, "not a list of files")
            for body in ("", "{", "[]", "{}", '{"files": {}}', "null", "[" * 100_000)
        ),
        *(('{"files": []}', content_type, content_type) for content_type in ("text/plain", "application/jsonp")),
        ('{"files": []}', "", "no content type"),
        *(
            (body, "text/html", "lists no distributions")
            for body in (
                '<a href="/simple/sample/">sample</a>',
                "",
                "not found",
                "<form action=/login><input type=password></form>",
                "<html><div id=app></div><script src=app.js></script></html>",
                "<html><a href=/>".encode("utf-16"),
            )
        ),
        *((body, "text/html", "") for body in ("<![foo[x]]>", "<![ %")),
    ],
)
def test_parse_listing__anything_else_says_why(body: str | bytes, content_type: str, words: str) -> None:
    reason = unknown(read(body, content_type))
    assert reason
    assert words in reason


@pytest.mark.parametrize(
    "content_type", ["text/html", "text/html; charset=UTF-8", "application/vnd.pypi.simple.v1+html"]
)
def test_parse_listing__html(content_type: str) -> None:
    page = f"""<!DOCTYPE html><a href="../../a%2Bb.whl?x=y#SHA256={EF.upper()}&amp;egg=z">other text</a>
      <A class=x HREF='https://files.example/c/b.tar.gz#md5=cd'>b</A><a href=" c.zip ">c</a>
      <a name=x>no link</a><a href>nothing</a><a href="d.whl.metadata">d</a><a href="http://[::1/e.whl">e</a>"""
    assert read(page, content_type) == Listing(
        {"a+b.whl": ListedFile(EF), "b.tar.gz": ListedFile(), "c.zip": ListedFile()}
    )


@pytest.mark.parametrize(
    ("anchor", "digest"),
    [
        (f'<base href="https://files.example/"><a href="a.whl#sha256-{EF.upper()}">', EF),
        (f'<a href="\n  a.whl#sha256={EF}\n">', EF),
        (f'<a href="a.whl#md5=cd&amp;sha256={EF}">', EF),
        (f'<a href="a.whl#md5=cd#sha256={EF}">', EF),
        ('<a href="%61.whl#MD5=CD">', None),
        (f'<a href="a.whl#" data-dist-info-metadata="sha256={EF}" data-core-metadata="sha256={EF}">', None),
        *((f'<a href="a.whl#sha256={digest}">', None) for digest in ("", EF[:32], f"{EF}ef", "x" * 64)),
    ],
)
def test_parse_listing__digests_in_html(anchor: str, digest: str | None) -> None:
    assert read(f"<html>{anchor}a</a>") == names(a__whl=digest)


def test_parse_listing__html_with_all_that_is_known_of_a_file() -> None:
    page = """<head><meta name=generator content=x><meta name="pypi:project-status" content="quarantined"></head>
      <a href=a.whl data-yanked="" data-provenance="https://x/y">a</a>"""
    file = ListedFile(has_provenance=True, is_yanked=True)
    assert read(page) == Listing({"a.whl": file}, "quarantined")


def test_parse_listing__a_page_without_links_lists_nothing() -> None:
    assert read("<html><h1>Links for sample</h1></html>") == Listing({})


def test_parse_listing__no_such_project() -> None:
    assert read("<html>", status=404) == Listing({}, is_new=True)


@pytest.mark.parametrize("status", [204, 401, 403, 410, 500, 503])
def test_parse_listing__another_status(status: int) -> None:
    assert unknown(read('{"files": []}', JSON, status)).startswith(f"it answered {status}")


def test_parse_listing__page_with_more_than_files() -> None:
    page = f"<script>x()</script><form><input></form><a href={WHEEL}>x</a>"
    assert read(page) == Listing({WHEEL: ListedFile()})


@given(st.binary(), st.sampled_from([JSON, "text/html"]))
def test_parse_listing__any_bytes(body: bytes, content_type: str) -> None:
    assert isinstance(read(body, content_type), Listing | Unknown)


@given(st.text(alphabet="<>![]a href=\"/.whl#=&;-%'", max_size=60))
def test_parse_listing__any_page(page: str) -> None:
    assert isinstance(read(page), Listing | Unknown)


OURS = build_distribution().digests


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        (Listing({WHEEL: ListedFile(OURS.sha256)}), Comparison.IDENTICAL),
        (Listing({WHEEL: ListedFile("0" * 64)}), Comparison.DIFFERENT),
        (Listing({WHEEL: ListedFile()}), Comparison.NO_DIGEST),
        (Listing({"other.whl": ListedFile()}), Comparison.ABSENT),
        (Unknown("x"), Comparison.UNKNOWN),
    ],
)
def test_compare__by_name_and_digest(listing: Listing | Unknown, expected: Comparison) -> None:
    assert compare(build_distribution(), listing) is expected
