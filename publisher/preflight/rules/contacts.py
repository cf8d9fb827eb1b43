"""Whether email addresses and URLs are valid."""

from collections import Counter
from collections.abc import Iterator
from email.utils import getaddresses, parseaddr

from email_validator import EmailNotValidError, validate_email
from rfc3986 import exceptions, uri_reference, validators  # type: ignore[import-untyped]  # ships no types

from publisher.preflight.fields import Fields, spell
from publisher.preflight.model import Finding
from publisher.preflight.rule import Rule, Scope, doubt, found
from publisher.preflight.rules.metadata import CORE_METADATA

LABEL_LIMIT = 32

# Characters of a field that can hold one address; longer ones hold several, which the index does not validate.
FIELD_LIMIT = 320

# The rules for domains in other scripts grow stricter with each release of the `idna` library.
_AGING = "not valid IDNA"


@Rule(
    id="contacts-email",
    title="Invalid email address",
    why="The index refuses what cannot be an address, including reserved domains such as `.invalid` and `.local`.",
    fix="Correct `email` under `project.authors` or `project.maintainers`, or leave it out.",
    sources=(CORE_METADATA,),
    scope=Scope.PYPI,
).for_metadata
def _check_email(fields: Fields) -> Iterator[Finding]:
    for name in ("author-email", "maintainer-email"):
        value = fields.first(name)
        if address := find_address(value):
            try:
                validate_email(address, check_deliverability=False)
            except EmailNotValidError as error:
                build = doubt if _AGING in str(error) else found
                yield build(f"`{spell(name)}: {value}` is not a valid email address: {error}")


@Rule(
    id="contacts-url",
    title="Invalid project URL",
    why=f"The project's page links to it. A `Project-URL` is a label of at most {LABEL_LIMIT} letters, a comma, a URL.",
    fix="Write complete `http` or `https` URLs under `project.urls`, each with a short and unique key.",
    sources=(CORE_METADATA, "https://packaging.python.org/specifications/well-known-project-urls/"),
    scope=Scope.PYPI,
).for_metadata
def _check_url(fields: Fields) -> Iterator[Finding]:
    for name in ("home-page", "download-url"):
        url = fields.first(name)
        if url and not is_url(url):
            yield found(f"`{spell(name)}: {url}` is not an http or https URL.")
    labels: Counter[str] = Counter()
    for entry in fields.all("project-url"):
        label, _, url = map(str.strip, entry.partition(","))
        labels[label] += 1
        if not label:
            yield found(f"`Project-URL: {entry}` has no label before a comma.")
        elif not url:
            yield found(f"`Project-URL: {entry}` has no URL after a comma.")
        elif not is_url(url):
            yield found(f"`Project-URL: {entry}` does not have an http or https URL.")
        if len(label) > LABEL_LIMIT:
            yield found(f"The project URL label `{label}` has {len(label)} characters; {LABEL_LIMIT} are allowed.")
    for label, count in labels.items():
        if count > 1:
            yield found(f"{count} project URLs have the label `{label}`.")


def find_address(field: str) -> str:
    """Return the address that the index validates, empty unless it finds exactly one in the field."""
    if len(field) > FIELD_LIMIT or len(getaddresses([field])) > 1:
        return ""
    address = parseaddr(field)[1]
    return "" if "[" in address else address


def is_url(url: str) -> bool:
    """Return whether the index would link to a URL."""
    validator = validators.Validator().allow_schemes("http", "https").require_presence_of("scheme")
    validator.check_validity_of("scheme", "host", "port", "path", "query")
    try:
        validator.validate(uri_reference(url).normalize())
    except (exceptions.RFC3986Exception, ValueError):
        return False
    return True
