import datetime as dt
import gzip
import os
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from pydantic import SecretStr

from publisher.network.client import Proxy, build_client, build_ssl_context, build_timeout, choose_proxies
from publisher.network.reply import Answer, Cause, NoReply, Reply
from publisher.network.send import FileChanged, WatchedFile, send
from publisher.network.url import Url
from tests.fakes.connect_proxy import connect_proxy
from tests.fakes.raw import Peer, answer, listening
from tests.fakes.serving import HOST, certificate_authority, closed_port, server_context, trusted_certificates

Handle = Callable[[Peer], None]

CANARY = "canary-4711"
BIG = 30 << 20  # bytes; more than the buffers of a connection hold
IMPATIENT = 0.05
ELSEWHERE = Url.parse("https://index.example/")
LONG_AGO = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
FAR_OFF = dt.datetime(2101, 1, 1, tzinfo=dt.UTC)


@contextmanager
def a_client(connections: int = 4, *, answer_timeout: float = 10.0, **proxies: str) -> Iterator[httpx.Client]:
    """Lend a client that trusts our authority; `proxies` are variables and hold for index.example."""
    variables = {name.upper(): SecretStr(value) for name, value in proxies.items()}
    urls = (ELSEWHERE, Url.parse("http://index.example/"))
    with trusted_certificates() as path:
        context = build_ssl_context(path, None)
    with build_client(context, connections, choose_proxies(urls, variables, ""), answer_timeout) as client:
        yield client


def post(client: httpx.Client, url: Url | str, path: Path | None = None, **options: Any) -> Answer:  # noqa: ANN401 -- of a request
    """Send once, with the file at `path` if there is one."""
    limits = {"reply_limit": options.pop("reply_limit")} if "reply_limit" in options else {}
    if path is None:
        return send(client, client.build_request("POST", str(url), **options), **limits)
    with WatchedFile(path, path.stat().st_size, path.stat().st_mtime_ns) as body:
        request = client.build_request("POST", str(url), files={"content": ("sample.whl", body)}, **options)
        return send(client, request, body=body, **limits)


def ask(handle: Handle, path: Path | None = None, *, tls: bool | ssl.SSLContext = False, **options: Any) -> Answer:  # noqa: ANN401 -- of a request
    """Send one request to a server that does as it is told."""
    with listening(handle, tls=tls) as url, a_client() as client:
        return post(client, url.at("/legacy/"), path, **options)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small"
    path.write_bytes(bytes(5000))
    return path


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "big"
    path.touch()
    with path.open("r+b") as file:
        file.truncate(BIG)
    return path


def saying(data: bytes) -> Handle:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.say(data)
        peer.close()

    return handle


def hanging(peer: Peer) -> None:
    peer.request()
    peer.hang()


def after_the_head(*ends: Callable[[Peer], None]) -> Handle:
    def handle(peer: Peer) -> None:
        peer.head()
        for end in ends:
            end(peer)

    return handle


def after_the_request(end: Callable[[Peer], None]) -> Handle:
    def handle(peer: Peer) -> None:
        peer.request()
        end(peer)

    return handle


@pytest.mark.parametrize("tls", [False, True])
def test_send__the_answer_as_plain_data(tls: bool) -> None:
    got = ask(saying(answer(418, b"short and stout", "X-Pot: tea", reason="I'm a teapot")), tls=tls)
    assert got == Reply(418, "I'm a teapot", {"content-length": "15", "x-pot": "tea"}, b"short and stout")


def test_send__what_the_server_gets() -> None:
    heads: list[str] = []

    def handle(peer: Peer) -> None:
        head, body = peer.request()
        heads.append(head)
        peer.say(answer(200, body))

    got = ask(handle, content=b"12345", headers={"Authorization": f"Basic {CANARY}"})
    assert isinstance(got, Reply)
    assert got.body == b"12345"
    lines = heads[0].split("\r\n")
    assert lines[0] == "POST /legacy/ HTTP/1.1"
    named = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert (named["content-length"], named["authorization"]) == ("5", f"Basic {CANARY}")
    assert named["accept-encoding"] == "identity"
    assert named["user-agent"].startswith("publish-action/")


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(gzip.compress(b"done", mtime=0), "gzip"), (zlib.compress(b"done"), "deflate"), (b"done", "gzip")],
)
def test_send__an_encoding_that_was_not_asked_for_or_is_not_true(body: bytes, encoding: str) -> None:
    got = ask(saying(answer(200, body, f"Content-Encoding: {encoding}")))
    assert isinstance(got, Reply)
    assert got.body == b"done"


def test_send__a_bomb_is_not_unpacked() -> None:
    got = ask(saying(answer(200, gzip.compress(bytes(1 << 22)), "Content-Encoding: gzip")), reply_limit=1 << 16)
    assert isinstance(got, Reply)
    assert len(got.body) == 1 << 16


def test_send__an_endless_answer_is_cut() -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            peer.say(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    got = ask(handle, reply_limit=10_000)
    assert isinstance(got, Reply)
    assert got.body == b"x" * 10_000


def breaking_off(status: int, then: Callable[[Peer], None]) -> Handle:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.say(answer(status, b"File already exists").replace(b": 19", b": 999"))
        then(peer)

    return handle


@pytest.mark.parametrize(("then", "cause"), [(Peer.close, Cause.RESET), (Peer.hang, Cause.TIMEOUT_ANSWER)])
def test_send__only_a_refusal_that_breaks_off_is_kept(small: Path, then: Callable[[Peer], None], cause: Cause) -> None:
    got = ask(breaking_off(400, then), timeout=build_timeout(IMPATIENT))
    assert isinstance(got, Reply)
    assert (got.status, got.body) == (400, b"File already exists")
    got = ask(breaking_off(200, then), small, timeout=build_timeout(IMPATIENT))
    assert isinstance(got, NoReply)
    assert (got.cause, got.may_have_succeeded) == (cause, True)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("attempt", range(3))
def test_send__a_refusal_before_the_file_was_sent(big: Path, tls: bool, attempt: int) -> None:
    def refuse(peer: Peer) -> None:
        peer.say(answer(413, b"too big"))

    got = ask(after_the_head(refuse, Peer.close), big, tls=tls)
    assert isinstance(got, Reply), attempt
    assert (got.status, got.body) == (413, b"too big")


def succeed_early(peer: Peer) -> None:
    peer.say(answer(200, b"<html>Please log in", reason="OK"))


@pytest.mark.parametrize(
    ("handle", "size", "cause", "may_have_succeeded", "words"),
    [
        (
            saying(b'220 mail.example\'s "ESMTP" \xff\r\n\r\n'),
            "small",
            Cause.MALFORMED,
            True,
            'illegal status line: 220 mail.example\\\'s "ESMTP" \\xff',
        ),
        (saying(answer(400, b"body", reason="1 error\n  for x")), "small", Cause.MALFORMED, True, "continuation line"),
        (after_the_head(succeed_early, Peer.close), "big", Cause.UNUSABLE, False, "200 OK before the file was sent"),
        (after_the_head(Peer.reset), "big", Cause.RESET, False, ""),
        (after_the_head(Peer.hang), "big", Cause.TIMEOUT_SEND, False, "0.05 s"),
        (after_the_request(Peer.reset), "small", Cause.RESET, True, "Connection reset by peer"),
        (after_the_request(Peer.close), "small", Cause.RESET, True, "Server disconnected"),
        (after_the_request(Peer.close), None, Cause.RESET, True, "Server disconnected"),
        (hanging, "small", Cause.TIMEOUT_ANSWER, True, "0.05 s"),
        (hanging, None, Cause.TIMEOUT_ANSWER, True, "0.05 s"),
    ],
)
def test_send__no_usable_reply(
    request: pytest.FixtureRequest, handle: Handle, size: str | None, cause: Cause, may_have_succeeded: bool, words: str
) -> None:
    timeout = build_timeout(IMPATIENT if words == "0.05 s" else 10)
    got = ask(handle, request.getfixturevalue(size) if size else None, timeout=timeout)
    assert isinstance(got, NoReply)
    assert (got.cause, got.may_have_succeeded) == (cause, may_have_succeeded)
    assert words in got.detail


@pytest.mark.parametrize("location", ["https://[::1/", "https://xn--a/", "mailto:x", f"/{'x' * 70_000}"])
def test_send__a_redirect_to_something_that_is_not_a_url(location: str) -> None:
    got = ask(saying(answer(308, b"", f"Location: {location}")))
    assert got == NoReply(Cause.REDIRECT, "it leads to something that is not a URL")


def test_send__the_file_changed(small: Path) -> None:
    with listening(hanging) as url, a_client() as client, WatchedFile(small, 5000, small.stat().st_mtime_ns) as body:
        request = client.build_request("POST", str(url), files={"content": ("sample.whl", body)})
        small.write_bytes(b"shorter")
        with pytest.raises(FileChanged):
            send(client, request, body=body)


def test_send__a_header_that_cannot_be_sent_is_not_shown() -> None:
    got = ask(hanging, headers={"Authorization": f"Bearer {CANARY}\r\nX: y"})
    assert got == NoReply(Cause.RESET, "the request could not be written")


@pytest.mark.parametrize("tls", [False, True])
def test_send__a_connection_closed_while_idle_is_not_used(small: Path, tls: bool) -> None:
    closed = threading.Event()
    peers: list[Peer] = []

    def handle(peer: Peer) -> None:
        peers.append(peer)
        peer.request()
        peer.say(answer(200))
        peer.close()
        closed.set()

    with listening(handle, tls=tls) as url, a_client() as client:
        for _ in range(3):
            assert isinstance(post(client, url, small), Reply)
            assert closed.wait(10)
            closed.clear()
    assert len(peers) == 3


def test_send__one_connection_beyond_the_limit_then_waiting_does_not_count() -> None:
    gate = threading.Event()

    def handle(peer: Peer) -> None:
        while True:
            head, _ = peer.request()
            if "/upload" in head:
                gate.wait(10)
            peer.say(answer(200))

    with listening(handle) as url, a_client(1) as client, ThreadPoolExecutor() as pool:
        uploads = [pool.submit(post, client, url.at("/upload"))]
        assert isinstance(post(client, url.at("/burn-token")), Reply)
        uploads.append(pool.submit(post, client, url.at("/upload")))
        waiting = pool.submit(post, client, url.at("/third"), timeout=build_timeout(1))
        assert not gate.wait(0.1)
        gate.set()
        assert all(isinstance(each.result(), Reply) for each in (*uploads, waiting))


def test_send__nobody_listens() -> None:
    with closed_port() as port, a_client() as client:
        got = post(client, f"http://{HOST}:{port}/")
    assert got == NoReply(Cause.CONNECT, "Connection refused")


def test_send__no_such_host() -> None:
    with a_client() as client:
        got = post(client, "http://no-such-host.invalid/")
    assert isinstance(got, NoReply)
    assert got.cause is Cause.DNS
    assert "Errno" not in got.detail


def test_send__connecting_takes_too_long() -> None:
    with listening(Peer.hang) as url, a_client() as client:
        got = post(client, str(url).replace("http", "https"), timeout=IMPATIENT)
    assert got == NoReply(Cause.TIMEOUT_CONNECT, "0.05 s")


def certified(name: str, ends: dt.datetime | None = None, authority: trustme.CA | None = None) -> ssl.SSLContext:
    begins = ends and ends - dt.timedelta(1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = authority or certificate_authority()
    authority.issue_cert(name, not_before=begins, not_after=ends).configure_cert(context)
    return context


def self_signed() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    with authority.cert_pem.tempfile() as certificate, authority.private_key_pem.tempfile() as key:
        context.load_cert_chain(certificate, key)
    return context


@pytest.mark.parametrize(
    ("certificate", "cause", "words"),
    [
        (certified(HOST, LONG_AGO), Cause.CERTIFICATE_DATE, "certificate has expired"),
        (certified(HOST, FAR_OFF), Cause.CERTIFICATE_DATE, "certificate is not yet valid"),
        (
            certified("other.example"),
            Cause.CERTIFICATE_HOST,
            f"IP address mismatch, certificate is not valid for '{HOST}'",
        ),
        (certified(HOST, authority=trustme.CA()), Cause.CERTIFICATE, "unable to get local issuer certificate"),
        (self_signed(), Cause.CERTIFICATE, "self-signed certificate"),
    ],
)
def test_send__a_certificate_that_is_not_valid(certificate: ssl.SSLContext, cause: Cause, words: str) -> None:
    assert ask(hanging, tls=certificate) == NoReply(cause, words)


def test_send__no_tls_on_the_other_side() -> None:
    def handle(peer: Peer) -> None:
        peer.take(1)
        peer.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.hang()

    with listening(handle) as url, a_client() as client:
        got = post(client, str(url).replace("http", "https"))
    assert got == NoReply(Cause.TLS, "wrong version number")


def test_send__a_client_certificate_is_required(small: Path) -> None:
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    got = ask(hanging, small, tls=context)
    assert got == NoReply(Cause.CLIENT_CERTIFICATE, "tlsv13 alert certificate required")


def through(proxy: Url | str, url: Url | str = ELSEWHERE) -> Answer:
    with a_client(https_proxy=str(proxy), http_proxy=str(proxy)) as client:
        return post(client, url)


def answered(proxy_says: bytes, target: str = "https", path: Path | None = None) -> tuple[Answer, str]:
    """Return what comes of a request through a proxy that says something, and how the proxy is named."""
    with listening(saying(proxy_says)) as proxy, a_client(all_proxy=str(proxy)) as client:
        return post(client, f"{target}://index.example/", path), f"{HOST}:{proxy.port} from ALL_PROXY"


@pytest.mark.parametrize(
    ("target", "status", "reason", "cause"),
    [
        ("https", 407, "Proxy Authentication Required", Cause.PROXY_REFUSED),
        ("http", 407, "Proxy Authentication Required", Cause.PROXY_REFUSED),
        ("http", 407, "", Cause.PROXY_REFUSED),
        ("https", 403, "Forbidden", Cause.PROXY_REFUSED),
        ("https", 503, "", Cause.PROXY),
    ],
)
def test_proxy__its_own_answer(target: str, status: int, reason: str, cause: Cause) -> None:
    got, proxy = answered(answer(status, reason=reason), target)
    assert got == NoReply(cause, f"{proxy}: {status} {reason}".rstrip())


@pytest.mark.parametrize("status", [200, 403, 502, 503])
def test_proxy__a_server_error_may_be_its_own(status: int) -> None:
    got, proxy = answered(answer(status, reason="Why"), "http")
    assert got.summary == f"{status} Why" + (f" (from the server or the proxy {proxy})" if status > 500 else "")


@pytest.mark.parametrize("data", [b"", b"220 mail.example\r\n\r\n"])
def test_proxy__fails_after_it_got_the_request(small: Path, data: bytes) -> None:
    got, proxy = answered(data, "http", small)
    assert isinstance(got, NoReply)
    assert (got.cause, got.may_have_succeeded) == (Cause.PROXY, True)
    assert got.detail.startswith(f"{proxy}: ")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("target", ["http", "https"])
def test_proxy__down(scheme: str, target: str) -> None:
    with closed_port() as port:
        got = through(f"{scheme}://{HOST}:{port}", f"{target}://index.example/")
    assert got == NoReply(Cause.PROXY, f"{HOST}:{port} from {target.upper()}_PROXY: Connection refused")


@pytest.mark.parametrize(("end", "words"), [(Peer.close, "Server disconnected"), (Peer.hang, "timed out")])
def test_proxy__without_an_answer(end: Callable[[Peer], None], words: str) -> None:
    with listening(after_the_head(end)) as proxy, a_client(answer_timeout=IMPATIENT, all_proxy=str(proxy)) as client:
        got = post(client, ELSEWHERE)
    assert isinstance(got, NoReply)
    assert (got.cause, got.may_have_succeeded) == (Cause.PROXY, False)
    assert got.detail.startswith(f"{HOST}:{proxy.port} from ALL_PROXY: {words}")


def test_proxy__forwards_to_a_server_that_may_be_slow(small: Path) -> None:
    with listening(hanging) as proxy, a_client(answer_timeout=IMPATIENT, http_proxy=str(proxy)) as client:
        got = post(client, "http://index.example/", small)
    assert got == NoReply(Cause.TIMEOUT_ANSWER, "0.05 s", may_have_succeeded=True)


@contextmanager
def tunnel_to(proxy: str, url: Url) -> Iterator[httpx.Client]:
    """Lend a client that goes through the proxy even though the server is on loopback."""
    with trusted_certificates() as path:
        context = build_ssl_context(path, None)
    proxies = {f"https://{url.host_and_port}": Proxy(Url.parse(proxy), "HTTPS_PROXY")}
    with build_client(context, 1, proxies) as client:
        yield client


@pytest.mark.parametrize("tls", [False, True])
def test_proxy__tls_in_its_tunnel(big: Path, tls: bool) -> None:
    def handle(peer: Peer) -> None:
        _, body = peer.request()
        peer.say(answer(200, b"%d" % len(body)))

    with connect_proxy(tls=tls) as proxy, listening(handle, tls=True) as url, tunnel_to(proxy.url, url) as client:
        got = post(client, url, big)
    assert isinstance(got, Reply)
    assert int(got.body) > BIG
    assert proxy.targets == [f"{HOST}:{url.port}"]


def test_proxy__a_certificate_behind_it_is_the_servers() -> None:
    with (
        connect_proxy() as proxy,
        listening(hanging, tls=certified("other.example")) as url,
        tunnel_to(proxy.url, url) as client,
    ):
        got = post(client, url)
    assert isinstance(got, NoReply)
    assert got.cause is Cause.CERTIFICATE_HOST


CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sample-1.0.tar.gz"
    path.write_bytes(CONTENT)
    return path


def watch(path: Path, on_progress: Callable[[int], None] = lambda _: None) -> WatchedFile:
    return WatchedFile(path, len(CONTENT), path.stat().st_mtime_ns, on_progress)


def build_request(body: WatchedFile) -> httpx.Request:
    # The repeated field and the bytes stand for metadata: a field in UTF-8 with surrogates has to be sent as bytes.
    data = {"classifiers": ["one", "two"], "summary": [b"caf\xe9"]}
    return httpx.Request("POST", "http://index.example/", data=data, files={"content": ("sample.whl", body)})


def test_watched_file__a_form_of_exactly_the_announced_length(path: Path) -> None:
    with watch(path) as body:
        request = build_request(body)
        sent = request.read()
    assert request.headers["content-length"] == str(len(sent))
    assert "transfer-encoding" not in request.headers
    assert sent.count(b'name="classifiers"\r\n\r\n') == 2
    assert b"\r\n\r\ncaf\xe9\r\n" in sent
    file = b'name="content"; filename="sample.whl"\r\nContent-Type: application/octet-stream\r\n\r\n%b\r\n' % CONTENT
    assert file in sent


def test_read__progress_up_to_the_last_byte(path: Path) -> None:
    seen: list[int] = []
    with watch(path, seen.append) as body:
        parts = [(body.read(100_000), body.is_complete) for _ in range(4)]
    assert b"".join(part for part, _ in parts) == CONTENT
    assert [is_complete for _, is_complete in parts] == [False, False, True, True]
    assert seen == [0, 100_000, 200_000, len(CONTENT)]


def touch(path: Path) -> None:
    os.utime(path, ns=(0, 0))


def replace_with_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (touch, "its size or modification time is not that of the file that was hashed"),
        (lambda path: path.write_bytes(b"other"), "its size or modification time"),
        (lambda path: path.unlink(), "it can no longer be read: No such file or directory"),
        (replace_with_directory, "it can no longer be read: Is a directory"),
    ],
)
def test_watched_file__changed_since_it_was_described(
    path: Path, change: Callable[[Path], None], expected: str
) -> None:
    modified_ns = path.stat().st_mtime_ns
    change(path)
    with pytest.raises(FileChanged, match=expected):
        WatchedFile(path, len(CONTENT), modified_ns)


def test_read__a_file_that_was_cut_off_meanwhile(path: Path) -> None:
    with watch(path) as body:
        body.read(1000)
        os.truncate(path, 1500)
        assert len(body.read(1000)) == 500
        with pytest.raises(FileChanged, match=f"{len(CONTENT) - 1500} bytes are missing at its end"):
            body.read(1000)
