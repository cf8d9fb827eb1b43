"""Indexes other than PyPI. Their dialects are in `unit/index`."""

import pytest

from tests.builders import build_wheel
from tests.fakes.service import Answer
from tests.fakes.uploads import parse_basic
from tests.integration.matrix import answer
from tests.integration.stage import Stage, rehearse

WHEEL = "sample-1.0-py3-none-any.whl"


@pytest.fixture
def stage(stage: Stage) -> Stage:
    build_wheel(stage.dist)
    stage.index.users["user"] = "password"
    stage.runner.inputs |= {"user": "user", "password": "password", "check-url": ""}
    return stage


def test_empty_user_name(stage: Stage) -> None:
    stage.index.users[""] = "password"
    assert stage.perform({"user": '""'}).exit_status == 0
    (upload,) = stage.index.seen("upload")
    assert parse_basic(upload.headers["authorization"]) == ("", "password")


@pytest.mark.parametrize("path", ["/user/prod/+simple/", "/user/prod/+simple"])
def test_simple_api_instead_of_the_upload_url__before_any_request(stage: Stage, path: str) -> None:
    run = stage.perform({"repository-url": f"{stage.served.url}{path}"})
    assert run.exit_status == 2
    assert any("Simple API" in error for error in run.errors)
    assert stage.requests == []


def test_upload_url_that_looks_like_a_simple_api__the_index_decides(stage: Stage) -> None:
    """Some indexes, such as pypicloud, accept uploads at the root of their Simple API."""
    stage.index_proxy.script(answer(200), answer(404), path="/simple/")
    assert stage.perform({"repository-url": f"{stage.index_proxy.url}/simple/"}).exit_status == 0
    run = stage.perform()
    assert run.exit_status == 1
    assert any("404" in error and "Simple API" in error for error in run.errors)


# --- Green without a release


FRONT_PAGE = Answer(200, "<!doctype html><title>devpi</title><h1>Indexes</h1>", {"Content-Type": "text/html"})
EXISTS = Answer.of_json(400, {"non_field_errors": [f"Package {WHEEL} already exists in index"]})


@pytest.mark.parametrize("answers", [(FRONT_PAGE,), (Answer(503), EXISTS), (Answer(202),)])
def test_green_without_a_release__a_doubt_is_an_annotation(stage: Stage, answers: tuple[Answer, ...]) -> None:
    stage.index.script("upload", *answers)
    run = stage.perform()
    assert (run.exit_status, run.outcomes) == (0, {WHEEL: "uploaded"})
    (warning,) = (each for each in run.annotations("warning") if each.properties["title"] == "Upload not confirmed")
    assert ("devpi" in warning.data) is (answers == (FRONT_PAGE,))


def test_green_without_a_release__a_page_and_a_listing_that_lacks_the_file(stage: Stage) -> None:
    stage.index.script("upload", FRONT_PAGE)
    run = stage.perform({"check-url": f"{stage.index_proxy.url}/simple/"})
    assert (run.exit_status, run.outcomes) == (1, {WHEEL: "failed"})
    assert any('web page ("devpi"), and the listing lacks the file' in error for error in run.errors)
    assert any("Check `repository-url`" in error for error in run.errors)


def test_green_without_a_release__on_the_test_index(stage: Stage) -> None:
    with rehearse(stage) as test:
        test.users["user"] = "password"
        test.script("upload", FRONT_PAGE)
        run = stage.perform({"test-password": "password"})
    assert (run.exit_status, run.outcomes) == (0, {WHEEL: "uploaded"})
    titles = [each.properties["title"] for each in run.annotations("warning")]
    assert "Rehearsal: Upload not confirmed" in titles
    assert "Upload not confirmed" not in titles


# --- Wrong cause


BAD_TOKEN = Answer.of_json(403, {"code": "403 Invalid or non-existent authentication information."})


def test_wrong_cause__advice_follows_the_method(stage: Stage) -> None:
    stage.index.script("upload", BAD_TOKEN, BAD_TOKEN)
    assert any("or remove it and use Trusted Publishing" in error for error in stage.perform().errors)
    run = stage.perform({"user": "", "password": ""})
    assert any("upload token that it issued for this run" in error for error in run.errors)
    assert not any("remove it" in error for error in run.errors)
