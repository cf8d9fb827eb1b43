from __future__ import annotations

import json
import traceback
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from publisher.errors import ExchangeUnanswered, IdTokenRefused, IdTokenUnavailable, Situation
from publisher.identity.github import (
    REQUEST_TOKEN,
    REQUEST_URL,
    GitHub,
    IdTokenService,
    Job,
    find_id_token_service,
    read_is_from_fork,
)
from publisher.network.client import Client
from publisher.network.trust import build_trustless_context
from publisher.network.url import Url
from tests.fakes.github import FakeGitHub
from tests.fakes.service import Answer
from tests.fakes.serving import Served, closed_port, serve
from tests.values import Journal, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from publisher.identity.tokens import IdToken

CANARY = "canary-4711"
NO_VALUES: tuple[object, ...] = ({}, [], {"value": ""}, {"value": 7}, {"value": "a b"})
JOB = Job(
    in_actions=True,
    event_name="push",
    is_from_fork=False,
    request_url=SecretStr("https://user:x@tokens.example/run/1?api-version=2.0"),
    request_token=SecretStr(CANARY),
)


def test_find_id_token_service__where_and_by_what() -> None:
    service = find_id_token_service(JOB)
    assert str(service.url) == "https://tokens.example/run/1?api-version=2.0"
    assert service.request_token.get_secret_value() == CANARY
    assert CANARY not in repr(service)


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "push"])
def test_find_id_token_service__not_in_actions(event: str) -> None:
    with pytest.raises(IdTokenUnavailable) as caught:
        find_id_token_service(replace(JOB, in_actions=False, event_name=event, request_url=None, request_token=None))
    assert caught.value.situation is Situation.NOT_IN_ACTIONS
    assert caught.value.missing == (REQUEST_URL, REQUEST_TOKEN)


def test_find_id_token_service__pull_request_target_even_with_everything() -> None:
    with pytest.raises(IdTokenUnavailable) as caught:
        find_id_token_service(replace(JOB, event_name="pull_request_target"))
    assert caught.value.situation is Situation.PULL_REQUEST_TARGET


@pytest.mark.parametrize(
    ("event", "from_fork", "situation"),
    [
        ("pull_request", True, Situation.FORK_PULL_REQUEST),
        ("pull_request", False, Situation.PERMISSION_MISSING),
        ("push", True, Situation.PERMISSION_MISSING),
        (None, False, Situation.PERMISSION_MISSING),
    ],
)
def test_find_id_token_service__without_variables(event: str | None, from_fork: bool, situation: Situation) -> None:
    with pytest.raises(IdTokenUnavailable) as caught:
        find_id_token_service(
            replace(JOB, event_name=event, is_from_fork=from_fork, request_url=None, request_token=None)
        )
    assert caught.value.situation is situation


@pytest.mark.parametrize(
    ("job", "missing"),
    [
        (replace(JOB, request_url=None), REQUEST_URL),
        (replace(JOB, request_token=None), REQUEST_TOKEN),
        (replace(JOB, request_url=SecretStr(f"https://user:{CANARY}#/x")), REQUEST_URL),
        (replace(JOB, request_token=SecretStr(f"{CANARY}\r\nX: y")), REQUEST_TOKEN),
        (replace(JOB, request_token=SecretStr(f"{CANARY}ü")), REQUEST_TOKEN),
    ],
)
def test_find_id_token_service__half_of_it(job: Job, missing: str) -> None:
    with pytest.raises(IdTokenUnavailable) as caught:
        find_id_token_service(job)
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
        self.service = IdTokenService(Url.parse(variables[REQUEST_URL]), SecretStr(variables[REQUEST_TOKEN]))

    @asynccontextmanager
    async def github(self) -> AsyncIterator[GitHub]:
        async with Client(build_trustless_context(), 2) as client:
            yield GitHub(self.service, client, self.journal.retrying(), self.journal.mask)

    def ask(self, audience: str = "index") -> IdToken:
        async def once() -> IdToken:
            async with self.github() as github:
                return await github.request_id_token(audience)

        return run(once())


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


def test_request_id_token__a_new_one_every_time(asking: Asking) -> None:
    async def twice() -> list[IdToken]:
        async with asking.github() as github:
            return [await github.request_id_token("a"), await github.request_id_token("a")]

    first, second = run(twice())
    assert first.secret != second.secret


def test_request_id_token__outages_pass(asking: Asking) -> None:
    asking.fake.script("id-token", Answer(503), Answer(500))
    assert asking.ask().claims
    assert len(asking.fake.requests) == 3


@pytest.mark.parametrize("status", [500, 503, 429])
def test_request_id_token__no_end_of_an_outage(asking: Asking, status: int) -> None:
    asking.fake.script("id-token", *[Answer(status)] * 3)
    with pytest.raises(ExchangeUnanswered) as caught:
        asking.ask()
    assert caught.value.attempts == (1 if status == 429 else 3)
    assert "audience" not in str(caught.value)


def test_request_id_token__nobody_there(asking: Asking) -> None:
    with closed_port() as port:
        asking.service = replace(asking.service, url=replace(asking.service.url, port=port))
        with pytest.raises(ExchangeUnanswered) as caught:
            asking.ask()
    assert caught.value.attempts == 3


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


def test_request_id_token__the_request_token_is_shown_nowhere(asking: Asking) -> None:
    asking.fake.script("id-token", Answer(500), Answer(401))
    with pytest.raises(IdTokenRefused) as caught:
        asking.ask()
    shown = asking.journal.text + "".join(traceback.format_exception(caught.value))
    assert asking.fake.request_token not in shown
