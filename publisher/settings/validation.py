"""Read the inputs, and report everything that is wrong with them at once."""

import re
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from publisher.errors import Problem, SettingsError
from publisher.identity.authentication import TOKEN_USER
from publisher.network.url import Url
from publisher.settings.inputs import ALIASED_DEFAULTS, Settings, TrustedPublishing

INPUT_NAMES = (*(variable.removeprefix("INPUT_").lower() for variable in Settings.variables()), *ALIASED_DEFAULTS)
VALUE_LIMIT = 100  # characters of a wrong value that are shown
SECRET_INPUTS = ("password", "test-password")
# A wrong URL, or what follows its last `@`, is shown only if nothing in it can be a password.
_HARMLESS_URL = re.compile(r"(?:\w+:/*)?[\w.-]*(?::\d+)?(?:[/?#][^:]*)?")
_AT_SIGNS = re.compile(r"@|%40|\uff20", re.IGNORECASE)
_SHORT_NAME = 5
_IF_EMPTY = (
    "Check the name of the secret, and that this job may read it: pull requests from forks get none, and secrets of "
    "an environment need `environment:` in the job."
)
_REMOVE_USER = "For Trusted Publishing, remove `user`."


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Parse the inputs; raise `SettingsError` with everything that is wrong with them."""
    chosen, written = _resolve_aliases(environ)
    misspelled = _find_misspelled(environ)
    problems = [
        Problem(name, "is not an input of this action", f"Did you mean `{meant}`?")
        for name, meant in misspelled.items()
    ]
    wrong = set(misspelled.values())
    try:
        settings = Settings.read(chosen)
    except ValidationError as error:
        reasons = {str(each["loc"][0]): each["ctx"]["error"].args for each in error.errors()}
        problems += [
            _build_problem(written.get(variable, variable), chosen[variable], *reason)
            for variable, reason in reasons.items()
        ]
        wrong |= set(map(_input_name, reasons))
        settings = Settings.read({name: value for name, value in chosen.items() if name not in reasons})
    problems += [problem for problem, inputs in _find_contradictions(settings) if wrong.isdisjoint(inputs)]
    if problems:
        # Raised outside of `except`: pydantic's error holds the values.
        raise SettingsError(tuple(problems))
    return settings


def deprecated_inputs(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the deprecated names that this run uses."""
    return tuple(alias for alias in ALIASED_DEFAULTS if environ.get(f"INPUT_{alias.upper()}", "").strip())


def _resolve_aliases(environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the variables with deprecated inputs under their hyphenated names, and those names as they were written.

    The hyphenated name wins unless it only has the default of `action.yml`.
    """
    chosen, written = dict(environ), {}
    for alias in deprecated_inputs(environ):
        old, new = (f"INPUT_{name.upper()}" for name in (alias, _hyphenate(alias)))
        if chosen.get(new, "").strip() in {"", ALIASED_DEFAULTS[alias]}:
            chosen[new], written[new] = chosen[old], old
    return chosen, written


def _input_name(variable: str) -> str:
    return variable.removeprefix("INPUT_").lower()


def _hyphenate(name: str) -> str:
    return name.replace("_", "-")


def _build_problem(variable: str, value: str, what: str, remedy: str = "") -> Problem:
    name = _input_name(variable)
    shown = _redact(_hyphenate(name), " ".join(value.split()))
    return Problem(name, f"is {_quote(shown)}, which {what}" if shown else what, remedy)


def _redact(name: str, value: str) -> str:
    """Return a wrong value without the parts that may be secret; empty if all of it may be."""
    if name in {*SECRET_INPUTS, "user"}:  # a user name with a colon may hold the password
        return ""
    if not name.endswith("-url"):
        return value
    user_info, at, rest = value.rpartition("@")
    if (at and ("?" in value or "#" in value)) or _AT_SIGNS.search(user_info + rest) or " " in value:
        return ""
    if not _HARMLESS_URL.fullmatch(rest):
        return ""
    return f"***@{rest}" if at else value


def _quote(value: str) -> str:
    shown = value if len(value) <= VALUE_LIMIT else f"{value[: VALUE_LIMIT - 1]}…"
    return "`{}`".format(shown.replace("`", r"\x60"))


def _find_misspelled(environ: Mapping[str, str]) -> dict[str, str]:
    """Map inputs that do not exist but resemble one, as the user wrote them, to the input that was meant."""
    given = [_input_name(variable) for variable in environ if variable.startswith("INPUT_")]
    meant = {name: _find_similar_input(name) for name in given if name not in INPUT_NAMES}
    return {name: similar for name, similar in meant.items() if similar}


def _find_similar_input(name: str) -> str | None:
    """Return the closest input within two letters, separators aside; within one for `user`, which `use` is not."""
    letters = _squash(name)
    close = []
    for candidate in INPUT_NAMES:
        known = _squash(candidate)
        limit = 2 if len(known) > _SHORT_NAME else len(letters) // 4
        if abs(len(known) - len(letters)) <= limit and (distance := _edit_distance(letters, known)) <= limit:
            close.append((distance, _hyphenate(candidate)))
    return min(close)[1] if close else None


def _squash(name: str) -> str:
    return name.translate(str.maketrans("", "", "-_ "))


def _edit_distance(one: str, other: str) -> int:
    """Return the Levenshtein distance; exchanging two neighbors counts as two."""
    row = list(range(len(other) + 1))
    for count, letter in enumerate(one, 1):
        above, row = row, [count]
        for position, other_letter in enumerate(other):
            row.append(min(above[position + 1] + 1, row[-1] + 1, above[position] + (letter != other_letter)))
    return row[-1]


def _find_contradictions(settings: Settings) -> Iterator[tuple[Problem, set[str]]]:
    """Yield problems between inputs, each with the inputs that must be valid for it to be reported."""
    test_index, index, mode = settings.test_index, settings.index, settings.trusted_publishing
    if test_index and _is_same(test_index.upload_url, index.upload_url):
        same = f"is {_quote(str(test_index.upload_url))}, the same as `repository-url`"
        yield Problem("test-index-url", same, "A rehearsal needs another index."), {"test-index-url", "repository-url"}
    if settings.wait_for_index and index.simple_url is None:
        unknown = f"is `{settings.wait_for_index}`, but the Simple API of {_quote(index.name)} is not known"
        remedy = "Set `check-url` to the root of its Simple API, or remove `wait-for-index`."
        yield Problem("wait-for-index", unknown, remedy), {"wait-for-index", "check-url", "repository-url"}
    if settings.password and index.known and settings.user != TOKEN_USER:
        other = f"is {_quote(settings.user)}, but {index.name} accepts only `{TOKEN_USER}`"
        remedy = "Remove `user`, and set `password` to an API token; account passwords do not work."
        yield Problem("user", other, remedy), {"user", "password", "repository-url"}
    passwords = {"password": settings.password}
    if test_index:
        passwords["test-password"] = settings.test_password
    is_by_password = settings.user != TOKEN_USER and mode is TrustedPublishing.AUTOMATIC and not settings.dry_run
    if is_by_password and not any(passwords.values()):
        alone = Problem("user", "is set but `password` is empty", f"{_IF_EMPTY} {_REMOVE_USER}")
        yield alone, {"user", "trusted-publishing", "dry-run", *passwords}
    for name, password in passwords.items():
        if mode is TrustedPublishing.ALWAYS and password:
            excluded = "must not be set with `trusted-publishing: always`"
            yield Problem(name, excluded, "Remove one of the two."), {name, "trusted-publishing"}
        if mode is TrustedPublishing.NEVER and not password and not settings.dry_run:
            missing = "is empty, but required with `trusted-publishing: never`"
            yield Problem(name, missing, _IF_EMPTY), {name, "trusted-publishing", "dry-run"}


def _is_same(one: Url, other: Url) -> bool:
    """Compare upload URLs; a trailing slash makes no difference to an index."""
    return one.origin == other.origin and one.path.rstrip("/") == other.path.rstrip("/")
