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
    GitHub,
    IdToken,
    parse_unverified_claims,
)
from publisher.network.client import build_client, build_ssl_context
from tests.fakes.github import FakeGitHub
from tests.fakes.service import Answer
from tests.fakes.serving import Served, serve
from tests.values import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "canary-4711"
NO_VALUES: tuple[object, ...] = ({}, [], {"value": ""}, {"value": 7}, {"value": "a b"})


class Asking:
    """A token service, and whoever asks it."""

    def __init__(self, served: Served, fake: FakeGitHub) -> None:
        self.fake = fake
        self.journal = Journal()
        self.service = fake.request_url(served.url)

    def ask(self, audience: str = "index") -> IdToken:
        with build_client(build_ssl_context(None, None), 2, {}) as client:
            return GitHub(*self.service, self.journal.connection(client)).request_id_token(audience)


@pytest.fixture
def asking() -> Iterator[Asking]:
    fake = FakeGitHub()
    with serve(fake) as served:
        yield Asking(served, fake)


def test_request_id_token__for_an_audience(asking: Asking) -> None:
    token = asking.ask("https://index.example/?a=b&c=d e")
    assert token.claims["aud"] == "https://index.example/?a=b&c=d e"
    assert asking.journal.masked == [token.secret.get_secret_value()] == asking.fake.issued
    assert asking.fake.requests[0].query.startswith("api-version=2.0&audience=https%3A%2F%2Findex.example")


@pytest.mark.parametrize(("status", "attempts"), [(500, 3), (503, 3), (429, 1)])
def test_request_id_token__no_end_of_an_outage(asking: Asking, status: int, attempts: int) -> None:
    asking.fake.script("id-token", *[Answer(status)] * 3)
    with pytest.raises(ExchangeUnanswered) as caught:
        asking.ask()
    assert caught.value.attempts == attempts
    shown = asking.journal.text + "".join(traceback.format_exception(caught.value))
    assert "audience" not in str(caught.value)
    assert asking.fake.request_token not in shown


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
def test_request_id_token__refused(asking: Asking, answer: Answer) -> None:
    asking.fake.script("id-token", answer)
    with pytest.raises(IdTokenRefused) as caught:
        asking.ask()
    assert caught.value.attempts == 1
    assert not asking.journal.masked


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
