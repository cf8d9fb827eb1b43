from __future__ import annotations

from pathlib import Path

import pytest

from publisher.errors import Problem
from publisher.settings.environment import Environment, find_certificates

CANARY = "canary-4711"


def test_environment__as_set_by_the_runner() -> None:
    environment = Environment.read(
        {
            "GITHUB_ACTIONS": "true",
            "RUNNER_DEBUG": "1",
            "GITHUB_WORKSPACE": "/work",
            "GITHUB_OUTPUT": "",
            "GITHUB_EVENT_NAME": "push",
            "ACTIONS_ID_TOKEN_REQUEST_URL": "https://tokens.example/",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": CANARY,
        }
    )
    assert (environment.in_actions, environment.debug, environment.event_name) == (True, True, "push")
    assert (environment.workspace, environment.output, environment.event_path) == (Path("/work"), None, None)
    assert environment.id_token_request_token is not None
    assert environment.id_token_request_token.get_secret_value() == CANARY
    assert CANARY not in repr(environment)


@pytest.mark.parametrize("value", ["", "1", "false", "TRUE"])
def test_environment__rejects_nothing(value: str) -> None:
    environment = Environment.read({"GITHUB_ACTIONS": value, "RUNNER_DEBUG": "true"})
    assert (environment.in_actions, environment.debug, environment.workspace) == (False, False, None)


def test_rules_url__of_the_running_version() -> None:
    known = {
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_ACTION_REPOSITORY": "octo-org/publish-action",
        "GITHUB_ACTION_REF": "v1.2.3",
    }
    page = "https://github.example/octo-org/publish-action/blob/v1.2.3/docs/rules.md"
    assert Environment.read(known).rules_url == page
    for name in known:
        assert Environment.read(known | {name: ""}).rules_url == "docs/rules.md"


@pytest.mark.parametrize(
    ("ref", "version"),
    [
        ("refs/tags/v1.0", "1.0"),
        ("refs/tags/1.0rc1", "1.0rc1"),
        ("refs/tags/sample-1.0", None),
        ("refs/tags/", None),
        ("refs/heads/v1.0", None),
        ("1.0", None),
        ("", None),
    ],
)
def test_tagged_version__of_a_tag_only(ref: str, version: str | None) -> None:
    tagged = Environment.read({"GITHUB_REF": ref}).tagged_version
    assert (None if tagged is None else str(tagged)) == version


@pytest.mark.parametrize("kind", ["https", "http", "all", "no"])
def test_environment__proxy_variables_in_lower_case_win(kind: str) -> None:
    name = f"{kind}_proxy"
    for environ in ({name: "x"}, {name.upper(): "x"}, {name: "x", name.upper(): "y"}, {name: " ", name.upper(): "x"}):
        proxy = getattr(Environment.read(environ), name)
        assert (proxy if kind == "no" else proxy.get_secret_value()) == "x"


def test_find_certificates__each_is_blamed_for_itself(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.touch()
    no_file = Problem("SSL_CERT_FILE", f"is ignored: there is no file `{tmp_path}` in this container")
    no_directory = Problem("SSL_CERT_DIR", f"is ignored: there is no directory `{file}` in this container")
    for cert_file, cert_dir, expected in (
        (file, tmp_path, (file, tmp_path, ())),
        ("", "", (None, None, ())),
        (tmp_path, tmp_path, (None, tmp_path, (no_file,))),
        (file, file, (file, None, (no_directory,))),
        (tmp_path, file, (None, None, (no_file, no_directory))),
    ):
        variables = {"SSL_CERT_FILE": str(cert_file), "SSL_CERT_DIR": str(cert_dir)}
        assert find_certificates(Environment.read(variables)) == expected
