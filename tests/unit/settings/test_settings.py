from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from publisher.attestations.model import AttestationMode
from publisher.errors import Problem, SettingsError
from publisher.index.endpoints import KnownIndex
from publisher.preflight.plan import Profile
from publisher.settings.aliases import ALIASED_DEFAULTS, deprecated_inputs
from publisher.settings.inputs import IndexRules, TrustedPublishing
from publisher.settings.model import RunnerVariables, Settings
from publisher.settings.validation import read_settings

CANARY = "canary-4711"
PYPI = "https://upload.pypi.org/legacy/"
TESTPYPI = "https://test.pypi.org/legacy/"
PRIVATE = "https://index.example/legacy/"

WRONG = {
    "repository-url": "http://index.example/",
    "verify-metadata": "perhaps",
    "skip-existing": "2",
    "attestations": "sometimes",
    "print-hash": "y",
    "verbose": "loud",
    "trusted-publishing": "true",
    "dry-run": "wet",
    "test-index-url": "https://user:x@index.example/",
    "test-password": "a\nb",
    "password": "a\nb",
    "user": "a:b",
    "check-url": "https://index.example/?a=b",
    "index-rules": "strict",
    "expected-version": "latest",
    "expected-projects": "a b",
    "max-parallel": "0",
    "max-attempts": "101",
    "timeout": "1.5",
    "wait-for-index": "-1",
}


def environ(**inputs: str) -> dict[str, str]:
    return {f"INPUT_{name.upper().replace('_', '-')}": value for name, value in inputs.items()}


def read(**inputs: str) -> Settings:
    return read_settings(environ(**inputs))


def problems(variables: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(variables)
    return {problem.name: problem.message for problem in caught.value.problems}


def test_read_settings__nothing_given() -> None:
    settings = read()
    assert settings.index.known is KnownIndex.PYPI
    assert (settings.user, settings.password, settings.test_index, settings.check_url) == (
        "__token__",
        None,
        None,
        None,
    )
    assert settings.packages_dir == ("dist",)
    assert (settings.verify_metadata, settings.print_hash) == (True, True)
    assert (settings.skip_existing, settings.verbose, settings.dry_run) == (False, False, False)
    assert settings.attestations is AttestationMode.TRUE
    assert settings.trusted_publishing is TrustedPublishing.AUTOMATIC
    assert (settings.index_rules, settings.profile) == (IndexRules.AUTO, Profile.PYPI)
    assert (settings.expected_version, settings.expected_projects) == (None, frozenset())
    assert (settings.max_parallel, settings.max_attempts, settings.timeout, settings.wait_for_index) == (8, 5, 300, 0)
    assert settings.sigstore_trust_config is None


@pytest.mark.parametrize("blank", ["", " ", "\n", " \t\n"])
def test_read_settings__blank_is_not_given(blank: str) -> None:
    assert read(**dict.fromkeys(WRONG, blank), packages_dir=blank, sigstore_trust_config=blank) == read()


def test_read_settings__everything_given() -> None:
    settings = read(
        user="me",
        password=CANARY,
        repository_url=PRIVATE,
        packages_dir="a\n\n  b/*.whl\n",
        verify_metadata="No",
        skip_existing="ON",
        attestations="best-effort",
        sigstore_trust_config="trust.json",
        print_hash="off",
        verbose="1",
        trusted_publishing="never",
        dry_run="yes",
        test_index_url=TESTPYPI,
        test_password=CANARY,
        check_url=f"https://reader:{CANARY}@index.example/simple/",
        index_rules="pypi",
        expected_version="refs/tags/v1.2.3",
        expected_projects="My.Project\nother\n",
        max_parallel="1",
        max_attempts="100",
        timeout="86400",
        wait_for_index="60",
    )
    assert settings.password is not None
    assert settings.password.get_secret_value() == CANARY
    assert str(settings.index.upload_url) == PRIVATE
    assert settings.index.simple_url is settings.check_url is not None
    assert settings.test_index is not None
    assert settings.test_index.known is KnownIndex.TESTPYPI
    assert settings.packages_dir == ("a", "b/*.whl")
    assert (settings.verify_metadata, settings.skip_existing, settings.print_hash) == (False, True, False)
    assert (settings.verbose, settings.dry_run) == (True, True)
    assert settings.sigstore_trust_config == Path("trust.json")
    assert settings.expected_version == Version("1.2.3")
    assert settings.expected_projects == {"my-project", "other"}
    assert (settings.max_parallel, settings.max_attempts, settings.timeout, settings.wait_for_index) == (
        1,
        100,
        86400,
        60,
    )
    assert CANARY not in f"{settings}{settings!r}{settings.index!r}"


def test_read_settings__every_wrong_input_at_once_as_users_write_it() -> None:
    found = problems({f"INPUT_{name.upper()}": value for name, value in WRONG.items()})
    assert set(found) == set(WRONG)
    for message in found.values():
        assert message.startswith(("is ", "must ", "contains "))


def test_read_settings__what_cannot_be_true_together_is_told_with_what_is_wrong() -> None:
    inputs = {"trusted-publishing": "never", "timeout": "soon", "wait-for-index": "9", "repository-url": PRIVATE}
    assert problems(environ(**inputs)).keys() == {"timeout", "password", "wait-for-index"}


@pytest.mark.parametrize(
    ("name", "value"), [("repository-url", "x"), ("check-url", "x"), ("trusted-publishing", "x"), ("password", "a\nb")]
)
def test_read_settings__nothing_follows_from_what_is_wrong(name: str, value: str) -> None:
    right = {"repository-url": PRIVATE, "check-url": PRIVATE, "trusted-publishing": "never", "password": "secret"}
    assert problems(environ(**right | {"wait-for-index": "9", name: value})).keys() == {name}


def test_read_settings__a_url_that_is_no_upload_url_is_told_with_the_rest() -> None:
    found = problems(
        environ(repository_url="https://pypi.org/legacy/", test_index_url=f"{PRIVATE}+simple/", verbose="x")
    )
    assert list(found) == ["repository-url", "verbose", "test-index-url"]


def test_read_settings__the_process_s_own_environment_is_nothing_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(f"INPUT_{name.upper()}", value)
    assert read() == Settings.read({})


@given(st.sampled_from(sorted({*WRONG, "packages-dir", "sigstore-trust-config"})), st.text(max_size=20))
def test_read_settings__any_text_is_taken_or_explained(name: str, text: str) -> None:
    try:
        read_settings({f"INPUT_{name.upper()}": text})
        problems: tuple[Problem, ...] = ()
    except SettingsError as error:
        problems = error.problems
    assert {problem.name for problem in problems} <= {name, "password"}
    assert all(problem.message for problem in problems)


@pytest.mark.parametrize(
    "inputs",
    [
        {"password": f"{CANARY}\n"},
        {"test_password": f"\r{CANARY}"},
        {"check_url": f"https://user:{CANARY}@index example/"},
        {"check_url": f"ftp://user:{CANARY}@index.example/"},
        {"check_url": f"https://user:{CANARY}#@index.example/"},
        {"repository_url": f"https://user:{CANARY}@index.example/"},
        {"test_index_url": f"https://{CANARY}@index.example:x/"},
        {"password": CANARY, "trusted_publishing": "always", "test_password": CANARY},
        {"password": CANARY, "user": "me"},
        {"timeout": CANARY, "verbose": CANARY, "expected_version": CANARY, "attestations": CANARY},
    ],
)
def test_read_settings__no_value_is_echoed(inputs: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**inputs)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.problems)
    assert CANARY not in shown


@pytest.mark.parametrize(
    ("inputs", "name"),
    [
        ({"trusted_publishing": "always", "password": "x"}, "password"),
        ({"trusted_publishing": "always", "test_password": "x", "test_index_url": TESTPYPI}, "test-password"),
        ({"trusted_publishing": "never"}, "password"),
        ({"trusted_publishing": "never", "password": "x", "test_index_url": TESTPYPI}, "test-password"),
        ({"password": "x", "user": "me"}, "user"),
        ({"repository_url": "https://pypi.org/legacy/"}, "repository-url"),
        ({"test_index_url": "https://test.pypi.org/simple/"}, "test-index-url"),
        ({"test_index_url": PYPI}, "test-index-url"),
        ({"repository_url": PRIVATE, "test_index_url": "https://INDEX.example:443/legacy/"}, "test-index-url"),
        ({"test_index_url": PYPI.rstrip("/")}, "test-index-url"),
        ({"repository_url": PRIVATE.rstrip("/"), "test_index_url": PRIVATE}, "test-index-url"),
        ({"repository_url": PRIVATE, "wait_for_index": "60"}, "wait-for-index"),
    ],
)
def test_read_settings__what_cannot_be_true_together(inputs: dict[str, str], name: str) -> None:
    assert list(problems(environ(**inputs))) == [name]


@pytest.mark.parametrize(
    "inputs",
    [
        {"trusted_publishing": "never", "dry_run": "true"},
        {"trusted_publishing": "never", "password": "x"},
        {"trusted_publishing": "never", "password": "x", "test_index_url": TESTPYPI, "test_password": "y"},
        {"trusted_publishing": "always"},
        {"password": "x"},
        {"password": "x", "user": "me", "repository_url": PRIVATE},
        {"user": "me"},
        {"wait_for_index": "60"},
        {"wait_for_index": "60", "repository_url": PRIVATE, "check_url": "https://index.example/simple/"},
        {"repository_url": "http://localhost:8080/"},
    ],
)
def test_read_settings__what_can(inputs: dict[str, str]) -> None:
    read(**inputs)


@pytest.mark.parametrize(
    ("url", "rules", "profile"),
    [
        (PYPI, "auto", Profile.PYPI),
        (TESTPYPI, "auto", Profile.PYPI),
        (PRIVATE, "auto", Profile.BASIC),
        (PRIVATE, "pypi", Profile.PYPI),
        (PYPI, "basic", Profile.BASIC),
    ],
)
def test_profile__by_index_unless_said_otherwise(url: str, rules: str, profile: Profile) -> None:
    assert read(repository_url=url, index_rules=rules).profile is profile


def with_defaults(**aliases: str) -> dict[str, str]:
    """Return what the runner passes: every default under its hyphenated name, and the given aliases."""
    variables = {f"INPUT_{alias.upper().replace('_', '-')}": default for alias, default in ALIASED_DEFAULTS.items()}
    return variables | {f"INPUT_{alias.upper()}": value for alias, value in aliases.items()}


def test_aliases__win_over_a_mere_default() -> None:
    variables = with_defaults(
        repository_url=PRIVATE, packages_dir="out", verify_metadata="false", skip_existing="true", print_hash="false"
    )
    settings = read_settings(variables)
    assert (str(settings.repository_url), settings.packages_dir) == (PRIVATE, ("out",))
    assert (settings.verify_metadata, settings.skip_existing, settings.print_hash) == (False, True, False)
    assert set(deprecated_inputs(variables)) == set(ALIASED_DEFAULTS)


def test_aliases__lose_to_the_hyphenated_name() -> None:
    variables = with_defaults(repository_url=PRIVATE, packages_dir="out")
    variables |= environ(repository_url=TESTPYPI, packages_dir="build")
    settings = read_settings(variables)
    assert (str(settings.repository_url), settings.packages_dir) == (TESTPYPI, ("build",))


def test_aliases__a_wrong_one_is_a_problem_under_the_name_that_was_written() -> None:
    found = problems(with_defaults(skip_existing="perhaps") | environ(dry_run="perhaps"))
    assert list(found) == ["skip_existing", "dry-run"]
    assert "neither yes nor no" in found["skip_existing"]
    assert list(problems({"INPUT_SKIP-EXISTING": "perhaps", "INPUT_SKIP_EXISTING": "maybe"})) == ["skip-existing"]


def test_aliases__none_used() -> None:
    assert deprecated_inputs(with_defaults(skip_existing="", print_hash=" ")) == ()


def test_runner_variables__as_the_runner_says() -> None:
    variables = RunnerVariables.read(
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
    assert (variables.in_actions, variables.debug, variables.event_name) == (True, True, "push")
    assert (variables.workspace, variables.output, variables.event_path) == (Path("/work"), None, None)
    assert variables.id_token_request_token is not None
    assert variables.id_token_request_token.get_secret_value() == CANARY
    assert CANARY not in repr(variables)


@pytest.mark.parametrize("value", ["", "1", "false", "TRUE"])
def test_runner_variables__nothing_can_be_wrong(value: str) -> None:
    variables = RunnerVariables.read({"GITHUB_ACTIONS": value, "RUNNER_DEBUG": "true"})
    assert (variables.in_actions, variables.debug, variables.workspace) == (False, False, None)


def test_runner_variables__rules_page_of_the_very_version_that_runs() -> None:
    known = {
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_ACTION_REPOSITORY": "octo-org/publish-action",
        "GITHUB_ACTION_REF": "v1.2.3",
    }
    page = "https://github.example/octo-org/publish-action/blob/v1.2.3/docs/rules.md"
    assert RunnerVariables.read(known).rules_url == page
    for name in known:
        assert RunnerVariables.read(known | {name: ""}).rules_url == "docs/rules.md"


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
def test_runner_variables__version_that_the_tag_names(ref: str, version: str | None) -> None:
    tagged = RunnerVariables.read({"GITHUB_REF": ref}).tagged_version
    assert (None if tagged is None else str(tagged)) == version
