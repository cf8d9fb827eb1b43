"""The root: what it makes of an environment that is odd, and of a mistake of its own."""

from __future__ import annotations

import io
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from publisher.ahead import Ahead
from publisher.distributions.candidates import find_distributions
from publisher.distributions.reading import Reading
from publisher.preflight import Judged
from publisher.preflight.rule import Flaw
from publisher.program import BUG, Program
from tests.builders import build_wheel
from tests.fakes.commands import parse_file_commands
from tests.fakes.connect_proxy import connect_proxy
from tests.fakes.runner import FileCommands

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.distributions.model import Distribution
    from tests.integration.stage import Stage


def test_program__a_bug_is_told_as_one_and_hides_secrets(stage: Stage) -> None:
    build_wheel(stage.dist)
    token = stage.github.request_token

    def broken_clock() -> float:
        raise RuntimeError(f"no time with {token}")

    stdout = io.StringIO()
    files = FileCommands.create(stage.runner.file_commands)
    assert Program(stage.runner.environment(files), stdout, broken_clock).run() == BUG
    assert parse_file_commands(files.output.read_text("utf-8"))["result"] == "failed"
    assert files.summary.read_text("utf-8").startswith("## ❌ The action broke\n")
    said = stdout.getvalue()
    assert "::error title=The action broke::" in said
    assert "RuntimeError: no time with ***" in said
    assert token not in said


def test_program__underscore_names_work_and_are_deprecated(stage: Stage) -> None:
    wheels = stage.runner.workspace / "wheels"
    wheels.mkdir()
    build_wheel(wheels)
    run = stage.perform({"packages_dir": "wheels"})
    assert run.exit_status == 0
    assert "The input `packages_dir` is deprecated; write `packages-dir`" in run.log


@pytest.mark.parametrize(
    ("variable", "url", "reason"),
    [
        ("ALL_PROXY", "gopher://proxy.example", "looks like `http://host:3128`"),
        ("HTTPS_PROXY", "http://user:canary@proxy example:3128", "looks like `http://host:3128`"),
        ("https_proxy", "http://user:canary/word@proxy.example:3128", "percent-encoded"),
        ("HTTP_PROXY", "http://user:canary/word@proxy.example:3128", "percent-encoded"),
        ("ALL_PROXY", "socks5://proxy.example:1080", "a SOCKS proxy is not supported"),
    ],
)
def test_program__proxy_that_cannot_be_used(stage: Stage, variable: str, url: str, reason: str) -> None:
    build_wheel(stage.dist)
    stage.runner.variables[variable] = url
    run = stage.perform()
    assert run.exit_status == 2
    (annotation,) = run.annotations("error")
    assert annotation.properties["title"] == variable.upper()
    assert annotation.data.startswith(f"`{variable.upper()}` cannot be used: ")
    assert reason in annotation.data
    assert "canary" not in run.raw_log + run.summary
    assert stage.requests == []


def test_program__proxy_from_a_secret_that_ends_in_a_line_break(stage: Stage) -> None:
    build_wheel(stage.dist)
    with connect_proxy() as proxy:
        stage.runner.variables["HTTPS_PROXY"] = f"{proxy.url}\n"
        assert stage.perform().exit_status == 0


def test_program__password_of_a_proxy_is_hidden(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.runner.variables |= {"HTTPS_PROXY": "http://user:canary-4711@proxy.example", "NO_PROXY": "127.0.0.1"}
    run = stage.perform()
    assert run.exit_status == 0
    assert "canary-4711" in run.masks


@pytest.mark.parametrize("kind", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_program__certificates_that_are_not_in_the_container__are_named_and_left(stage: Stage, kind: str) -> None:
    build_wheel(stage.dist)
    stage.runner.variables[kind] = "/nowhere/certificates"
    stage.runner.inputs |= {"repository-url": "", "check-url": "https://localhost:1/simple/"}
    run = stage.perform({"dry-run": "true", "max-attempts": "1"})
    assert f"{kind} names nothing that exists in this container and is not used: /nowhere/certificates" in run.log
    assert run.exit_status == 0


def test_program__certificates_that_are_none(stage: Stage, tmp_path: Path) -> None:
    build_wheel(stage.dist)
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate at all")
    stage.runner.variables["SSL_CERT_FILE"] = str(nonsense)
    run = stage.perform({"repository-url": "https://localhost:1/legacy/"})
    assert run.exit_status == 2
    assert any("SSL_CERT_FILE" in error for error in run.errors)


def judge_strangely(distribution: Distribution, _pause: object) -> Judged:
    return Judged(distribution, (("metadata-summary", Flaw("Nobody likes it.")),))


def ahead_of(stage: Stage, workspace: Path, line: str) -> closing[Ahead]:
    found = find_distributions(workspace, (line,))
    stage.ahead = Ahead(workspace, (line,), found, Reading(found.candidates, workspace, judge_strangely, 1))
    return closing(stage.ahead)


def test_program__what_was_read_ahead_is_used(stage: Stage) -> None:
    build_wheel(stage.dist)
    with ahead_of(stage, stage.runner.workspace, "dist"):
        run = stage.perform({"index-rules": "pypi"})
    assert ["Nobody likes it." in error for error in run.errors] == [True]


def test_program__what_was_found_ahead_is_read_where_that_has_not_begun(stage: Stage) -> None:
    build_wheel(stage.dist)
    workspace = stage.runner.workspace
    stage.ahead = Ahead(workspace, ("dist",), find_distributions(workspace, ("dist",)), None)
    assert stage.perform().outcomes == {"sample-1.0-py3-none-any.whl": "uploaded"}


@pytest.mark.parametrize("place", ["work", "dist"])
def test_program__what_was_read_ahead_is_not_used_for_other_files(stage: Stage, tmp_path: Path, place: str) -> None:
    other = stage.runner.workspace / "other" if place == "dist" else tmp_path / "elsewhere" / "dist"
    other.mkdir(parents=True)
    for directory in (stage.dist, other):
        build_wheel(directory)
    with ahead_of(stage, stage.runner.workspace if place == "dist" else other.parent, other.name):
        run = stage.perform({"index-rules": "pypi"})
    assert run.outcomes == {"sample-1.0-py3-none-any.whl": "uploaded"}
