"""Read the inputs, or say everything that is wrong with them, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from publisher.errors import Problem, SettingsError
from publisher.identity.credentials import TOKEN_USER
from publisher.settings.aliases import prefer_given_aliases, written_name
from publisher.settings.inputs import TrustedPublishing
from publisher.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.network.url import Url


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the inputs; raise `SettingsError` with everything that is wrong with them, without any value."""
    chosen = prefer_given_aliases(environ)
    problems: list[Problem] = []
    wrong: set[str] = set()
    try:
        settings = Settings.read(chosen)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            variable = str(each["loc"][0])
            wrong.add(_hyphenated(variable))
            problems.append(Problem(written_name(variable, chosen), str(each.get("ctx", {}).get("error", each["msg"]))))
        settings = Settings.read({name: value for name, value in chosen.items() if _hyphenated(name) not in wrong})
    problems += [each.problem for each in _contradictions(settings) if wrong.isdisjoint(each.inputs)]
    if problems:
        # Not from pydantic's error: even without its input, its text is not meant for people.
        raise SettingsError(tuple(problems))
    return settings


def _hyphenated(variable: str) -> str:
    return variable.removeprefix("INPUT_").lower().replace("_", "-")


class _Contradiction(NamedTuple):
    """What cannot be true together; known only where each of these inputs is right by itself."""

    problem: Problem
    inputs: frozenset[str]


def _contradict(name: str, message: str, *others: str) -> _Contradiction:
    return _Contradiction(Problem(name, message), frozenset((name, *others)))


def _contradictions(settings: Settings) -> Iterator[_Contradiction]:
    """Find inputs that cannot be true together."""
    if settings.test_index and _is_same(settings.test_index.upload_url, settings.index.upload_url):
        same = "is the same as `repository-url`; a rehearsal needs an index of its own"
        yield _contradict("test-index-url", same, "repository-url")
    if settings.wait_for_index and settings.index.simple_url is None:
        unknown = "needs `check-url`, because the Simple API of this index is not known"
        yield _contradict("wait-for-index", unknown, "check-url", "repository-url")
    if settings.password and settings.index.known and settings.user != TOKEN_USER:
        no_user = f"must be `{TOKEN_USER}` for {settings.index.name}, which takes API tokens and no user's password"
        yield _contradict("user", no_user, "password", "repository-url")
    yield from _contradictions_to_mode(settings)


def _is_same(one: Url, other: Url) -> bool:
    """Compare upload URLs; indexes care little about a slash at the end."""
    return one.origin == other.origin and one.path.rstrip("/") == other.path.rstrip("/")


def _contradictions_to_mode(settings: Settings) -> Iterator[_Contradiction]:
    """Find passwords that `trusted-publishing` forbids or misses."""
    passwords = {"password": settings.password}
    if settings.test_index_url:
        passwords["test-password"] = settings.test_password
    for name, password in passwords.items():
        if settings.trusted_publishing is TrustedPublishing.ALWAYS and password:
            forbidden = "must not be given together with `trusted-publishing: always`"
            yield _contradict(name, forbidden, "trusted-publishing")
        if settings.trusted_publishing is TrustedPublishing.NEVER and not password and not settings.dry_run:
            hint = "is the secret empty or unset? Runs for pull requests from forks get none"
            missing = f"is required with `trusted-publishing: never` ({hint})"
            yield _contradict(name, missing, "trusted-publishing", "dry-run")
