from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import Problem, SettingsError
from publisher.index.outcome import Existing, Failed, NotTried, Refused, Skipped, Uploaded, WouldUpload
from publisher.report.model import Report, Row
from publisher.report.outputs import OUTCOME_WORDS, build_outputs, release_pages, render_outputs
from tests.unit.report.examples import PRIVATE, PYPI, SDIST, WHEEL, distribution, row


def test_build_outputs__after_publishing() -> None:
    outputs = build_outputs(Report(PYPI, (row(attested=True), row(SDIST, Existing()))))
    wheel = distribution()
    assert outputs["result"] == "published"
    assert json.loads(outputs["distributions"])[0] == {
        "filename": WHEEL,
        "project": "sample",
        "version": "1.0",
        "size": 12_345,
        "sha256": wheel.digests.sha256,
        "outcome": "uploaded",
        "attested": True,
    }
    assert [each["outcome"] for each in json.loads(outputs["distributions"])] == ["uploaded", "existing"]
    assert outputs["projects"] == '["sample"]'
    assert outputs["version"] == "1.0"
    assert outputs["release-url"] == f"{PYPI.pages}project/sample/1.0/"
    assert json.loads(outputs["release-urls"]) == [outputs["release-url"]]


def test_build_outputs__of_a_run_that_read_nothing_has_every_name() -> None:
    assert build_outputs(Report(error=SettingsError((Problem("user", "is empty"),)))) == {
        "result": "failed",
        "distributions": "[]",
        "projects": "[]",
        "version": "",
        "release-url": "",
        "release-urls": "[]",
    }


def test_build_outputs__of_two_projects_names_no_single_release() -> None:
    other = Row(distribution("other-2.0.tar.gz", "other", "2.0"), Uploaded())
    outputs = build_outputs(Report(PYPI, (row(), other)))
    assert (outputs["version"], outputs["release-url"]) == ("", "")
    assert json.loads(outputs["projects"]) == ["other", "sample"]
    assert len(json.loads(outputs["release-urls"])) == 2


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Uploaded(), "uploaded"),
        (Existing(), "existing"),
        (Skipped("x"), "skipped"),
        (Refused(400, "x"), "refused"),
        (Failed("x", 1), "failed"),
        (NotTried("x"), "not-tried"),
        (WouldUpload(), "would-upload"),
    ],
)
def test_outcome_words__are_the_contract(outcome: Uploaded, word: str) -> None:
    assert OUTCOME_WORDS[type(outcome)] == word


def test_release_pages__leave_out_releases_of_which_nothing_is_there() -> None:
    assert release_pages(Report(PYPI, (row(outcome=Refused(400, "no")),))) == []


def test_release_pages__are_none_on_an_index_whose_pages_are_unknown() -> None:
    assert release_pages(Report(PRIVATE, (row(),))) == []


def test_render_outputs__uses_another_delimiter_where_the_value_holds_the_first() -> None:
    delimiters = iter(["end", "fin"])
    assert render_outputs({"a": "the end"}, lambda: next(delimiters)) == "a<<fin\nthe end\nfin\n"


@given(st.dictionaries(st.sampled_from(["a", "b-c"]), st.text()))
def test_render_outputs__can_be_read_back(outputs: dict[str, str]) -> None:
    numbers = iter(range(1000))
    text = render_outputs(outputs, lambda: f"end-{next(numbers)}")
    read: dict[str, str] = {}
    lines = text.split("\n")
    while lines[0]:
        name, delimiter = lines.pop(0).split("<<")
        end = lines.index(delimiter)
        read[name] = "\n".join(lines[:end])
        lines = lines[end + 1 :]
    assert read == outputs
