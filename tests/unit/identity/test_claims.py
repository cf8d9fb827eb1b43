from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from publisher.identity.claims import parse_unverified_claims
from tests.fakes.github import FakeGitHub


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_parse_unverified_claims__of_a_real_token() -> None:
    claims = parse_unverified_claims(SecretStr(FakeGitHub().issue("index")))
    assert (claims["aud"], claims["repository"]) == ("index", "octo-org/sample")


@pytest.mark.parametrize("length", range(4))
def test_parse_unverified_claims__whatever_the_padding(length: int) -> None:
    content = b'{"sub": "%b\xc3\xbc"}' % (b"x" * length)
    assert parse_unverified_claims(SecretStr(f"e30.{encode(content)}.x")) == {"sub": "x" * length + "ü"}


@pytest.mark.parametrize(
    "text",
    [
        *("", "abc", "a.b", "a.b.c.d", "a.!.c", "a.ü.c", f"a.{encode(b'[1]')}.c", f"a.{encode(b'{')}.c"),
        *(f"a.{encode(b'[' * 200_000)}.c", f"a.{encode(bytes([255, 254]))}.c"),
    ],
)
def test_parse_unverified_claims__empty_where_it_is_no_token(text: str) -> None:
    assert parse_unverified_claims(SecretStr(text)) == {}


@given(st.text(), st.binary())
def test_parse_unverified_claims__any_text(text: str, content: bytes) -> None:
    assert isinstance(parse_unverified_claims(SecretStr(text)), dict)
    assert isinstance(parse_unverified_claims(SecretStr(f"a.{encode(content)}.c")), dict)
