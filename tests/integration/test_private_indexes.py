"""Indexes other than PyPI. Their dialects are in `unit/index`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import build_wheel
from tests.fakes.service import Answer
from tests.fakes.uploads import parse_basic
from tests.integration.matrix import answer
from tests.integration.stage import outcomes

if TYPE_CHECKING:
    from tests.integration.stage import Stage

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


@pytest.mark.parametrize("status", [404, 405])
def test_simple_api_as_the_upload_url__explained_by_its_answer(stage: Stage, status: int) -> None:
    stage.index.script("upload", Answer(status, "<html><title>No</title></html>", {"Content-Type": "text/html"}))
    run = stage.perform()
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "refused"}
    assert any("does not accept uploads" in error and "`repository-url`" in error for error in run.errors)
