from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from publisher.network.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable


def look_up(host: str, resolve: Callable[..., list[Any]] = socket.getaddrinfo) -> list[Any]:
    async def once() -> list[Any]:
        return await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)

    with asyncio.Runner(loop_factory=lambda: Loop(resolve)) as runner:
        return runner.run(once())


def test_getaddrinfo__says_what_the_name_service_says() -> None:
    assert look_up("127.0.0.1")[0][4] == ("127.0.0.1", 443)


def test_getaddrinfo__raises_what_the_name_service_raises() -> None:
    def unknown(*_: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "no such host")

    with pytest.raises(socket.gaierror, match="no such host"):
        look_up("index.example", unknown)


def test_loop__ends_although_the_name_service_is_silent() -> None:
    asked, answer, ended = threading.Event(), threading.Event(), threading.Event()

    def silent(*_: object) -> list[Any]:
        asked.set()
        answer.wait(60)
        ended.set()
        return []

    async def give_up() -> None:
        looking = asyncio.ensure_future(asyncio.get_running_loop().getaddrinfo("index.example", 443))
        await asyncio.to_thread(asked.wait, 30)
        looking.cancel()

    with asyncio.Runner(loop_factory=lambda: Loop(silent)) as runner:
        runner.run(give_up())
    assert not ended.is_set()
    answer.set()
    assert ended.wait(30)
