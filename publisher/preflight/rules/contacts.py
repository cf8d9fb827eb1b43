"""Whether the addresses of people and pages are addresses."""

from __future__ import annotations

import re
from collections import Counter
from email.utils import getaddresses, parseaddr
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from publisher.preflight.fields import spell
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_each
from publisher.preflight.rules.metadata import CORE_METADATA
from publisher.preflight.sent import see

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution

LABEL_LIMIT = 32

FIELD_LIMIT = 320
"""Characters of a field in which an address is looked for: no address is longer."""

_QUOTED = re.compile(r'\\.|"(?:\\.|[^"\\])*"', re.DOTALL)

# An address that no reading of the rules refuses; seeing that is much quicker than loading the library that knows them.
_SURELY_VALID = re.compile(
    r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@([A-Za-z0-9]+(-[A-Za-z0-9]+)*\.)+(com|dev|edu|io|net|org)"
)

_SURELY_SHORT = 64

# What is said of domains in other scripts: the rules for them grow stricter from release to release.
_AGEING = "not valid IDNA"

# A URL that no reading of the rules refuses, as for addresses.
_SURELY_URL = re.compile(r"https?://([A-Za-z0-9-]+\.)*[A-Za-z]+(/[A-Za-z0-9._~/@+-]*)?(#[A-Za-z0-9._~-]*)?")

URL_LIMIT = 8 << 10
"""Characters of a URL that are taken apart; nobody would follow a longer one."""


@for_each(
    Rule(
        id="contacts-email",
        summary="`Author-email` and `Maintainer-email` hold an e-mail address",
        why="The index refuses what cannot be an address, reserved domains such as `.invalid` and `.local` among it.",
        fix="Correct `email` under `project.authors` or `project.maintainers`, or leave it out.",
        sources=(CORE_METADATA, "metadata-author-email", "metadata-maintainer-email"),
        scope=Scope.PYPI,
    )
)
def check_email(distribution: Distribution) -> Iterator[Flaw]:
    """Judge the address where there is exactly one."""
    sent = see(distribution.metadata)
    for name in ("author-email", "maintainer-email"):
        address = find_address(sent.one(name))
        if address and (reason := _judge_address(address)):
            verdict = Verdict.DOUBTFUL if _AGEING in reason else Verdict.REFUSED
            yield Flaw(f"`{spell(name)}: {sent.one(name)}` is refused: {reason}", "", verdict)


@for_each(
    Rule(
        id="contacts-url",
        summary="Every URL begins with `http://` or `https://`",
        why="The index links to it from the project's page and refuses what it cannot link to.",
        fix="Write the whole URL, scheme included, under `project.urls`, or leave it out.",
        sources=(CORE_METADATA, "metadata-home-download-url", "metadata-project-url-valid"),
        scope=Scope.PYPI,
    )
)
def check_url(distribution: Distribution) -> Iterator[Flaw]:
    """Judge scheme, host and port."""
    sent = see(distribution.metadata)
    for name in ("home-page", "download-url"):
        url = sent.one(name)
        if url and not is_url(url):
            yield Flaw(f"`{spell(name)}: {url}` is not an http or https URL.")
    for entry in sent.all("project-url"):
        label, url = _split(entry)
        if label and url and not is_url(url):
            yield Flaw(f"`Project-URL: {entry}` does not lead to an http or https URL.")


@for_each(
    Rule(
        id="contacts-project-url",
        summary="Every `Project-URL` is a label of at most 32 characters, a comma and a URL, no label twice",
        why="The label is the text of the link on the project's page.",
        fix="Correct the keys of `project.urls`: each one short and different from the others.",
        sources=(
            "https://packaging.python.org/specifications/well-known-project-urls/",
            "metadata-project-url-label",
            "metadata-project-url-url",
            "metadata-project-url-label-length",
            "metadata-project-url-duplicate-label",
        ),
        scope=Scope.PYPI,
    )
)
def check_project_url(distribution: Distribution) -> Iterator[Flaw]:
    """Take each entry apart."""
    entries = see(distribution.metadata).all("project-url")
    for entry in entries:
        label, url = _split(entry)
        if not label:
            yield Flaw(f"`Project-URL: {entry}` has no label before a comma.")
        elif not url:
            yield Flaw(f"`Project-URL: {entry}` has no URL after a comma.")
        if len(label) > LABEL_LIMIT:
            yield Flaw(f"The label `{label}` of a project URL has {len(label)} characters; {LABEL_LIMIT} are allowed.")
    for label, count in Counter(_split(entry)[0] for entry in entries).items():
        if count > 1:
            yield Flaw(f"{count} project URLs have the label `{label}`.")


@lru_cache(maxsize=64)
def find_address(field: str) -> str:
    """Give the address that the index will judge; empty where it will judge none.

    The index judges a field in which its Python finds exactly one address; older Pythons are less strict.
    """
    if len(field) > FIELD_LIMIT or not _is_balanced(field) or len(getaddresses([field])) > 1:
        return ""
    address = parseaddr(field)[1]
    return "" if "[" in address else address


@lru_cache(maxsize=64)
def is_url(url: str) -> bool:
    """Tell whether the index would link to it; the library is lenient, for one with hosts that cannot be."""
    if len(url) < URL_LIMIT and _SURELY_URL.fullmatch(url):
        return True
    from rfc3986 import exceptions, uri_reference, validators  # type: ignore[import-untyped]  # noqa: PLC0415 -- slow

    validator = validators.Validator().allow_schemes("http", "https").require_presence_of("scheme")
    validator.check_validity_of("scheme", "host", "port", "path", "query")
    try:
        validator.validate(uri_reference(url[:URL_LIMIT]).normalize())
    except exceptions.ValidationError:
        return False
    return True


@lru_cache(maxsize=64)
def _judge_address(address: str) -> str:
    """Give the reason why it is no address, empty where it is one. Nothing is looked up."""
    if len(address) < _SURELY_SHORT and _SURELY_VALID.fullmatch(address):
        return ""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 -- only files with an address need it

    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        return str(error)
    return ""


def _is_balanced(field: str) -> bool:
    """Tell whether every parenthesis outside quotes has its counterpart."""
    depths = list(accumulate((letter == "(") - (letter == ")") for letter in _QUOTED.sub("", field)))
    return not depths or (depths[-1] == 0 and min(depths) == 0)


def _split(entry: str) -> tuple[str, str]:
    label, _, url = entry.partition(",")
    return label.strip(), url.strip()
