from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import certifi
import pytest

from publisher.network.trust import build_ssl_context, build_trustless_context
from tests.fakes.serving import trusted_certificates

if TYPE_CHECKING:
    from pathlib import Path


def test_build_ssl_context__mozilla_by_default() -> None:
    context = build_ssl_context(None, None)
    expected = ssl.create_default_context(cafile=certifi.where())
    assert context.cert_store_stats() == expected.cert_store_stats()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_build_ssl_context__a_file_instead() -> None:
    with trusted_certificates() as path:
        context = build_ssl_context(path, None)
    assert context.cert_store_stats()["x509_ca"] == 1
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_build_ssl_context__a_directory_instead(tmp_path: Path) -> None:
    # Certificates in a directory are loaded when they are needed.
    assert build_ssl_context(None, tmp_path).cert_store_stats()["x509_ca"] == 0


def test_build_ssl_context__unusable(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    for path in (broken, tmp_path / "missing.pem"):
        with pytest.raises(OSError, match=r".+"):
            build_ssl_context(path, None)


def test_build_trustless_context__trusts_nobody() -> None:
    context = build_trustless_context()
    assert context.cert_store_stats()["x509_ca"] == 0
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
