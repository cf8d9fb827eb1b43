import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from publisher.distributions.model import Unreadable
from publisher.errors import Problem, SettingsError
from publisher.index.outcome import Existing, Failed, NotTried, Refused, Skipped, Uploaded, WouldUpload
from publisher.report.model import Report, Row
from publisher.report.outputs import OUTCOME_WORDS, build_outputs, list_release_pages, render_outputs
from tests.unit.report.examples import PRIVATE, PYPI, distribution, row
from tests.values import SDIST, WHEEL

KEYS = ["filename", "project", "version", "size", "sha256", "outcome", "attested"]


def test_build_outputs__after_publishing() -> None:
    outputs = build_outputs(Report(PYPI, (row(attested=True), row(SDIST, Existing()))))
    wheel = distribution()
    assert outputs["result"] == "published"
    values = [WHEEL, "sample", "1.0", 12_345, wheel.digests.sha256, "uploaded", True]
    assert json.loads(outputs["distributions"])[0] == dict(zip(KEYS, values, strict=True))
    assert [each["outcome"] for each in json.loads(outputs["distributions"])] == ["uploaded", "existing"]
    assert outputs["projects"] == '["sample"]'
    assert outputs["version"] == "1.0"
    assert outputs["release-url"] == f"{PYPI.pages}project/sample/1.0/"
    assert json.loads(outputs["release-urls"]) == [outputs["release-url"]]


def test_build_outputs__of_a_run_without_distributions_has_every_name() -> None:
    assert build_outputs(Report(error=SettingsError((Problem("user", "is empty"),)))) == {
        "result": "failed",
        "distributions": "[]",
        "projects": "[]",
        "version": "",
        "release-url": "",
        "release-urls": "[]",
    }


def test_build_outputs__lists_unreadable_files_with_what_is_known() -> None:
    unreadable = Unreadable(Path("dist") / "broken.whl", "broken.whl", "it is not a zip archive")
    outputs = build_outputs(Report(PYPI, (row(outcome=NotTried("x")),), unreadable=(unreadable,)))
    values = ["broken.whl", None, None, None, None, "not-tried", False]
    assert json.loads(outputs["distributions"])[1] == dict(zip(KEYS, values, strict=True))


def test_build_outputs__of_two_projects_names_no_single_release() -> None:
    other = Row(distribution("other-2.0.tar.gz", "other", "2.0"), Uploaded())
    outputs = build_outputs(Report(PYPI, (row(), other)))
    assert (outputs["version"], outputs["release-url"]) == ("", "")
    assert json.loads(outputs["projects"]) == ["other", "sample"]
    assert len(json.loads(outputs["release-urls"])) == 2


def test_list_release_pages__only_of_what_a_known_index_has() -> None:
    assert list_release_pages(Report(PYPI, (row(outcome=Refused(400, "no")),))) == []
    assert list_release_pages(Report(PRIVATE, (row(),))) == []


def test_outcome_words__are_the_contract() -> None:
    outcomes = (Uploaded, Existing, Skipped, Refused, Failed, NotTried, WouldUpload)
    words = "uploaded existing skipped refused failed not-tried would-upload"
    assert [OUTCOME_WORDS[outcome] for outcome in outcomes] == words.split()


@given(st.dictionaries(st.sampled_from(["a", "b-c"]), st.text()))
def test_render_outputs__can_be_read_back(outputs: dict[str, str]) -> None:
    text = render_outputs(outputs, "end-4711-canary")
    read: dict[str, str] = {}
    lines = text.split("\n")
    while lines[0]:
        name, delimiter = lines.pop(0).split("<<")
        end = lines.index(delimiter)
        read[name] = "\n".join(lines[:end])
        lines = lines[end + 1 :]
    assert read == outputs
