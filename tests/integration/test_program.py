"""Odd environments, and a bug of our own."""

import io
from pathlib import Path

import pytest

from publisher.cancellation import Stop
from publisher.main import BUG, Program
from tests.builders import build_wheel
from tests.fakes.commands import parse_file_commands
from tests.fakes.runner import FileCommands
from tests.fakes.serving import closed_port
from tests.integration.stage import Stage, says


def test_program__a_bug_is_reported_without_secrets(stage: Stage) -> None:
    build_wheel(stage.dist)
    token = stage.github.request_token

    def broken_clock() -> float:
        raise RuntimeError(f"no time with {token}")

    stdout = io.StringIO()
    files = FileCommands.create(stage.runner.file_commands)
    assert Program(stage.runner.environment(files), stdout, broken_clock, Stop()).run() == BUG
    assert parse_file_commands(files.output.read_text("utf-8"))["result"] == "failed"
    assert files.summary.read_text("utf-8").startswith("## ❌ The action failed\n")
    log = stdout.getvalue()
    assert "::error title=The action failed::" in log
    assert "RuntimeError: no time with ***" in log
    assert token not in log


@pytest.mark.parametrize("path", ["/nowhere/certificates", "-----BEGIN CERTIFICATE-----\n" + "x" * 5000])
@pytest.mark.parametrize("kind", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_program__certificates_that_are_not_in_the_container(stage: Stage, kind: str, path: str) -> None:
    build_wheel(stage.dist)
    stage.runner.variables[kind] = path
    stage.runner.inputs |= {"repository-url": "", "check-url": "https://localhost:1/simple/"}
    run = stage.perform({"dry-run": "true", "max-attempts": "1"})
    assert f"`{kind}` is ignored, because there is no" in run.log
    assert run.exit_status == 0


def test_program__certificates_that_are_none(stage: Stage, tmp_path: Path) -> None:
    build_wheel(stage.dist)
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate at all")
    stage.runner.variables["SSL_CERT_FILE"] = str(nonsense)
    run = stage.perform({"repository-url": "https://localhost:1/legacy/"})
    assert run.exit_status == 2
    assert any("SSL_CERT_FILE" in error for error in run.errors)


def test_program__input_in_an_unknown_spelling__publishes_nothing(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.runner.variables["INPUT_DRY_RUN"] = "true"
    assert stage.perform().exit_status == 2
    assert stage.requests == []


@pytest.mark.parametrize("path", ["/nowhere/workspace", "x" * 5000])
def test_program__workspace_that_is_not_in_the_container(stage: Stage, path: str) -> None:
    stage.runner.variables["GITHUB_WORKSPACE"] = path
    run = stage.perform()
    assert run.exit_status == 2
    assert stage.requests == []
    assert says(run.errors, f"`GITHUB_WORKSPACE` is `{path[:100]}")


def test_program__http_to_a_service_container__is_one_warning(stage: Stage) -> None:
    build_wheel(stage.dist)
    with closed_port() as port:
        stage.runner.variables["HTTP_PROXY"] = f"http://127.0.0.1:{port}"
        urls = {"repository-url": "http://index/legacy/", "check-url": "http://index/simple/"}
        run = stage.perform({**urls, "dry-run": "true", "max-attempts": "1"})
    assert run.exit_status == 0
    assert sum("`index` is used over `http`" in warning for warning in run.warnings) == 1


@pytest.mark.parametrize("secret", ["password", "test-password"])
def test_program__a_password_is_masked_before_a_wrong_input_can_quote_it(stage: Stage, secret: str) -> None:
    run = stage.perform({secret: "canary-4711", "expected-version": "canary-4711", "dry-run": "true"})
    assert run.exit_status == 2
    assert run.masks == ["canary-4711"]
    shown = [line for line in run.raw_log.splitlines() if not line.startswith("::add-mask::")]
    assert "canary-4711" not in "\n".join(shown) + run.summary
