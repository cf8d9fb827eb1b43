"""How the text of an input becomes a value. An error completes "The value ...", and may add what to write instead."""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import Version
from pydantic import BeforeValidator, SecretStr

from publisher.attestations.sign import AttestationMode
from publisher.distributions.find import split_lines
from publisher.distributions.metadata import parse_version
from publisher.identity.authentication import TOKEN_USER
from publisher.index.endpoints import PYPI_UPLOAD_URL, UPLOAD_URLS, Index, explain_wrong_upload_url, index_at
from publisher.network.url import Url, UrlError
from publisher.preflight.model import Profile
from publisher.settings.environment import FromVariables, variable

# Some indexes require an empty user name, and an empty input means "not given".
EMPTY_USER = '""'
# The deprecated names, with the defaults that `action.yml` declares for the hyphenated ones.
ALIASED_DEFAULTS = {
    "repository_url": str(PYPI_UPLOAD_URL),
    "packages_dir": "dist",
    "verify_metadata": "true",
    "skip_existing": "false",
    "print_hash": "true",
}
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_MAX_DIGITS = 9
# A service container's id. The first letter rules out numbers, which resolve as IPv4 addresses.
_SERVICE_HOST = re.compile(r"[a-z_][a-z0-9_-]*")


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
        return _FLAGS[text.strip().lower()]
    except KeyError:
        raise ValueError("is neither yes nor no", f"Allowed: {_list_words(_FLAGS)}.") from None


def _parse_word(words: type[StrEnum]) -> Callable[[str], StrEnum]:
    def parse(text: str) -> StrEnum:
        try:
            return words(text.strip().lower())
        except ValueError:
            raise ValueError("is not valid", f"Allowed: {_list_words(words)}.") from None

    return parse


def _list_words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _parse_attestation_mode(text: str) -> StrEnum:
    flag = _FLAGS.get(text.strip().lower())
    return _parse_word(AttestationMode)(text if flag is None else str(flag))


def _parse_count(smallest: int, largest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        digits = text.strip()
        is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS
        if is_number and smallest <= int(digits) <= largest:
            return int(digits)
        raise ValueError("is not valid", f"Allowed: whole numbers from {smallest} to {largest}.")

    return parse


def _parse_secret(text: str) -> SecretStr:
    if not text.isprintable():
        raise ValueError(
            "contains a line break or another control character",
            "Save the secret again without it; pasted secrets often end in one.",
        )
    return SecretStr(text)


def _parse_user(text: str) -> str:
    if text == EMPTY_USER:
        return ""
    if not text.isprintable() or ":" in text:
        raise ValueError("contains a colon or a control character", "HTTP Basic authentication allows neither.")
    return text


def _parse_url(text: str) -> Url:
    url = Url.parse(text.strip())
    if url.scheme != "https" and not url.is_loopback and not _SERVICE_HOST.fullmatch(url.host):
        raise UrlError(
            "must start with `https://`",
            "Allowed over `http://`: a loopback host, or a service container of the job (a host name without a dot).",
        )
    if url.query or url.fragment:
        raise UrlError("must not have a `?query` or `#fragment`")
    return url


def _parse_upload_url(text: str) -> Url:
    if "://" not in text:
        raise UrlError("must start with `https://`", f"Write an upload URL: {UPLOAD_URLS}.")
    url = _parse_url(text)
    if url.user_info:
        raise UrlError("must not contain a user name or password", "Use the inputs `user` and `password`.")
    if wrong := explain_wrong_upload_url(url):
        raise UrlError(wrong)
    return url


def _parse_version(text: str) -> Version:
    tag = text.strip().removeprefix("refs/tags/")
    version = parse_version(tag)
    if version is None:
        raise ValueError("is not a version", _find_version_remedy(tag))
    return version


def _find_version_remedy(tag: str) -> str:
    """Return what to write instead of the tag, above all if it is one such as `demo-v1.2.0`."""
    for separator in "-_/@":
        ending = tag.rpartition(separator)[2]
        if ending != tag and "." in ending and parse_version(ending):
            without = f"`${{GITHUB_REF_NAME##*{separator}}}`"
            return f"Pass only `{ending}`: in an earlier step, {without} is the tag without its prefix."
    return (
        "Allowed: a PEP 440 version or a tag of one, such as `1.2.3` or `v1.2.3`. `github.ref_name` is a tag only if a "
        "tag or a release started the run."
    )


def _parse_projects(text: str) -> frozenset[NormalizedName]:
    try:
        return frozenset(canonicalize_name(line, validate=True) for line in split_lines(text))
    except InvalidName:
        raise ValueError("is not valid", "Allowed: project names, one per line.") from None


Flag = Annotated[bool, BeforeValidator(_parse_flag)]
Secret = Annotated[SecretStr, BeforeValidator(_parse_secret)]
UploadUrl = Annotated[Url, BeforeValidator(_parse_upload_url)]
CheckUrl = Annotated[Url, BeforeValidator(_parse_url)]
Lines = Annotated[tuple[str, ...], BeforeValidator(split_lines)]
ExpectedVersion = Annotated[Version, BeforeValidator(_parse_version)]
ExpectedProjects = Annotated[frozenset[NormalizedName], BeforeValidator(_parse_projects)]
User = Annotated[str, BeforeValidator(_parse_user)]
Count = Annotated[int, BeforeValidator(_parse_count(1, 100))]
Seconds = Annotated[int, BeforeValidator(_parse_count(1, 86_400))]
SecondsOrZero = Annotated[int, BeforeValidator(_parse_count(0, 86_400))]
Mode = Annotated[TrustedPublishing, BeforeValidator(_parse_word(TrustedPublishing))]
Attestations = Annotated[AttestationMode, BeforeValidator(_parse_attestation_mode)]
Rules = Annotated[IndexRules, BeforeValidator(_parse_word(IndexRules))]


def _input(name: str, default: object = None) -> Any:  # noqa: ANN401 -- typed like pydantic's Field
    return variable(f"INPUT_{name.upper()}", default=default)


class Settings(FromVariables):
    """Every input; None and empty mean "not given"."""

    user: User = _input("user", TOKEN_USER)
    password: Secret | None = _input("password")
    repository_url: UploadUrl = _input("repository-url", PYPI_UPLOAD_URL)
    packages_dir: Lines = _input("packages-dir", ("dist",))
    verify_metadata: Flag = _input("verify-metadata", default=True)
    skip_existing: Flag = _input("skip-existing", default=False)
    attestations: Attestations = _input("attestations", AttestationMode.TRUE)
    sigstore_trust_config: Path | None = _input("sigstore-trust-config")
    print_hash: Flag = _input("print-hash", default=True)
    verbose: Flag = _input("verbose", default=False)
    trusted_publishing: Mode = _input("trusted-publishing", TrustedPublishing.AUTOMATIC)
    dry_run: Flag = _input("dry-run", default=False)
    test_index_url: UploadUrl | None = _input("test-index-url")
    test_password: Secret | None = _input("test-password")
    check_url: CheckUrl | None = _input("check-url")
    index_rules: Rules = _input("index-rules", IndexRules.AUTO)
    expected_version: ExpectedVersion | None = _input("expected-version")
    expected_projects: ExpectedProjects = _input("expected-projects", frozenset())
    max_parallel: Count = _input("max-parallel", 8)
    max_attempts: Count = _input("max-attempts", 5)
    timeout: Seconds = _input("timeout", 300)
    wait_for_index: SecondsOrZero = _input("wait-for-index", 0)

    @property
    def index(self) -> Index:
        """Return the index to publish to."""
        return index_at(self.repository_url, self.check_url)

    @property
    def test_index(self) -> Index | None:
        """Return the index to rehearse on, None if no rehearsal was requested."""
        return index_at(self.test_index_url, None) if self.test_index_url else None

    @property
    def profile(self) -> Profile:
        """Return whose rules preflight applies."""
        if self.index_rules is IndexRules.AUTO:
            return Profile.PYPI if self.index.known else Profile.BASIC
        return Profile(self.index_rules)

    @property
    def urls(self) -> tuple[Url, ...]:
        """Return the upload and Simple API URLs of every index that this run may use."""
        indexes = (self.index, self.test_index)
        return tuple(url for index in indexes if index for url in (index.upload_url, index.simple_url) if url)

    @property
    def may_need_id_tokens(self) -> bool:
        """Return whether this run may request ID tokens: to publish without a password, or to sign."""
        has_passwords = self.password is not None and (self.test_index is None or self.test_password is not None)
        return not self.dry_run and not (has_passwords and self.attestations is not AttestationMode.REQUIRED)

    @property
    def unencrypted_hosts(self) -> tuple[str, ...]:
        """Return the hosts, loopback ones aside, that this run reaches over plain http."""
        return tuple(dict.fromkeys(url.host for url in self.urls if url.scheme == "http" and not url.is_loopback))
