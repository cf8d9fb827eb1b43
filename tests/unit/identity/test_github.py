from __future__ import annotations

import base64
import json
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from publisher.errors import ExchangeUnanswered, IdTokenRefused, IdTokenUnavailable, Situation
from publisher.identity.github import (
    REQUEST_TOKEN,
    REQUEST_URL,
    GitHub,
    IdToken,
    find_request_url,
    parse_unverified_claims,
    read_is_from_fork,
)
from publisher.network.client import build_client, build_ssl_context
from publisher.network.url import Url
from tests.fakes.github import FakeGitHub
from tests.fakes.service import Answer
from tests.fakes.serving import Served, serve
from tests.values import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "canary-4711"
NO_VALUES: tuple[object, ...] = ({}, [], {"value": ""}, {"value": 7}, {"value": "a b"})
JOB: dict[str, Any] = {
    "in_actions": True,
    "event_name": "push",
    "is_from_fork": False,
    "request_url": SecretStr("https://user:x@tokens.example/run/1?api-version=2.0"),
    "request_token": SecretStr(CANARY),
}


def find(**changes: object) -> tuple[Url, SecretStr]:
    return find_request_url(**JOB | changes)


def test_find_request_url__where_and_by_what() -> None:
    url, token = find()
    assert (str(url), token.get_secret_value()) == ("https://tokens.example/run/1?api-version=2.0", CANARY)


MISSING: dict[str, object] = {"request_url": None, "request_token": None}


@pytest.mark.parametrize(
    ("changes", "situation"),
    [
        *(
            ({"in_actions": False, "event_name": event, **MISSING}, Situation.NOT_IN_ACTIONS)
            for event in ("pull_request", "pull_request_target", "push")
        ),
        ({"event_name": "pull_request_target"}, Situation.PULL_REQUEST_TARGET),
        ({"event_name": "pull_request", "is_from_fork": True, **MISSING}, Situation.FORK_PULL_REQUEST),
        ({"event_name": "pull_request", **MISSING}, Situation.PERMISSION_MISSING),
        ({"is_from_fork": True, **MISSING}, Situation.PERMISSION_MISSING),
        ({"event_name": None, **MISSING}, Situation.PERMISSION_MISSING),
    ],
)
def test_find_request_url__none_and_why(changes: dict[str, object], situation: Situation) -> None:
    with pytest.raises(IdTokenUnavailable) as caught:
        find(**changes)
    assert caught.value.situation is situation
    assert caught.value.missing == ((REQUEST_URL, REQUEST_TOKEN) if "request_url" in changes else ())


@pytest.mark.parametrize(
    ("name", "value", "missing"),
    [
        ("request_url", None, REQUEST_URL),
        ("request_token", None, REQUEST_TOKEN),
        ("request_url", SecretStr(f"https://user:{CANARY}#/x"), REQUEST_URL),
        ("request_token", SecretStr(f"{CANARY}\r\nX: y"), REQUEST_TOKEN),
        ("request_token", SecretStr(f"{CANARY}ü"), REQUEST_TOKEN),
    ],
)
def test_find_request_url__half_of_it(name: str, value: SecretStr | None, missing: str) -> None:
    with pytest.raises(IdTokenUnavailable) as caught:
        find(**{name: value})
    assert (caught.value.situation, caught.value.missing) == (Situation.INCOMPLETE_VARIABLES, (missing,))
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def event_with(head: object) -> object:
    return {"pull_request": {"head": head, "base": {"repo": {"id": 1, "fork": True}}}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (event_with({"repo": {"id": 2, "fork": True}}), True),
        (event_with({"repo": {"id": 1, "fork": True}}), False),
        (event_with({"repo": {"id": 2, "fork": False}}), True),
        (event_with({"repo": None}), True),
        (event_with({"repo": {}}), False),
        (event_with({}), False),
        (event_with([]), False),
        ({"pull_request": {"head": {"repo": None}}}, False),
        ({"ref": "refs/tags/v1"}, False),
        ([], False),
    ],
)
def test_read_is_from_fork__as_the_event_says(tmp_path: Path, event: object, expected: bool) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event))
    assert read_is_from_fork(path) is expected


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\xfd", b"[" * 200_000])
def test_read_is_from_fork__no_when_it_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(content)
    assert not any(map(read_is_from_fork, (path, tmp_path, tmp_path / "missing.json", None)))


class Asking:
    """A token service, and whoever asks it."""

    def __init__(self, served: Served, fake: FakeGitHub) -> None:
        self.fake = fake
        self.journal = Journal()
        variables = fake.variables(served.url)
        self.service = Url.parse(variables[REQUEST_URL]), SecretStr(variables[REQUEST_TOKEN])

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
