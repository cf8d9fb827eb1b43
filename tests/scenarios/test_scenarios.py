"""Typical runs of the program as a process, told in full; and no secret in any of them."""

import base64
import html
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.builders import build_sdist, build_wheel
from tests.fakes.job import Job
from tests.fakes.runner import Run
from tests.fakes.service import Answer
from tests.integration.stage import Stage, set_stage
from tests.scenarios.snapshot import check_run

PASSWORD = "canary-of-the-index-4711"
READER = "canary-of-the-simple-api-4711"
NO_REQUEST_TOKEN = {"ACTIONS_ID_TOKEN_REQUEST_URL": None, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": None}
METADATA = (("Requires-Python", ">=3.11"), ("License-Expression", "MIT"))


def build(stage: Stage) -> None:
    build_wheel(stage.dist, metadata=METADATA)
    build_sdist(stage.dist, metadata=METADATA)


def publish(stage: Stage) -> None:
    build(stage)


def with_password(stage: Stage) -> None:
    build(stage)
    stage.index.users["ci"] = PASSWORD
    stage.index.readers["reader"] = READER
    check_url = stage.runner.inputs["check-url"].replace("http://", f"http://reader:{READER}@")
    stage.runner.inputs |= {"user": "ci", "password": PASSWORD, "check-url": check_url}


def outside_actions(stage: Stage) -> None:
    with_password(stage)
    stage.runner.variables["GITHUB_ACTIONS"] = None


def nothing_to_do(stage: Stage) -> None:
    build(stage)
    for path in stage.dist.iterdir():
        stage.index.add(path.name, path.read_bytes())


def dry_run(stage: Stage) -> None:
    build(stage)
    (stage.dist / "SHA256SUMS").write_text("")
    stage.runner.inputs["dry-run"] = "true"
    stage.runner.variables |= NO_REQUEST_TOKEN


def findings(stage: Stage) -> None:
    build_wheel(stage.dist, metadata=(*METADATA, ("Summary", "::error::no command\x1b[31m")))
    build_wheel(stage.dist, tag="py3-none-linux_x86_64", metadata=METADATA)
    (stage.dist / "broken-1.0-py3-none-any.whl").write_bytes(b"PK")
    stage.runner.inputs |= {"index-rules": "pypi", "expected-version": "v1.1"}


def fork(stage: Stage) -> None:
    build(stage)
    stage.runner.variables |= NO_REQUEST_TOKEN
    stage.runner.job = Job(event_name="pull_request")
    stage.runner.event = {"pull_request": {"head": {"repo": {"id": 2}}, "base": {"repo": {"id": 1}}}}


def wrong_inputs(stage: Stage) -> None:
    stage.runner.inputs |= {
        "repository-url": "http://index.example/",
        "dry-run": "perhaps",
        "password": f"{PASSWORD}\n",
        "max-parallel": "0",
    }


def refused_upload(stage: Stage) -> None:
    build(stage)
    stage.index.script("upload", Answer.of_json(400, {"code": "400 The name 'sample' is too similar to another"}))


def index_in_trouble(stage: Stage) -> None:
    build(stage)
    stage.runner.inputs["max-attempts"] = "2"
    stage.index.script("upload", *[Answer(503)] * 2)


SCENARIOS: tuple[Callable[[Stage], None], ...] = (
    publish,
    with_password,
    outside_actions,
    nothing_to_do,
    dry_run,
    findings,
    fork,
    wrong_inputs,
    refused_upload,
    index_in_trouble,
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_scenario(stage: Stage, scenario: Callable[[Stage], None]) -> None:
    scenario(stage)
    run = stage.runner.run()
    check_run(scenario.__name__, stage, run)
    assert_no_secret(stage, run)


def test_scenario__rehearsal(stage: Stage, tmp_path: Path) -> None:
    build(stage)
    with set_stage(tmp_path / "test-index") as other:
        other.index.issuers = stage.index.issuers
        stage.runner.inputs["test-index-url"] = f"{other.served.url}/legacy/"
        run = stage.runner.run()
        check_run("rehearsal", stage, run)
        assert_no_secret(stage, run)
        assert_no_secret(other, run)


@pytest.mark.parametrize("password", ["canary_of*the|index", "canary_" * 500, "##[error]canary", "www.canary@index"])
def test_scenario__an_index_that_repeats_the_password(stage: Stage, password: str) -> None:
    build(stage)
    stage.runner.inputs["password"] = password
    stage.index.script("upload", Answer.of_json(403, {"message": f"no user has the password {password} here"}))
    run = stage.runner.run()
    assert run.exit_status == 1
    told = "\n".join(line for line in run.raw_log.splitlines() if not line.startswith("::add-mask::"))
    for text in (told, html.unescape(run.summary).replace("<!-- -->", "")):
        assert "no user has the password ***" in text
        assert "canary" not in text


def assert_no_secret(stage: Stage, run: Run) -> None:
    """Look for every secret of a run, in every encoding that people use: only the command that masks may show it."""
    secrets = {PASSWORD, READER, stage.github.request_token, *stage.github.issued, *stage.index.tokens}
    sent = {seen.headers.get("authorization", "").partition(" ")[2] for seen in stage.index.requests} - {""}
    secrets |= sent
    in_actions = stage.runner.variables.get("GITHUB_ACTIONS", "true") is not None
    shown = [line for line in run.raw_log.splitlines() if not (in_actions and line.startswith("::add-mask::"))]
    told = "\n".join([*shown, *run.outputs.values(), run.summary])
    for value in secrets:
        for form in (value, quote(value, safe=""), base64.b64encode(value.encode()).decode()):
            assert form not in told
    if in_actions:
        # The runner itself hides the request token; all else is for us to hide.
        assert {*sent, *stage.github.issued, *stage.index.tokens} <= set(run.masks)
    else:
        assert run.masks == []
    runner = stage.runner
    for place in (runner.workspace, runner.home, runner.temporary, runner.file_commands):
        for path in filter(Path.is_file, place.rglob("*")):
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in secrets), path
