from __future__ import annotations

from publisher.errors import AttestingImpossible, SigningError


def test_signing_error__names_the_files() -> None:
    assert str(SigningError("502 Bad Gateway", ("a", "b"))) == "no attestation for a, b: 502 Bad Gateway"


def test_attesting_impossible__needs_no_files() -> None:
    assert str(AttestingImpossible("a password is used", ())) == "no attestation for anything: a password is used"
