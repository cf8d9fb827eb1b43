"""The rules, a module per subject; importing this package registers all of them, in their order."""

from publisher.preflight.rule import REGISTERED
from publisher.preflight.rules import (
    archive,
    classifiers,
    contacts,
    description,
    filename,
    framing,
    metadata,
    platform_tags,
    published,
    release,
    requirements,
    sdist,
    size,
    wheel,
)
from publisher.preflight.rules import (
    license as license_rules,
)

__all__ = [
    "REGISTERED",
    "archive",
    "classifiers",
    "contacts",
    "description",
    "filename",
    "framing",
    "license_rules",
    "metadata",
    "platform_tags",
    "published",
    "release",
    "requirements",
    "sdist",
    "size",
    "wheel",
]
