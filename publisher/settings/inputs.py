"""How the text of an input becomes a value. Every message completes the sentence "`<input>` ..."."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import Version
from pydantic import BeforeValidator, SecretStr

from publisher.attestations.model import AttestationMode
from publisher.distributions.candidates import split_lines
from publisher.network.url import Url, UrlError

if TYPE_CHECKING:
    from collections.abc import Callable

EMPTY_USER = '""'
"""What to write for a user name that is empty on purpose (some indexes want that); empty itself means "not given"."""

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class TrustedPublishing(StrEnum):
    """When an ID token is exchanged for an upload token."""

    AUTOMATIC = "automatic"
    ALWAYS = "always"
    NEVER = "never"


class IndexRules(StrEnum):
    """Whose rules preflight applies."""

    AUTO = "auto"
    PYPI = "pypi"
    BASIC = "basic"


def _parse_flag(text: str) -> bool:
    try:
        return _WORDS[text.strip().lower()]
    except KeyError:
        msg = "is neither yes nor no; allowed are `true`, `false`, `yes`, `no`, `on`, `off`, `1` and `0`"
        raise ValueError(msg) from None


def _parse_word(words: type[StrEnum]) -> Callable[[str], StrEnum]:
    def parse(text: str) -> StrEnum:
        try:
            return words(text.strip().lower())
        except ValueError:
            allowed = ", ".join(f"`{word}`" for word in words)
            msg = f"is not one of {allowed}"
            raise ValueError(msg) from None

    return parse


def _parse_attesting(text: str) -> AttestationMode:
    word = text.strip().lower()
    if word in _WORDS:
        return AttestationMode.TRUE if _WORDS[word] else AttestationMode.FALSE
    try:
        return AttestationMode(word)
    except ValueError:
        msg = "is not one of `true`, `required`, `best-effort`, `false`"
        raise ValueError(msg) from None


def _parse_count(smallest: int, largest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        digits = text.strip()
        if digits.isascii() and digits.isdigit() and smallest <= int(digits[:9]) <= largest and len(digits) <= 9:  # noqa: PLR2004
            return int(digits)
        msg = f"is not a whole number from {smallest} to {largest}"
        raise ValueError(msg)

    return parse


def _parse_secret(text: str) -> SecretStr:
    if not text.isprintable():
        msg = "contains a line break or another control character (a secret that was pasted often ends in one)"
        raise ValueError(msg)
    return SecretStr(text)


def _parse_user(text: str) -> str:
    if text == EMPTY_USER:
        return ""
    if not text.isprintable() or ":" in text:
        msg = "contains a colon or a control character, which HTTP Basic authentication cannot carry"
        raise ValueError(msg)
    return text


def _parse_url(*, with_user_info: bool) -> Callable[[str], Url]:
    def parse(text: str) -> Url:
        url = Url.parse(text.strip())
        if url.scheme != "https" and not url.is_loopback:
            raise UrlError("must start with `https://` (plain `http://` is for an index on this machine only)")
        if url.user_info and not with_user_info:
            raise UrlError("must not contain a user name or password; use the inputs `user` and `password`")
        if url.query or url.fragment:
            raise UrlError("must not have a `?query` or `#fragment`")
        return url

    return parse


def _parse_version(text: str) -> Version:
    """Accept what a tag looks like: `v1.2.3` and `refs/tags/v1.2.3` are 1.2.3."""
    try:
        return Version(text.strip().removeprefix("refs/tags/"))
    except ValueError:  # beside InvalidVersion: a number of more digits than Python takes apart
        msg = "is not a version (PEP 440), nor a tag that names one, such as `v1.2.3`"
        raise ValueError(msg) from None


def _parse_projects(text: str) -> frozenset[NormalizedName]:
    try:
        return frozenset(canonicalize_name(line, validate=True) for line in split_lines(text))
    except InvalidName:
        msg = "is not a list of project names, one per line"
        raise ValueError(msg) from None


Flag = Annotated[bool, BeforeValidator(_parse_flag)]
Secret = Annotated[SecretStr | None, BeforeValidator(_parse_secret)]
UploadUrl = Annotated[Url | None, BeforeValidator(_parse_url(with_user_info=False))]
CheckUrl = Annotated[Url | None, BeforeValidator(_parse_url(with_user_info=True))]
Lines = Annotated[tuple[str, ...], BeforeValidator(split_lines)]
ExpectedVersion = Annotated[Version | None, BeforeValidator(_parse_version)]
ExpectedProjects = Annotated[frozenset[NormalizedName], BeforeValidator(_parse_projects)]
User = Annotated[str, BeforeValidator(_parse_user)]
Parallel = Annotated[int, BeforeValidator(_parse_count(1, 100))]
Attempts = Annotated[int, BeforeValidator(_parse_count(1, 100))]
Seconds = Annotated[int, BeforeValidator(_parse_count(1, 86_400))]
SecondsOrNone = Annotated[int, BeforeValidator(_parse_count(0, 86_400))]
Mode = Annotated[TrustedPublishing, BeforeValidator(_parse_word(TrustedPublishing))]
AttestationsInput = Annotated[AttestationMode, BeforeValidator(_parse_attesting)]
Rules = Annotated[IndexRules, BeforeValidator(_parse_word(IndexRules))]
