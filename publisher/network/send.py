"""Send one request: a reply, or the cause of its absence."""

import io
import os
import re
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx

from publisher.network.reply import NOT_A_URL, REPLY_LIMIT, Answer, Cause, NoReply, Reply

# OpenSSL's `X509_V_ERR_CERT_NOT_YET_VALID`, `_CERT_HAS_EXPIRED`, `_HOSTNAME_MISMATCH`, and `_IP_ADDRESS_MISMATCH`.
_VERIFY_CODES = dict.fromkeys((9, 10), Cause.CERTIFICATE_DATE) | dict.fromkeys((62, 64), Cause.CERTIFICATE_HOST)
_BYTES = re.compile(r"bytearray\(b['\"](.*)['\"]\)", re.DOTALL)


class FileChanged(Exception):
    """The file is no longer the one that was described; the message says how."""


class WatchedFile(io.FileIO):
    """A file for httpx's `files=`, checked against its description when opened; each attempt opens it again.

    `on_progress` receives the bytes sent so far. Opening and reading raise `FileChanged`. Unlike a wrapper without
    `fileno`, it is sent with its exact `Content-Length`.
    """

    def __init__(
        self, path: Path, size: int, modified_ns: int, on_progress: Callable[[int], None] = lambda _: None
    ) -> None:
        self._size = self._left = size
        self._on_progress = on_progress
        try:
            super().__init__(path)
        except OSError as error:
            raise FileChanged(f"it can no longer be read: {error.strerror}") from error
        status = os.fstat(self.fileno())
        if (status.st_size, status.st_mtime_ns) != (size, modified_ns):
            self.close()
            raise FileChanged("its size or modification time is not that of the file that was hashed")

    @property
    def is_complete(self) -> bool:
        """Whether the last byte was read for sending."""
        return self._left <= 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes; httpx asks for them when the previous ones have been sent."""
        self._on_progress(self._size - self._left)
        chunk = super().read(size)
        if not chunk and not self.is_complete:
            raise FileChanged(f"{self._left} bytes are missing at its end")
        self._left -= len(chunk)
        return chunk


class ProxyRefused(httpx.ProxyError):
    """The proxy answered with a 4xx: its credentials or rules are wrong."""


class TrackedStream(httpx.SyncByteStream):
    """The body of a request, which is read only once there is a connection to the server."""

    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream
        self.is_started = False

    def __iter__(self) -> Iterator[bytes]:
        self.is_started = True
        yield from self._stream


def send(
    client: httpx.Client, request: httpx.Request, *, body: WatchedFile | None = None, reply_limit: int = REPLY_LIMIT
) -> Answer:
    """Send once without following redirects; transport errors are answers, but `body` may raise `FileChanged`."""
    try:
        with closing(client.send(request, stream=True)) as response:
            content = _read_content(response, reply_limit)
    except (httpx.TransportError, httpx.InvalidURL, UnicodeError) as error:
        return _explain(error, request, is_sent=body is None or body.is_complete)
    proxy = response.extensions.get("proxy", "")
    reply = Reply(response.status_code, response.reason_phrase, dict(response.headers), content, proxy)
    if reply.is_success and body is not None and not body.is_complete:
        # Not the index: it cannot accept a file that it has not received.
        return NoReply(Cause.UNUSABLE, f"{reply.summary} before the file was sent")
    return reply


def _read_content(response: httpx.Response, limit: int) -> bytes:
    """Return at most `limit` bytes; those of a refusal as far as they arrived, because its status is known."""
    content = bytearray()
    try:
        for chunk in response.iter_raw():
            content += chunk
            if len(content) >= limit:
                break
    except httpx.ReadTimeout:
        if response.is_success:
            raise
    except httpx.TransportError as error:
        if response.is_success:
            raise httpx.ReadError(describe_root(find_root(error))) from error
    if response.headers.get("content-encoding", "").lower() in {"gzip", "deflate"}:
        # Not `iter_bytes`, which would decode without a limit.
        with suppress(zlib.error):
            return zlib.decompressobj(wbits=47).decompress(content, limit)
    return bytes(content[:limit])


def _explain(error: Exception, request: httpx.Request, *, is_sent: bool) -> NoReply:
    """Return why there is no reply; `is_sent`: the whole request was sent, if a connection was established."""
    timeout, root = request.extensions["timeout"], find_root(error)
    match error:
        case httpx.InvalidURL() | UnicodeError() | httpx.RemoteProtocolError(__cause__=None):
            # httpx parses the `Location` of every redirect, followed or not.
            return NoReply(Cause.REDIRECT, NOT_A_URL)
        case ProxyRefused():
            return NoReply(Cause.PROXY_REFUSED, str(error))
        case httpx.ProxyError():
            is_started = isinstance(request.stream, TrackedStream) and request.stream.is_started
            return NoReply(Cause.PROXY, str(error), is_sent and is_started)
        case httpx.LocalProtocolError():
            # Its text may quote a header with a token.
            return NoReply(Cause.RESET, "the request could not be written")
        case httpx.ConnectTimeout():
            return NoReply(Cause.TIMEOUT_CONNECT, f"{timeout['connect']:g} s")
        case httpx.ConnectError():
            return NoReply(_find_cause(root, Cause.CONNECT), describe_root(root))
        case httpx.WriteTimeout():
            return NoReply(Cause.TIMEOUT_SEND, f"{timeout['write']:g} s")
        case httpx.ReadTimeout():
            return NoReply(Cause.TIMEOUT_ANSWER, f"{timeout['read']:g} s", is_sent)
        case httpx.RemoteProtocolError() if root is not error:
            return NoReply(Cause.MALFORMED, describe_root(root), is_sent)
        case _:
            cause = _find_cause(root, Cause.RESET)
            return NoReply(cause, describe_root(root), is_sent and cause is not Cause.CLIENT_CERTIFICATE)


def find_root(error: Exception) -> Exception:
    """Return the error of OpenSSL, the system or the parser behind an error, or itself if it is httpcore's own."""
    match error.__cause__:
        case Exception(args=(Exception() as root,)):
            return root
        case _:
            return error


def _find_cause(root: Exception, otherwise: Cause) -> Cause:
    match root:
        case ssl.SSLCertVerificationError():
            return _VERIFY_CODES.get(root.verify_code, Cause.CERTIFICATE)
        case ssl.SSLError(reason="TLSV13_ALERT_CERTIFICATE_REQUIRED"):
            return Cause.CLIENT_CERTIFICATE
        case ssl.SSLError():
            return Cause.TLS
        case socket.gaierror():
            return Cause.DNS
        case _:
            return otherwise


def describe_root(error: Exception) -> str:
    """Return the words of OpenSSL, the system, or the parser without numbers and quotes around them."""
    match error:
        case ssl.SSLCertVerificationError():
            return error.verify_message.rstrip(".")
        case ssl.SSLError(reason=str(reason)):
            return reason.lower().replace("_", " ")
        case OSError(strerror=str(words)):
            return words
        case _:
            return _BYTES.sub(r"\1", str(error)).rstrip(". ")
