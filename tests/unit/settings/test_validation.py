import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version
from pydantic import SecretStr

from publisher.attestations.sign import AttestationMode
from publisher.errors import Problem, SettingsError
from publisher.index.endpoints import KnownIndex
from publisher.network.url import Url
from publisher.preflight.model import Profile
from publisher.settings.inputs import ALIASED_DEFAULTS, IndexRules, Settings, TrustedPublishing
from publisher.settings.validation import INPUT_NAMES, deprecated_inputs, read_settings

CANARY = "canary-4711"
PYPI = "https://upload.pypi.org/legacy/"
TESTPYPI = "https://test.pypi.org/legacy/"
PRIVATE = "https://index.example/legacy/"
READER = f"https://reader:{CANARY}@index.example/simple/"

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
    return {problem.name: f"{problem.what}. {problem.remedy}" for problem in caught.value.problems}


def test_read_settings__nothing_given() -> None:
    settings = read()
    assert (settings.index.known, settings.test_index, settings.profile) == (KnownIndex.PYPI, None, Profile.PYPI)


@pytest.mark.parametrize("blank", ["", " ", "\n", " \t\n"])
def test_read_settings__blank_is_not_given(blank: str) -> None:
    assert read(**dict.fromkeys(WRONG, blank), packages_dir=blank, sigstore_trust_config=blank) == read()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("user", "me", "me"),
        ("password", CANARY, SecretStr(CANARY)),
        ("repository-url", PRIVATE, Url.parse(PRIVATE)),
        ("packages-dir", "a\n\n  b/*.whl\n", ("a", "b/*.whl")),
        ("verify-metadata", "No", False),
        ("skip-existing", "ON", True),
        ("attestations", "best-effort", AttestationMode.BEST_EFFORT),
        ("sigstore-trust-config", "trust.json", Path("trust.json")),
        ("print-hash", "off", False),
        ("verbose", "1", True),
        ("trusted-publishing", "never", TrustedPublishing.NEVER),
        ("dry-run", "yes", True),
        ("test-index-url", TESTPYPI, Url.parse(TESTPYPI)),
        ("test-password", CANARY, SecretStr(CANARY)),
        ("check-url", READER, Url.parse(READER)),
        ("index-rules", "pypi", IndexRules.PYPI),
        ("expected-version", "refs/tags/v1.2.3", Version("1.2.3")),
        ("expected-projects", "My.Project\nother\n", {"my-project", "other"}),
        ("max-parallel", "1", 1),
        ("max-attempts", "100", 100),
        ("timeout", "86400", 86400),
        ("wait-for-index", "60", 60),
    ],
)
def test_read_settings__each_input_by_its_name(name: str, text: str, expected: object) -> None:
    others = {"INPUT_PASSWORD": "x", "INPUT_REPOSITORY-URL": PRIVATE, "INPUT_CHECK-URL": READER}
    settings = read_settings(others | {f"INPUT_{name.upper()}": text})
    assert getattr(settings, name.replace("-", "_")) == expected
    assert CANARY not in f"{settings}{settings!r}{settings.index!r}"


def test_read_settings__every_wrong_input_at_once_with_its_value() -> None:
    found = problems({f"INPUT_{name.upper()}": value for name, value in WRONG.items()})
    assert set(found) == set(WRONG)
    hidden = {"password", "test-password"}
    for name in WRONG.keys() - hidden - {"test-index-url", "user"}:
        assert found[name].startswith(f"is `{WRONG[name]}`, which "), name
    assert found["test-index-url"].startswith("is `***@index.example/`, which ")
    assert found["user"].startswith("contains a colon")
    assert all(found[name].startswith("contains a line break") for name in hidden)


def test_read_settings__contradictions_and_wrong_inputs_at_once() -> None:
    inputs = {"trusted-publishing": "never", "timeout": "soon", "wait-for-index": "9", "repository-url": PRIVATE}
    assert problems(environ(**inputs)).keys() == {"timeout", "password", "wait-for-index"}


@pytest.mark.parametrize(
    ("name", "value"), [("repository-url", "x"), ("check-url", "x"), ("trusted-publishing", "x"), ("password", "a\nb")]
)
def test_read_settings__no_contradiction_with_a_wrong_input(name: str, value: str) -> None:
    right = {"repository-url": PRIVATE, "check-url": PRIVATE, "trusted-publishing": "never", "password": "secret"}
    assert problems(environ(**right | {"wait-for-index": "9", name: value})).keys() == {name}


@given(st.sampled_from(sorted({*WRONG, "packages-dir", "sigstore-trust-config"})), st.text(max_size=20))
def test_read_settings__any_text_is_accepted_or_explained(name: str, text: str) -> None:
    try:
        read_settings({f"INPUT_{name.upper()}": text})
        problems: tuple[Problem, ...] = ()
    except SettingsError as error:
        problems = error.problems
    assert {problem.name for problem in problems} <= {name, "password", "user"}
    assert all(problem.what for problem in problems)


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
        {"check_url": f"http://user:{CANARY}@index.example/"},
        {"check_url": f"user:{CANARY}@index.example/simple/"},
        {"repository_url": f"https://user:1/{CANARY}?@index.example/"},
        {"check_url": f"https://user:{CANARY}%40index.example/simple/"},
        {"check_url": f"https://user:{CANARY}\uff20index.example/simple/"},
        {"check_url": f"https://user:{CANARY} index.example/simple"},
        {"repository_url": f"https://user:{CANARY}/legacy/"},
        {"user": f"__token__:{CANARY}"},
        {"pasword": CANARY},
        {"test_passwort": CANARY, "dry_run": "x"},
    ],
)
def test_read_settings__no_secret_is_echoed(inputs: dict[str, str]) -> None:
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
        *(({"user": user, "repository_url": url}, "user") for user in ("me", '""') for url in (PYPI, PRIVATE)),
        ({"user": "me", "test_index_url": TESTPYPI}, "user"),
        ({"user": "me", "trusted_publishing": "never"}, "password"),
        ({"repository_url": "https://pypi.org/legacy/"}, "repository-url"),
        ({"test_index_url": "https://test.pypi.org/simple/"}, "test-index-url"),
        ({"test_index_url": PYPI}, "test-index-url"),
        ({"repository_url": PRIVATE, "test_index_url": "https://INDEX.example:443/legacy/"}, "test-index-url"),
        ({"test_index_url": PYPI.rstrip("/")}, "test-index-url"),
        ({"repository_url": PRIVATE.rstrip("/"), "test_index_url": PRIVATE}, "test-index-url"),
        ({"repository_url": PRIVATE, "wait_for_index": "60"}, "wait-for-index"),
    ],
)
def test_read_settings__contradictions(inputs: dict[str, str], name: str) -> None:
    assert list(problems(environ(**inputs))) == [name]


def test_wrong_value__of_a_contradiction_is_shown() -> None:
    found = problems(environ(password=CANARY, user="me", test_index_url=PYPI))
    assert found["user"].startswith("is `me`, but PyPI accepts only `__token__`. Remove `user`")
    assert found["test-index-url"].startswith(f"is `{PYPI}`, the same as `repository-url`.")
    assert problems(environ(user="me"))["user"].startswith("is set but `password` is empty. Check the name of the")


@pytest.mark.parametrize(
    "inputs",
    [
        {"trusted_publishing": "never", "dry_run": "true"},
        {"trusted_publishing": "never", "password": "x"},
        {"trusted_publishing": "never", "password": "x", "test_index_url": TESTPYPI, "test_password": "y"},
        {"trusted_publishing": "always"},
        {"password": "x"},
        {"password": "x", "user": "me", "repository_url": PRIVATE},
        {"user": "me", "dry_run": "true"},
        {"user": "me", "trusted_publishing": "always"},
        {"user": "me", "repository_url": PRIVATE, "test_index_url": TESTPYPI, "test_password": "x"},
        {"wait_for_index": "60"},
        {"wait_for_index": "60", "repository_url": PRIVATE, "check_url": "https://index.example/simple/"},
        {"repository_url": "http://localhost:8080/"},
    ],
)
def test_read_settings__no_contradiction(inputs: dict[str, str]) -> None:
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
def test_profile__by_index_unless_set(url: str, rules: str, profile: Profile) -> None:
    assert read(repository_url=url, index_rules=rules).profile is profile


def with_defaults(**aliases: str) -> dict[str, str]:
    """Return what the runner passes: every default under its hyphenated name, and the given aliases."""
    variables = {f"INPUT_{alias.upper().replace('_', '-')}": default for alias, default in ALIASED_DEFAULTS.items()}
    return variables | {f"INPUT_{alias.upper()}": value for alias, value in aliases.items()}


def test_aliases__win_over_a_default() -> None:
    variables = with_defaults(
        repository_url=PRIVATE, packages_dir="out", verify_metadata="false", skip_existing="true", print_hash="false"
    )
    settings = read_settings(variables)
    assert (str(settings.repository_url), settings.packages_dir) == (PRIVATE, ("out",))
    assert (settings.verify_metadata, settings.skip_existing, settings.print_hash) == (False, True, False)
    assert set(deprecated_inputs(variables)) == set(ALIASED_DEFAULTS)


def test_aliases__wrong_one_is_named_as_written() -> None:
    found = problems(with_defaults(skip_existing="perhaps") | environ(dry_run="perhaps"))
    assert list(found) == ["skip_existing", "dry-run"]
    assert "neither yes nor no" in found["skip_existing"]
    assert list(problems({"INPUT_SKIP-EXISTING": "perhaps", "INPUT_SKIP_EXISTING": "maybe"})) == ["skip-existing"]


def test_aliases__one_deprecation_each_whatever_the_hyphenated_name_says() -> None:
    both = with_defaults(packages_dir="out", skip_existing="", print_hash=" ") | environ(packages_dir="build")
    assert deprecated_inputs(both) == ("packages_dir",)
    assert read_settings(both).packages_dir == ("build",)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *(("dry_run", "dry-run"), ("dryrun", "dry-run"), ("dry-runs", "dry-run"), ("dyr_run", "dry-run")),
        *(("test_index_ulr", "test-index-url"), ("repo_sitory_ur", "repository-url"), ("index_rules", "index-rules")),
        *(("pasword", "password"), ("pass-word", "password"), ("password_1", "password"), ("users", "user")),
        *(("test-pasword", "test-password"), ("package-dir", "packages-dir"), ("timeuot", "timeout")),
    ],
)
@pytest.mark.parametrize("value", ["true", ""])
def test_unknown_input__resembling_one_is_an_error(name: str, meant: str, value: str) -> None:
    variables = {f"INPUT_{name.upper()}": value, "INPUT_VERBOSE": "loud"}
    found = problems(variables)
    assert found.keys() == {name, "verbose"}
    assert found[name] == f"is not an input of this action. Did you mean `{meant}`?"


@pytest.mark.parametrize(
    "name",
    [
        *("args", "entrypoint", "version", "token", "path", "name", "files", "python-version", "python_version", "tag"),
        *("use", "usr", "username", "url", "ref", "x", "", "mode", "debug", "environment", "release-notes", "é" * 9),
    ],
)
def test_unknown_input__of_something_else_is_ignored(name: str) -> None:
    assert read_settings({f"INPUT_{name.upper()}": "1", "DRY_RUN": "1", "PASWORD": "1"}) == read()


def test_unknown_input__no_input_resembles_another() -> None:
    assert read_settings({f"INPUT_{name.upper()}": "" for name in INPUT_NAMES}) == read()


def test_unknown_input__no_contradiction_with_the_input_that_was_meant() -> None:
    variables = environ(trusted_publishing="never") | {"INPUT_PASWORD": CANARY}
    assert problems(variables).keys() == {"pasword"}


def test_wrong_value__is_bounded_on_one_line_and_cannot_end_its_code_span() -> None:
    found = problems(environ(dry_run="a`b\n  c", expected_version="1" * 5000))
    assert found["dry-run"].startswith(r"is `a\x60b c`, which ")
    assert found["expected-version"].startswith(f"is `{'1' * 99}…`, which ")


@pytest.mark.parametrize(
    ("inputs", "hosts"),
    [
        ({}, ()),
        ({"repository_url": PRIVATE, "check_url": "http://localhost/simple/"}, ()),
        ({"repository_url": "http://devpi:3141/", "check_url": "http://devpi:3141/simple/"}, ("devpi",)),
        ({"repository_url": "http://a/", "test_index_url": "http://b/", "check_url": "http://c/"}, ("a", "c", "b")),
    ],
)
def test_unencrypted_hosts__each_once(inputs: dict[str, str], hosts: tuple[str, ...]) -> None:
    assert read(**inputs).unencrypted_hosts == hosts


def test_urls__of_both_indexes() -> None:
    hosts = [url.host for url in read(test_index_url=TESTPYPI).urls]
    assert hosts == ["upload.pypi.org", "pypi.org", "test.pypi.org", "test.pypi.org"]
