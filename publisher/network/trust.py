"""Which certificate authorities are trusted."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def build_ssl_context(ca_file: Path | None, ca_directory: Path | None) -> ssl.SSLContext:
    """Trust the given authorities, or Mozilla's as shipped with certifi where none are given.

    Raises OSError (or its subclass `ssl.SSLError`) where they cannot be loaded.
    """
    if ca_file or ca_directory:
        return ssl.create_default_context(cafile=ca_file, capath=ca_directory)
    import certifi  # noqa: PLC0415 -- not needed where the runner names its own authorities

    return ssl.create_default_context(cafile=certifi.where())


def build_trustless_context() -> ssl.SSLContext:
    """Trust nobody: for a run whose every URL is http, where loading authorities would only cost time."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
