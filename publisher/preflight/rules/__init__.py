"""The rules, a module per subject; importing this package registers all of them, in this order."""

from publisher.preflight.rule import REGISTERED
from publisher.preflight.rules import archive, filename, metadata, release

__all__ = ["REGISTERED", "archive", "filename", "metadata", "release"]
