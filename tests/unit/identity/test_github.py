from __future__ import annotations

import base64
import traceback
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from publisher.errors import ExchangeUnanswered, IdTokenRefused
from publisher.identity.github import (
    IdToken,
    parse_unverified_claims,
)
from tests.fakes.service import Answer

if TYPE_CHECKING:
    from tests.unit.identity.conftest import Desk

CANARY = "canary-4711"
NO_VALUES: tuple[object, ...] = ({}, [], {"value": ""}, {"value": 7}, {"value": "a b"})


def ask(desk: Desk, audience: str = "index") -> IdToken:
    return desk.use(lambda exchange: exchange.github.request_id_token(audience))


def test_request_id_token__for_an_audience(desk: Desk) -> None:
    token = ask(desk, "https://index.example/?a=b&c=d e")
    assert token.claims["aud"] == "https://index.example/?a=b&c=d e"
    assert desk.journal.masked == [token.secret.get_secret_value()] == desk.github.issued
    assert desk.github.requests[0].query.startswith("api-version=2.0&audience=https%3A%2F%2Findex.example")


@pytest.mark.parametrize(("status", "attempts"), [(500, 3), (503, 3), (429, 1)])
def test_request_id_token__lasting_outage(desk: Desk, status: int, attempts: int) -> None:
    desk.github.script("id-token", *[Answer(status)] * 3)
    with pytest.raises(ExchangeUnanswered) as caught:
        ask(desk)
    assert caught.value.attempts == attempts
    shown = desk.journal.text + "".join(traceback.format_exception(caught.value))
    assert "audience" not in str(caught.value)
    assert desk.github.request_token not in shown


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, "no"),
        Answer(404),
        Answer(302, headers={"Location": "/elsewhere"}),
        Answer(201, '{"value": "a.b.c"}'),
        Answer(200, "<html>"),
        *(Answer.of_json(200, content) for content in NO_VALUES),
        *(Answer.of_json(200, {"value": text}) for text in ("a\r\nb", "\ud800", "ü")),
    ],
)
def test_request_id_token__refused(desk: Desk, answer: Answer) -> None:
    desk.github.script("id-token", answer)
    with pytest.raises(IdTokenRefused) as caught:
        ask(desk)
    assert caught.value.attempts == 1
    assert not desk.journal.masked


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@pytest.mark.parametrize("length", range(4))
def test_parse_unverified_claims__whatever_the_padding(length: int) -> None:
    content = b'{"sub": "%b\xc3\xbc"}' % (b"x" * length)
    assert parse_unverified_claims(SecretStr(f"e30.{encode(content)}.")) == {"sub": "x" * length + "ü"}


@pytest.mark.parametrize(
    "text",
    [
        *("", "abc", "a.b", "a.b.c.d", "e30.!.", "e30.ü.", f"e30.{encode(b'[1]')}.", f"e30.{encode(b'{')}."),
        *(f"e30.{encode(b'[' * 200_000)}.", f"{encode(b'[' * 200_000)}.e30.", f"e30.{encode(bytes([255, 254]))}."),
        f"e30.{encode(b'1' * 10_000)}.",
        "\ud800.e30.",
    ],
)
def test_parse_unverified_claims__empty_if_it_is_not_a_jwt(text: str) -> None:
    assert parse_unverified_claims(SecretStr(text)) == {}


@given(st.text(), st.binary())
def test_parse_unverified_claims__any_text(text: str, content: bytes) -> None:
    assert isinstance(parse_unverified_claims(SecretStr(text)), dict)
    assert isinstance(parse_unverified_claims(SecretStr(f"e30.{encode(content)}.")), dict)
