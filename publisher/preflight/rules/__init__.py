"""The rules, a module per subject. Importing this package registers them, in the order of the modules' names."""

from publisher.preflight.rule import REGISTERED
from publisher.preflight.rules import (  # noqa: F401 -- importing a module registers its rules
    archive,
    attestation,
    classifiers,
    contacts,
    description,
    filename,
    installers,
    licenses,
    metadata,
    platform_tags,
    published,
    release,
    requirements,
    wheel,
)

__all__ = ["REGISTERED"]
