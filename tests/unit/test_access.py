from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from pydantic import SecretStr

from publisher.access import Access, choose_access
from publisher.errors import IdTokenUnavailable, Situation
from publisher.identity.credentials import MintedTokens, Password
from publisher.index.endpoints import index_at
from publisher.network.client import Client
from publisher.network.trust import build_trustless_context
from publisher.network.url import Url
from publisher.report.masker import Masker
from publisher.report.runner import Runner, Surroundings
from publisher.settings.model import RunnerVariables
from publisher.settings.validation import read_settings
from publisher.world import World
from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.serving import serve
from tests.fakes.uploads import parse_basic
from tests.values import NOW, Journal, run

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from publisher.index.endpoints import Index

T = TypeVar("T")
CANARY = "canary-4711"
INDEX = index_at(Url.parse("https://index.example/legacy/"), None)
IN_ACTIONS = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push"}
WITH_PERMISSION = IN_ACTIONS | {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://tokens.example/?a=b",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": CANARY,
}


def with_world(environ: dict[str, str], work: Callable[[World], Coroutine[Any, Any, T]]) -> T:
    async def once() -> T:
        runner = Runner(io.StringIO(), Surroundings(in_actions=False), Masker())
        async with Client(build_trustless_context(), 2) as client:
            retrying = Journal().retrying()
            variables = RunnerVariables.read(environ)
            return await work(World(client, retrying, runner, variables, Path(), asyncio.Event(), lambda: NOW))

    return run(once())


def choose(environ: dict[str, str], password: str | None = None, index: Index = INDEX) -> Access:
    async def work(world: World) -> Access:
        assert world.log is world.retrying.log
        secret = None if password is None else SecretStr(password)
        return choose_access(read_settings({"INPUT_USER": "me"}), world, index, secret)

    return with_world(environ, work)


@pytest.mark.parametrize("environ", [{}, WITH_PERMISSION, IN_ACTIONS | {"GITHUB_EVENT_NAME": "pull_request_target"}])
def test_choose_access__a_password_wherever_one_is_given(environ: dict[str, str]) -> None:
    access = choose(environ, CANARY)
    assert isinstance(access.credentials, Password)
    assert access.github is None
    assert access.method == "as user `me` with a password"
    assert parse_basic(run(access.credentials.fresh()).get_secret_value()) == ("me", CANARY)


def test_choose_access__a_token_for_an_index_that_knows_no_other_user() -> None:
    access = choose({}, CANARY, index_at(Url.parse("https://test.pypi.org/legacy/"), None))
    assert access.method == "as user `__token__` with a password"
    assert parse_basic(run(access.credentials.fresh()).get_secret_value()) == ("__token__", CANARY)


def test_choose_access__trusted_publishing_otherwise() -> None:
    access = choose(WITH_PERMISSION)
    assert isinstance(access.credentials, MintedTokens)
    assert access.github is not None
    assert access.method == "by Trusted Publishing"
    assert CANARY not in repr(access)


@pytest.mark.parametrize(
    ("environ", "situation"),
    [
        ({}, Situation.NOT_IN_ACTIONS),
        (IN_ACTIONS, Situation.PERMISSION_MISSING),
        (WITH_PERMISSION | {"GITHUB_EVENT_NAME": "pull_request_target"}, Situation.PULL_REQUEST_TARGET),
        (WITH_PERMISSION | {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}, Situation.INCOMPLETE_VARIABLES),
    ],
)
def test_choose_access__no_way_to_an_id_token(environ: dict[str, str], situation: Situation) -> None:
    with pytest.raises(IdTokenUnavailable) as caught:
        choose(environ)
    assert caught.value.situation is situation


def test_choose_access__the_event_file_tells_a_fork(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"repo": {"id": 2}}, "base": {"repo": {"id": 1}}}}))
    with pytest.raises(IdTokenUnavailable) as caught:
        choose(IN_ACTIONS | {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)})
    assert caught.value.situation is Situation.FORK_PULL_REQUEST


def test_choose_access__wired_to_the_index_and_the_token_service() -> None:
    github = FakeGitHub(clock=lambda: NOW)
    index = FakeIndex(github, clock=lambda: NOW)
    index.register()
    with serve(index) as index_served, serve(github) as github_served:
        here = index_at(Url.parse(f"{index_served.url}/legacy/"), None)

        async def work(world: World) -> str:
            access = choose_access(read_settings({}), world, here, None)
            value = await access.credentials.fresh()
            await access.credentials.burn()
            return parse_basic(value.get_secret_value())[1]

        minted = with_world(IN_ACTIONS | github.variables(github_served.url), work)
    assert index.tokens[minted].burned
    assert [seen.endpoint for seen in index.requests] == ["audience", "mint", "burn"]
