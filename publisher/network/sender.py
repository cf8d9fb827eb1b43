"""Send a request once, by httpx, and say what came back."""

from __future__ import annotations

import asyncio
import platform
import socket
import ssl
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from publisher import __version__
from publisher.network.conversation import MalformedAnswer
from publisher.network.reply import Answer, Cause, NoReply, Reply
from publisher.network.request import CONNECT_TIMEOUT, Body, FileChanged
from publisher.network.salvage import salvage
from publisher.network.transport import Transport

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from publisher.network.proxies import Proxies
    from publisher.network.request import Request

SMALLEST_CHUNK = 1 << 14
LARGEST_CHUNK = 1 << 19
QUICK_CHUNK = 0.05
"""Seconds: a chunk that is gone sooner may be followed by one of twice the size."""

_QUOTED = 60
"""Bytes that are enough to recognize who speaks."""

USER_AGENT = f"publish-action/{__version__} Python/{platform.python_version()} httpx/{httpx.__version__}"


class Sender:
    """Send requests through one `httpx.AsyncClient`; `answer_timeout` is in seconds."""

    def __init__(self, ssl_context: ssl.SSLContext, proxies: Proxies, answer_timeout: float) -> None:
        self._answer_timeout = answer_timeout
        self._httpx = httpx.AsyncClient(
            transport=Transport(ssl_context, proxies),
            timeout=None,  # noqa: S113 -- each request has a deadline of its own, see `send`
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._httpx.aclose()

    async def send(self, request: Request, on_progress: Callable[[int], None] | None = None) -> Answer:
        """Send once, follow nothing, raise nothing: whatever happens is the answer.

        `on_progress` is told how many bytes of a `Body` have been sent so far.
        """
        patience = self._answer_timeout if request.timeout is None else request.timeout
        sending = _Sending(request.content, patience, on_progress)
        try:
            return await self._send(request, sending)
        except TimeoutError:
            if sending.is_complete:
                return NoReply(Cause.TIMEOUT_ANSWER, f"{patience:g} s", may_have_succeeded=True)
            return NoReply(Cause.TIMEOUT_SEND, f"{patience:g} s")
        except MalformedAnswer as error:
            return _read_malformed(error.heard, is_complete=sending.is_complete)
        except httpx.TransportError as error:
            return _explain(error, is_complete=sending.is_complete)
        except FileChanged as error:
            return NoReply(Cause.FILE_CHANGED, str(error))
        finally:
            await sending.aclose()

    async def _send(self, request: Request, sending: _Sending) -> Answer:
        headers = dict(request.headers)
        if request.authorization is not None:
            headers["Authorization"] = request.authorization.get_secret_value()
        if sending.body is not None:
            headers["Content-Length"] = str(sending.body.length)
            headers["Content-Type"] = sending.body.content_type
        async with asyncio.timeout(sending.patience) as sending.deadline:
            outgoing = self._httpx.build_request(
                request.method, str(request.url), headers=headers, content=sending.content()
            )
            response = await self._httpx.send(outgoing, stream=True)
            try:
                body = await _read_body(response, request.reply_limit)
            finally:
                await response.aclose()
        reply = Reply(
            response.status_code,
            response.reason_phrase,
            {name.lower(): value for name, value in response.headers.items()},
            body,
        )
        if reply.is_success and not sending.is_complete:
            # Whoever says so has not seen the file: a login page or a proxy, but no index.
            return NoReply(Cause.UNUSABLE, f"{reply.phrase}, although the file was not sent yet")
        return reply


@dataclass(slots=True)
class _Sending:
    """How far a request's body has got; every chunk that leaves puts the deadline off.

    `is_complete` from the last chunk on: the far side may have all of it before we know that it left.
    """

    given: bytes | Body | None
    patience: float
    on_progress: Callable[[int], None] | None
    is_complete: bool = False
    deadline: asyncio.Timeout = field(init=False)
    stream: AsyncGenerator[bytes, None] | None = None

    @property
    def body(self) -> Body | None:
        return None if isinstance(self.given, bytes) or self.given is None else self.given

    def content(self) -> bytes | AsyncGenerator[bytes, None] | None:
        if self.body is None:
            self.is_complete = True
            return self.given if isinstance(self.given, bytes) else None
        self.stream = self._stream(self.body)
        return self.stream

    async def aclose(self) -> None:
        """Close the file behind the body now; where the sending ended early, that is left to garbage collection."""
        if self.stream is not None:
            await self.stream.aclose()

    async def _stream(self, body: Body) -> AsyncGenerator[bytes, None]:
        clock = asyncio.get_running_loop().time
        chunks, size, sent, length = body.chunks(), SMALLEST_CHUNK, 0, body.length
        try:
            chunk = next(chunks)
            while True:
                began = clock()
                self.deadline.reschedule(began + self.patience)
                self.is_complete = sent + len(chunk) >= length
                yield chunk
                sent += len(chunk)
                if self.on_progress:
                    self.on_progress(sent)
                quick = clock() - began < QUICK_CHUNK
                size = min(size * 2, LARGEST_CHUNK) if quick else max(size // 2, SMALLEST_CHUNK)
                chunk = chunks.send(size)
        except StopIteration:
            self.deadline.reschedule(clock() + self.patience)
        finally:
            chunks.close()


async def _read_body(response: httpx.Response, limit: int) -> bytes:
    """Return at most `limit` bytes; a body that breaks off is kept as far as it came: the status is known."""
    parts, length = [], 0
    try:
        async for part in response.aiter_raw():
            parts.append(part)
            length += len(part)
            if length >= limit:
                break
    except httpx.TransportError:
        if response.is_success:
            raise
    body = b"".join(parts)[:limit]
    if response.headers.get("content-encoding", "identity").lower() in {"gzip", "deflate"}:
        try:
            return zlib.decompressobj(wbits=47).decompress(body, limit)
        except zlib.error:
            return body
    return body


def _read_malformed(raw: bytes, *, is_complete: bool) -> Answer:
    """Find the refusal in an answer that is no valid HTTP, or say how it begins."""
    reply = salvage(raw)
    # A success that does not hold to HTTP may be half of one: better asked for again.
    if reply is not None and not reply.is_success:
        return reply
    beginning = raw[:_QUOTED].decode("ascii", "backslashreplace").strip()
    return NoReply(Cause.MALFORMED, f"it begins with `{beginning}`", may_have_succeeded=is_complete)


def _explain(error: Exception, *, is_complete: bool) -> NoReply:
    """Say why there is no answer, from the innermost cause that tells."""
    causes: list[BaseException] = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    detail = str(error)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return NoReply(Cause.CERTIFICATE, detail)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return NoReply(Cause.DNS, detail)
    if isinstance(error, httpx.LocalProtocolError):
        # Its text repeats what could not be sent, which may be a token.
        return NoReply(Cause.RESET, "the request could not be written")
    if isinstance(error, httpx.ProxyError):
        return NoReply(Cause.PROXY, detail)
    if isinstance(error, httpx.ConnectTimeout):
        return NoReply(Cause.TIMEOUT_CONNECT, f"{CONNECT_TIMEOUT:g} s")
    if isinstance(error, httpx.ConnectError):
        is_tls = any(isinstance(cause, ssl.SSLError) for cause in causes)
        return NoReply(Cause.TLS if is_tls else Cause.CONNECT, detail)
    trouble = Cause.MALFORMED if isinstance(error, httpx.RemoteProtocolError) else Cause.RESET
    return NoReply(trouble, detail, may_have_succeeded=is_complete)
