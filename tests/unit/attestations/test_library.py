from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest
from pydantic import SecretStr

from publisher.attestations.library import (
    LOG_VERSION,
    CertificateEnded,
    attest,
    load_private_trust,
    request_certificate,
)
from publisher.attestations.model import Attestation
from publisher.errors import SettingsError
from publisher.identity.tokens import IdToken
from tests.fakes.sigstore.world import build_distribution, signing_world

if TYPE_CHECKING:
    from sigstore.sign import Signer

WHEEL = build_distribution()


class FailingKey:
    """A key that cannot sign."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def sign_dsse(self, _: object) -> None:
        raise self._error


def attest_with(error: Exception) -> Attestation | CertificateEnded:
    with signing_world() as world:
        return attest(world.load_trust(), cast("Signer", FailingKey(error)), WHEEL.filename, WHEEL.digests.sha256)


def test_attest__tells_an_ended_certificate_from_any_other_failure() -> None:
    from sigstore.oidc import ExpiredIdentity
    from sigstore.sign import ExpiredCertificate  # type: ignore[attr-defined]  # its own module is private

    assert attest_with(ExpiredCertificate()) == CertificateEnded()
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- which one is what is asked below
        attest_with(ExpiredIdentity())
    assert isinstance(caught.value.__context__, ExpiredIdentity)


def test_request_certificate__the_id_token_does_not_show_itself() -> None:
    secret = "not-even-a-token"
    with signing_world() as world:
        with pytest.raises(Exception) as caught:  # noqa: PT011 -- which one is the library's business
            request_certificate(world.load_trust(), IdToken(SecretStr(secret), {}))
        assert secret not in repr(caught.value)
        assert world.sigstore.id_tokens == [secret]


def test_load_private_trust__asks_for_the_log_that_attestations_can_hold() -> None:
    with signing_world() as world:
        trust = world.load_trust()
        assert LOG_VERSION == 1
        assert trust.entry_page == f"{world.url}/api/v1/log/entries?logIndex="
        assert world.sigstore.requests == []


def test_load_private_trust__does_not_repeat_the_file() -> None:
    with pytest.raises(SettingsError) as caught:
        load_private_trust('{"mediaType": "canary"}')
    assert "canary" not in str(caught.value)


def test_attest__does_not_read_the_file() -> None:
    with signing_world() as world:
        id_token = asyncio.run(world.request_id_token("sigstore"))
        trust = world.load_trust()
        key = request_certificate(trust, id_token)
        assert not WHEEL.path.exists()
        assert isinstance(attest(trust, key, WHEEL.filename, WHEEL.digests.sha256), Attestation)
