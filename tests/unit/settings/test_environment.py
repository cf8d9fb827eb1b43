import json
import traceback
from pathlib import Path

import pytest

from publisher.errors import IdTokenUnavailable, Problem, Situation
from publisher.settings.environment import (
    MOVE_CERTIFICATES,
    REQUEST_TOKEN,
    REQUEST_URL,
    Environment,
    find_certificates,
    find_request_url,
    read_is_from_fork,
)

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


def test_docs_url__of_the_running_version() -> None:
    known = {
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_ACTION_REPOSITORY": "octo-org/publish-action",
        "GITHUB_ACTION_REF": "v1.2.3",
    }
    page = "https://github.example/octo-org/publish-action/blob/v1.2.3/docs"
    assert Environment.read(known).docs_url == page
    for name in known:
        assert Environment.read(known | {name: ""}).docs_url == "docs"


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
    missing = "is ignored, because there is no {} `{}` in this container"
    no_file = Problem("SSL_CERT_FILE", missing.format("file", tmp_path), MOVE_CERTIFICATES)
    no_directory = Problem("SSL_CERT_DIR", missing.format("directory", file), MOVE_CERTIFICATES)
    for cert_file, cert_dir, expected in (
        (file, tmp_path, (file, tmp_path, ())),
        ("", "", (None, None, ())),
        (tmp_path, tmp_path, (None, tmp_path, (no_file,))),
        (file, file, (file, None, (no_directory,))),
        (tmp_path, file, (None, None, (no_file, no_directory))),
    ):
        variables = {"SSL_CERT_FILE": str(cert_file), "SSL_CERT_DIR": str(cert_dir)}
        assert find_certificates(Environment.read(variables)) == expected


JOB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "push",
    REQUEST_URL: "https://user:x@tokens.example/run/1?api-version=2.0",
    REQUEST_TOKEN: CANARY,
}
MISSING = {REQUEST_URL: "", REQUEST_TOKEN: ""}
FORK = {"pull_request": {"head": {"repo": None}, "base": {"repo": {"id": 1}}}}


def test_find_request_url__without_user_info() -> None:
    url, token = find_request_url(Environment.read(JOB), "password")
    assert (str(url), token.get_secret_value()) == ("https://tokens.example/run/1?api-version=2.0", CANARY)


@pytest.mark.parametrize(
    ("changes", "event", "situation"),
    [
        *(
            ({"GITHUB_ACTIONS": "", "GITHUB_EVENT_NAME": event, **MISSING}, FORK, Situation.NOT_IN_ACTIONS)
            for event in ("pull_request", "pull_request_target", "push")
        ),
        ({"GITHUB_EVENT_NAME": "pull_request_target"}, {}, Situation.PULL_REQUEST_TARGET),
        ({"GITHUB_EVENT_NAME": "pull_request", **MISSING}, FORK, Situation.FORK_PULL_REQUEST),
        ({"GITHUB_EVENT_NAME": "pull_request", **MISSING}, {}, Situation.PERMISSION_MISSING),
        (MISSING, FORK, Situation.PERMISSION_MISSING),
        ({"GITHUB_EVENT_NAME": "", **MISSING}, {}, Situation.PERMISSION_MISSING),
    ],
)
def test_find_request_url__unavailable(
    tmp_path: Path, changes: dict[str, str], event: object, situation: Situation
) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event))
    with pytest.raises(IdTokenUnavailable) as caught:
        find_request_url(Environment.read(JOB | changes | {"GITHUB_EVENT_PATH": str(path)}), "password")
    assert caught.value.situation is situation
    assert caught.value.missing == ((REQUEST_URL, REQUEST_TOKEN) if REQUEST_URL in changes else ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (REQUEST_URL, ""),
        (REQUEST_TOKEN, ""),
        (REQUEST_URL, f"https://user:{CANARY}#/x"),
        (REQUEST_TOKEN, f"{CANARY}\r\nX: y"),
        (REQUEST_TOKEN, f"{CANARY}ü"),
    ],
)
def test_find_request_url__incomplete_variables(name: str, value: str) -> None:
    with pytest.raises(IdTokenUnavailable) as caught:
        find_request_url(Environment.read(JOB | {name: value}), "password")
    assert (caught.value.situation, caught.value.missing) == (Situation.INCOMPLETE_VARIABLES, (name,))
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("head", "base", "expected"),
    [
        ({"repo": {"id": 2, "fork": True}}, {"repo": {"id": 1}}, True),
        ({"repo": {"id": 1, "fork": True}}, {"repo": {"id": 1, "fork": True}}, False),
        ({"repo": {"id": 2, "fork": False}}, {"repo": {"id": 1, "fork": True}}, True),
        ({"repo": None}, {"repo": {"id": 1}}, True),
        ({"repo": {}}, {"repo": {"id": 1}}, False),
        ([], {"repo": {"id": 1}}, False),
        ({"repo": None}, {}, False),
    ],
)
def test_read_is_from_fork__as_the_event_says(tmp_path: Path, head: object, base: object, expected: bool) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"pull_request": {"head": head, "base": base}}))
    assert read_is_from_fork(path) is expected


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe\xfd", b"[" * 200_000])
def test_read_is_from_fork__no_when_it_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(content)
    assert not any(map(read_is_from_fork, (path, tmp_path, tmp_path / "missing.json", None)))
