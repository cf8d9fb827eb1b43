from __future__ import annotations

import asyncio
import gzip
import zlib
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr

from publisher.network.client import Client
from publisher.network.proxies import Proxies
from publisher.network.reply import Answer, Cause, NoReply, Reply
from publisher.network.request import FileChanged, Request
from publisher.network.sender import LARGEST_CHUNK, SMALLEST_CHUNK, _explain
from publisher.network.trust import build_ssl_context, build_trustless_context
from publisher.network.url import Url
from tests.fakes.raw import Peer, answer, listening
from tests.fakes.serving import HOST, closed_port, trusted_certificates
from tests.values import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator

    Handle = Callable[[Peer], Awaitable[None]]

CANARY = "canary-4711"
BIG = 16 << 20
"""Bytes; more than the buffers of a connection hold."""
IMPATIENT = 0.05


@dataclass
class Blob:
    """A body of zeros; remembers which sizes were asked for."""

    length: int
    error: Exception | None = None
    sizes: list[int] = field(default_factory=list)
    closed: bool = False

    content_type = "application/octet-stream"

    def chunks(self) -> Generator[bytes, int, None]:
        left, size = self.length, 1000
        try:
            while left:
                size = (yield bytes(min(size, left))) or size
                self.sizes.append(size)
                left -= min(self.sizes[-2] if len(self.sizes) > 1 else 1000, left)
                if self.error:
                    raise self.error
        finally:
            self.closed = True


@asynccontextmanager
async def client_of(url: Url, connections: int = 4) -> AsyncIterator[Client]:
    if url.scheme == "http":
        context = build_trustless_context()
    else:
        with trusted_certificates() as path:
            context = build_ssl_context(path, None)
    async with Client(context, connections) as client:
        yield client


def through(proxy: Url, exempt: str = "") -> Client:
    return Client(build_trustless_context(), 1, Proxies({"https": proxy, "http": proxy}, exempt))


@asynccontextmanager
async def facing(handle: Handle, *, tls: bool = False, connections: int = 4) -> AsyncIterator[tuple[Client, Url]]:
    async with listening(handle, tls=tls) as url, client_of(url, connections) as client:
        yield client, url


def ask(handle: Handle, *, tls: bool = False, **changes: Any) -> Answer:  # noqa: ANN401 -- fields of a request
    """Send one request to a server that does as it is told."""

    async def once() -> Answer:
        async with facing(handle, tls=tls) as (client, url):
            return await client.send(replace(Request("POST", url.at("/legacy/")), **changes))

    return run(once())


def saying(data: bytes) -> Handle:
    async def handle(peer: Peer) -> None:
        await peer.request()
        await peer.say(data)
        peer.close()

    return handle


@pytest.mark.parametrize("tls", [False, True])
def test_send__the_answer_as_plain_data(tls: bool) -> None:
    got = ask(saying(answer(418, b"short and stout", "X-Pot: tea", reason="I'm a teapot")), tls=tls)
    assert got == Reply(418, "I'm a teapot", {"content-length": "15", "x-pot": "tea"}, b"short and stout")


def test_send__what_the_server_gets() -> None:
    heads: list[str] = []

    async def handle(peer: Peer) -> None:
        head, body = await peer.request()
        heads.append(head)
        await peer.say(answer(200, body))

    got = ask(
        handle, headers={"Accept": "application/json"}, authorization=SecretStr(f"Basic {CANARY}"), content=b"12345"
    )
    assert isinstance(got, Reply)
    assert got.body == b"12345"
    lines = heads[0].split("\r\n")
    assert lines[0] == "POST /legacy/ HTTP/1.1"
    named = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert named["content-length"] == "5"
    assert named["authorization"] == f"Basic {CANARY}"
    assert (named["accept"], named["accept-encoding"]) == ("application/json", "identity")
    assert named["user-agent"].startswith("publish-action/")


@pytest.mark.parametrize("tls", [False, True])
def test_send__a_streamed_body_has_its_length_and_tells_its_progress(tls: bool) -> None:
    told: list[int] = []
    got: list[tuple[str, int]] = []

    async def handle(peer: Peer) -> None:
        head, body = await peer.request()
        got.append((head, len(body)))
        await peer.say(answer(200))

    async def once() -> Answer:
        async with facing(handle, tls=tls) as (client, url):
            return await client.send(Request("POST", url, content=Blob(BIG)), told.append)

    assert isinstance(run(once()), Reply)
    head, length = got[0]
    assert length == BIG
    assert f"Content-Length: {BIG}\r\n" in head
    assert "Content-Type: application/octet-stream\r\n" in head
    assert "transfer-encoding" not in head.lower()
    assert told == sorted(told)
    assert told[-1] == BIG


def test_send__chunks_grow_within_bounds() -> None:
    blob = Blob(BIG)

    async def handle(peer: Peer) -> None:
        await peer.request()
        await peer.say(answer(200))

    ask(handle, content=blob)
    assert min(blob.sizes) >= SMALLEST_CHUNK
    assert max(blob.sizes) <= LARGEST_CHUNK
    assert blob.closed


@pytest.mark.parametrize("encode", [gzip.compress, zlib.compress])
def test_send__an_encoding_that_was_not_asked_for(encode: Callable[[bytes], bytes]) -> None:
    encoding = "gzip" if encode is gzip.compress else "deflate"
    got = ask(saying(answer(200, encode(b'{"a": 1}'), f"Content-Encoding: {encoding}")))
    assert isinstance(got, Reply)
    assert got.json() == {"a": 1}


def test_send__an_encoding_that_is_none() -> None:
    got = ask(saying(answer(400, b"File already exists", "Content-Encoding: gzip")))
    assert isinstance(got, Reply)
    assert got.body == b"File already exists"


def test_send__a_bomb_is_not_unpacked() -> None:
    got = ask(saying(answer(200, gzip.compress(bytes(1 << 22)), "Content-Encoding: gzip")), reply_limit=1 << 16)
    assert isinstance(got, Reply)
    assert len(got.body) == 1 << 16


def test_send__an_endless_answer_is_cut() -> None:
    async def handle(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await peer.say(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    got = ask(handle, reply_limit=10_000)
    assert isinstance(got, Reply)
    assert got.body == b"x" * 10_000


def test_send__a_refusal_that_breaks_off_is_kept() -> None:
    got = ask(saying(answer(400, b"File already exists").replace(b": 19", b": 999")))
    assert isinstance(got, Reply)
    assert (got.status, got.body) == (400, b"File already exists")


def test_send__a_success_that_breaks_off_is_none() -> None:
    got = ask(saying(answer(200, b'{"files": [').replace(b": 11", b": 999")), content=b"x")
    assert isinstance(got, NoReply)
    assert (got.cause, got.may_have_succeeded) == (Cause.RESET, True)


def test_send__a_reason_of_several_lines() -> None:
    got = ask(saying(answer(400, b"body", reason="1 error\n  for x\n  is wrong")), content=Blob(5000))
    assert isinstance(got, Reply)
    assert (got.status, got.reason, got.body) == (400, "1 error for x is wrong", b"body")


def test_send__no_http_at_all() -> None:
    got = ask(saying(b"220 mail.example ESMTP\r\n\r\n"), content=Blob(5000))
    assert isinstance(got, NoReply)
    assert (got.cause, got.may_have_succeeded) == (Cause.MALFORMED, True)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("closes", [True, False])
def test_send__an_early_answer_ends_the_sending(closes: bool, tls: bool) -> None:
    blob = Blob(BIG)

    async def handle(peer: Peer) -> None:
        await peer.head()
        await peer.say(answer(413, b"too big"))
        if closes:
            peer.close()
        else:
            await asyncio.Event().wait()

    async def once() -> Answer:
        async with facing(handle, tls=tls) as (client, url):
            got = await client.send(Request("POST", url, content=blob))
            assert blob.closed, "the file is left to garbage collection"
            return got

    got = run(once())
    assert isinstance(got, Reply)
    assert (got.status, got.body) == (413, b"too big")


@pytest.mark.parametrize("pieces", [1, 2, 40])
@pytest.mark.parametrize("early", [True, False])
def test_send__informational_answers_are_none(early: bool, pieces: int) -> None:
    data = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(200, b"done")

    async def handle(peer: Peer) -> None:
        head = await peer.head()
        if early:
            for start in range(0, len(data), len(data) // pieces + 1):
                await peer.say(data[start : start + len(data) // pieces + 1])
                await asyncio.sleep(0)
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
        await peer.take(length)
        if not early:
            await peer.say(data)
        await asyncio.Event().wait()

    got = ask(handle, content=Blob(5000), timeout=2)
    assert isinstance(got, Reply)
    assert (got.status, got.body) == (200, b"done")


def test_send__100_continue_before_the_body() -> None:
    async def handle(peer: Peer) -> None:
        head = await peer.head()
        await peer.say(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
        await peer.take(length)
        await peer.say(answer(200, b"all of it"))
        await asyncio.Event().wait()

    got = ask(handle, content=Blob(BIG), timeout=5)
    assert isinstance(got, Reply)
    assert got.body == b"all of it"


def test_send__informational_answers_without_end_are_given_up() -> None:
    async def handle(peer: Peer) -> None:
        await peer.request()
        while True:
            await peer.say(b"HTTP/1.1 100 " + b"x" * 60_000)

    got = ask(handle, content=b"x", timeout=5)
    assert isinstance(got, NoReply)
    assert got.cause is Cause.MALFORMED


def test_send__reset_before_the_body_is_through() -> None:
    async def handle(peer: Peer) -> None:
        await peer.head()
        peer.reset()

    got = ask(handle, content=Blob(BIG))
    assert isinstance(got, NoReply)
    assert (got.cause, got.may_have_succeeded) == (Cause.RESET, False)


@pytest.mark.parametrize("end", [Peer.reset, Peer.close])
def test_send__the_answer_is_lost(end: Callable[[Peer], None]) -> None:
    async def handle(peer: Peer) -> None:
        await peer.request()
        end(peer)

    got = ask(handle, content=Blob(BIG))
    assert isinstance(got, NoReply)
    assert (got.cause, got.may_have_succeeded) == (Cause.RESET, True)


def test_send__nobody_takes_the_body() -> None:
    async def handle(peer: Peer) -> None:
        await peer.head()
        await asyncio.Event().wait()

    got = ask(handle, content=Blob(BIG), timeout=IMPATIENT)
    assert got == NoReply(Cause.TIMEOUT_SEND, "0.05 s")


def test_send__nobody_answers() -> None:
    async def handle(peer: Peer) -> None:
        await peer.request()
        await asyncio.Event().wait()

    expected = NoReply(Cause.TIMEOUT_ANSWER, "0.05 s", may_have_succeeded=True)
    assert ask(handle, content=Blob(5000), timeout=IMPATIENT) == expected
    assert ask(handle, content=b"x", timeout=IMPATIENT) == expected
    assert ask(handle, timeout=IMPATIENT) == expected


def test_send__progress_puts_the_deadline_off() -> None:
    patience, steps = 0.2, 12

    async def handle(peer: Peer) -> None:
        await peer.head()
        for _ in range(steps):
            await peer.take(BIG // steps)
            await asyncio.sleep(patience / 6)
        await peer.take(BIG % steps)
        await peer.say(answer(200))

    loop_times: list[float] = []

    async def once() -> Answer:
        clock = asyncio.get_running_loop().time
        async with facing(handle) as (client, url):
            began = clock()
            got = await client.send(Request("POST", url, content=Blob(BIG), timeout=patience))
            loop_times.append(clock() - began)
            return got

    assert isinstance(run(once()), Reply)
    assert loop_times[0] > patience


def test_send__an_answer_that_trickles_has_to_end_in_time() -> None:
    async def handle(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            await peer.say(b"x")
            await asyncio.sleep(0.01)

    got = ask(handle, content=Blob(5000), timeout=IMPATIENT)
    assert got == NoReply(Cause.TIMEOUT_ANSWER, "0.05 s", may_have_succeeded=True)


def test_send__the_file_changed() -> None:
    async def handle(peer: Peer) -> None:
        await peer.request()

    got = ask(handle, content=Blob(BIG, FileChanged("7 bytes are missing at its end")))
    assert got == NoReply(Cause.FILE_CHANGED, "7 bytes are missing at its end")


def test_send__a_connection_serves_again() -> None:
    connections = 0

    async def handle(peer: Peer) -> None:
        nonlocal connections
        connections += 1
        while True:
            _, body = await peer.request()
            await peer.say(answer(200, body[:3]))

    async def thrice() -> list[Answer]:
        async with facing(handle) as (client, url):
            return [await client.send(Request("POST", url, content=each)) for each in (b"abc", Blob(5000), b"xyz")]

    bodies = [got.body for got in run(thrice()) if isinstance(got, Reply)]
    assert bodies == [b"abc", bytes(3), b"xyz"]
    assert connections == 1


def test_send__a_connection_that_ended_meanwhile_is_not_used() -> None:
    closed = asyncio.Event()
    connections = 0

    async def handle(peer: Peer) -> None:
        nonlocal connections
        connections += 1
        await peer.request()
        await peer.say(answer(200))
        peer.close()
        closed.set()

    async def twice() -> list[Answer]:
        async with facing(handle) as (client, url):
            first = await client.send(Request("GET", url))
            await closed.wait()
            await asyncio.sleep(0.01)  # the end of the connection has to arrive
            return [first, await client.send(Request("GET", url))]

    assert all(isinstance(got, Reply) for got in run(twice()))
    assert connections == 2


def test_send__waiting_for_a_connection_is_not_held_against_the_far_side() -> None:
    gate = asyncio.Event()

    async def handle(peer: Peer) -> None:
        while True:
            head, _ = await peer.request()
            if "/slow" in head:
                await gate.wait()
            await peer.say(answer(200))

    async def both() -> tuple[Answer, Answer]:
        async with facing(handle, connections=1) as (client, url):
            slow = asyncio.create_task(client.send(Request("GET", url.at("/slow"))))
            quick = asyncio.create_task(client.send(Request("GET", url.at("/quick"), timeout=IMPATIENT)))
            await asyncio.wait((quick,), timeout=2 * IMPATIENT)
            gate.set()
            return await slow, await quick

    assert all(isinstance(got, Reply) for got in run(both()))


def test_send__cancelled_while_sending() -> None:
    blob = Blob(BIG)
    arrived = asyncio.Event()

    async def handle(peer: Peer) -> None:
        await peer.head()
        arrived.set()
        await asyncio.Event().wait()

    async def once() -> None:
        async with facing(handle) as (client, url):
            sending = asyncio.create_task(client.send(Request("POST", url, content=blob)))
            await arrived.wait()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending

    run(once())
    assert blob.closed


def send_to(url: Url, client: Callable[[Url], AbstractAsyncContextManager[Client]] = client_of) -> Answer:
    async def once() -> Answer:
        async with client(url) as made:
            return await made.send(Request("GET", url))

    return run(once())


def test_send__nobody_listens() -> None:
    with closed_port() as port:
        got = send_to(Url.parse(f"http://{HOST}:{port}/"))
    assert isinstance(got, NoReply)
    assert (got.cause, got.may_have_succeeded) == (Cause.CONNECT, False)


def test_send__no_such_host() -> None:
    got = send_to(Url.parse("http://no-such-host.invalid/"))
    assert isinstance(got, NoReply)
    assert got.cause is Cause.DNS


def test_send__a_certificate_of_nobody_we_trust() -> None:
    async def handle(peer: Peer) -> None:
        await peer.take_all()

    async def once() -> Answer:
        async with listening(handle, tls=True) as url, Client(build_ssl_context(None, None), 1) as client:
            return await client.send(Request("GET", url))

    got = run(once())
    assert isinstance(got, NoReply)
    assert got.cause is Cause.CERTIFICATE


def test_send__no_tls_on_the_other_side() -> None:
    async def handle(peer: Peer) -> None:
        await peer.take(1)
        await peer.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await peer.take_all()

    async def once() -> Answer:
        async with listening(handle) as url:
            secure = replace(url, scheme="https")
            async with client_of(secure) as client:
                return await client.send(Request("GET", secure))

    got = run(once())
    assert isinstance(got, NoReply)
    assert got.cause is Cause.TLS


def test_send__a_proxy_that_refuses() -> None:
    async def once() -> Answer:
        refusal = answer(407, reason="Proxy Authentication Required")
        async with listening(saying(refusal)) as proxy, through(proxy) as client:
            return await client.send(Request("GET", Url.parse("https://index.example/")))

    got = run(once())
    assert isinstance(got, NoReply)
    assert got.cause is Cause.PROXY
    assert "407" in got.detail


def test_send__a_success_before_the_file_was_sent_is_none() -> None:
    async def handle(peer: Peer) -> None:
        await peer.head()
        await peer.say(answer(200, b"<html>Please log in"))
        await asyncio.Event().wait()

    got = ask(handle, content=Blob(BIG))
    assert isinstance(got, NoReply)
    assert (got.cause, got.may_have_succeeded) == (Cause.UNUSABLE, False)


def test_send__a_header_that_cannot_be_sent_is_not_shown() -> None:
    async def handle(peer: Peer) -> None:
        await peer.take_all()

    got = ask(handle, authorization=SecretStr(f"Bearer {CANARY}\r\nX: y"))
    assert isinstance(got, NoReply)
    assert CANARY not in got.summary


def test_explain__connecting_that_takes_too_long() -> None:
    """Pure: seeing it happen would take the ten seconds."""
    answer = _explain(httpx.ConnectTimeout("too long"), is_complete=False)
    assert answer == NoReply(Cause.TIMEOUT_CONNECT, "10 s")


def test_explain__an_answer_that_is_no_http() -> None:
    answer = _explain(httpx.RemoteProtocolError("illegal status line"), is_complete=True)
    assert answer == NoReply(Cause.MALFORMED, "illegal status line", may_have_succeeded=True)
