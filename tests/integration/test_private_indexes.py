"""Indexes other than PyPI: their dialects, their certificates, and the proxies before them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.builders import build_wheel
from tests.fakes.connect_proxy import connect_proxy
from tests.fakes.service import Answer
from tests.fakes.serving import serve, trusted_certificates
from tests.fakes.uploads import parse_basic
from tests.integration.matrix import answer
from tests.integration.stage import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.stage import Stage

WHEEL = "sample-1.0-py3-none-any.whl"

DIALECTS = {
    "Artifactory": Answer.of_json(
        403,
        {
            "errors": [
                {
                    "status": 403,
                    "message": "Not enough permissions to overwrite artifact 'x' (needs DELETE permission).",
                }
            ]
        },
    ),
    "Nexus": Answer(400, "Repository does not allow updating assets: pypi-hosted"),
    "Nexus, as a page": Answer(
        400,
        "<html><title>400 - Nexus Repository Manager</title><p>Repository does not allow updating assets: pypi-hosted",
        {"Content-Type": "text/html"},
    ),
    "GitLab": Answer.of_json(400, {"message": "Validation failed: File name has already been taken"}),
    "GitLab, by field": Answer.of_json(400, {"message": {"file_name": ["has already been taken"]}}),
    "AWS": Answer.of_json(409, {"message": "Package version asset already exists"}),
    "Azure": Answer.of_json(409, {"message": "The feed already contains file 'x' in package 'sample 1.0'."}),
    "Google": Answer.of_json(400, {"error": {"code": 400, "message": "Requested file already exists"}}),
    "pypiserver": Answer(
        409, "<html><head><title>Error: 409 Conflict</title></head></html>", {"Content-Type": "text/html"}
    ),
}


@pytest.fixture
def stage(stage: Stage) -> Stage:
    build_wheel(stage.dist)
    stage.index.users["user"] = "password"
    stage.runner.inputs |= {"user": "user", "password": "password", "check-url": ""}
    return stage


@pytest.mark.parametrize("dialect", DIALECTS)
def test_duplicate__refused_in_every_dialect(stage: Stage, dialect: str) -> None:
    stage.index.script("upload", DIALECTS[dialect])
    run = stage.perform()
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "refused"}
    assert len(stage.index.seen("upload")) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_duplicate__skipped_when_asked_for(stage: Stage, dialect: str) -> None:
    stage.index.script("upload", DIALECTS[dialect])
    run = stage.perform({"skip-existing": "true"})
    assert run.exit_status == 0
    assert outcomes(run) == {WHEEL: "skipped"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_duplicate__of_an_upload_whose_answer_was_lost__is_success(stage: Stage, dialect: str) -> None:
    stage.index.script("upload", Answer(504, after=True), DIALECTS[dialect])
    run = stage.perform()
    assert run.exit_status == 0
    assert outcomes(run) == {WHEEL: "uploaded"}


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
    """Some indexes take uploads at the very address at which installers read, pypicloud for one."""
    stage.index_proxy.script(answer(200), path="/simple/")
    assert stage.perform({"repository-url": f"{stage.index_proxy.url}/simple/"}).exit_status == 0
    run = stage.perform()
    assert run.exit_status == 1
    assert any("404 Not Found" in error and "Simple API" in error for error in run.errors)


@pytest.fixture
def behind_tls(stage: Stage) -> Iterator[Stage]:
    with serve(stage.index, tls=True) as served, trusted_certificates() as path:
        stage.runner.inputs |= {"repository-url": f"{served.url}/legacy/", "check-url": f"{served.url}/simple/"}
        stage.runner.variables["SSL_CERT_FILE"] = str(path)
        yield stage


@pytest.mark.parametrize("tls", [False, True])
def test_proxy__every_request_goes_through_it(behind_tls: Stage, tls: bool) -> None:
    with connect_proxy(tls=tls) as proxy:
        behind_tls.runner.variables["HTTPS_PROXY"] = proxy.url.replace("://", "://user:canary-4711@")
        run = behind_tls.perform()
    assert run.exit_status == 0
    assert "canary-4711" in run.masks
    credentials = base64.b64encode(b"user:canary-4711").decode()
    assert all(f"Proxy-Authorization: Basic {credentials}" in head for head in proxy.heads)
    host = behind_tls.runner.inputs["repository-url"].removeprefix("https://").partition("/")[0]
    assert set(proxy.targets) == {host}
    assert behind_tls.index.filenames() == [WHEEL]


def test_proxy__none_for_hosts_that_are_excepted(behind_tls: Stage) -> None:
    with connect_proxy() as proxy:
        behind_tls.runner.variables["HTTPS_PROXY"] = proxy.url
        behind_tls.runner.variables["NO_PROXY"] = "127.0.0.1"
        assert behind_tls.perform().exit_status == 0
    assert proxy.targets == []


@pytest.mark.parametrize(
    ("status", "words"), [(405, "takes no uploads"), (404, "Nothing takes uploads at this address")]
)
def test_simple_api_that_nobody_recognizes__explained_by_its_answer(stage: Stage, status: int, words: str) -> None:
    stage.index.script("upload", Answer(status, "<html><title>No</title></html>", {"Content-Type": "text/html"}))
    run = stage.perform()
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "refused"}
    assert any(words in error and "`repository-url`" in error for error in run.errors)


def test_login_page_in_place_of_the_index__is_no_success(stage: Stage) -> None:
    page = Answer(200, "<!doctype html><title>Sign in</title><input type=password>", {"Content-Type": "text/html"})
    stage.index.script("upload", page, page)
    run = stage.perform({"max-attempts": "2"})
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "failed"}
    assert any("200 OK with a login page" in error for error in run.errors)


def test_web_page_of_an_index_that_did_its_work__is_success(stage: Stage) -> None:
    page = Answer(200, "<html><title>200 OK</title></html>", {"Content-Type": "text/html"}, after=True)
    stage.index.script("upload", page)
    run = stage.perform({"max-attempts": "1"})
    assert run.exit_status == 0
    assert outcomes(run) == {WHEEL: "uploaded"}


def test_proxy__that_refuses(behind_tls: Stage) -> None:
    with serve(behind_tls.index) as no_proxy:
        behind_tls.runner.variables["HTTPS_PROXY"] = no_proxy.url
        run = behind_tls.perform({"max-attempts": "1"})
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "failed"}
    assert any("the proxy refused the connection" in error for error in run.errors)
    assert not behind_tls.index.files
