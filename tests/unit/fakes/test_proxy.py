from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.fakes.faults import (
    CLOSE,
    HANG,
    HANG_AFTER_WORK,
    LOSE_ANSWER,
    PASS,
    End,
    answer_early,
    answer_with,
    render_answer,
    reset,
    slow,
    stall,
    trickle,
)
from tests.fakes.index import FakeIndex
from tests.fakes.proxy import Proxy, proxied
from tests.fakes.serving import closed_port, serve, trusted_certificates

if TYPE_CHECKING:
    from collections.abc import Iterator

BIG = b"x" * (16 << 20)
"""More than the buffers of a connection hold."""

LINGERING = httpx.Timeout(5)
IMPATIENT = httpx.Timeout(0.1)


@dataclass
class Path:
    """A client's way to an index, and who stands on it."""

    index: FakeIndex
    proxy: Proxy
    client: httpx.Client

    def audience(self) -> httpx.Response:
        return self.client.get("/_/oidc/audience")

    def burn(self, body: bytes = b'{"token": "x"}', timeout: httpx.Timeout = LINGERING) -> httpx.Response:
        return self.client.post("/_/oidc/burn-token", content=body, timeout=timeout)


@pytest.fixture
def path() -> Iterator[Path]:
    index = FakeIndex()
    with serve(index) as served, proxied(served.url) as proxy, httpx.Client(base_url=proxy.url) as client:
        yield Path(index, proxy, client)


def test_pass__on_one_connection(path: Path) -> None:
    answers = [path.audience(), path.burn(), path.audience()]
    assert [answer.status_code for answer in answers] == [200, 202, 200]
    assert path.proxy.connections == 1
    assert [passage.path for passage in path.proxy.passages][1] == "/_/oidc/burn-token"


def test_script__meets_only_its_path(path: Path) -> None:
    # Kept open, so that the next request does not go over what is about to close.
    path.proxy.script(answer_with(render_answer(503), end=End.KEEP), path="/_/oidc/burn")
    assert [path.audience().status_code, path.burn().status_code, path.burn().status_code] == [200, 503, 202]
    assert path.proxy.unplayed == 0


@pytest.mark.parametrize("after", [0, 100_000, None])
def test_reset__before_in_and_after_the_body(path: Path, after: int | None) -> None:
    path.proxy.script(reset(after=after))
    with pytest.raises(httpx.TransportError):
        path.burn(BIG)
    assert path.proxy.passages[0].body_read == (len(BIG) if after is None else after)
    assert not path.index.requests


def test_reset__on_accept(path: Path) -> None:
    path.proxy.resets_on_accept = 1
    with pytest.raises(httpx.TransportError):
        path.audience()
    assert path.audience().status_code == 200


def test_close__without_an_answer(path: Path) -> None:
    path.proxy.script(CLOSE)
    with pytest.raises(httpx.RemoteProtocolError):
        path.burn()
    assert not path.index.requests


def test_lose_answer__the_work_is_done(path: Path) -> None:
    path.proxy.script(LOSE_ANSWER)
    with pytest.raises(httpx.TransportError):
        path.burn()
    assert [seen.status for seen in path.index.requests] == [202]


def test_hang__nobody_answers(path: Path) -> None:
    path.proxy.script(HANG, HANG_AFTER_WORK)
    for _ in range(2):
        with pytest.raises(httpx.ReadTimeout):
            path.burn(timeout=IMPATIENT)
    assert len(path.index.requests) == 1


def test_stall__in_the_body(path: Path) -> None:
    path.proxy.script(stall(after=1000))
    with pytest.raises(httpx.WriteTimeout):
        path.burn(BIG, timeout=IMPATIENT)
    assert path.proxy.passages[0].body_read == 1000


def test_slow__steady_and_complete(path: Path) -> None:
    path.proxy.script(slow(1_000_000))
    body = b'{"token": "%b"}' % (b"x" * 100_000)
    answer = path.burn(body)
    assert answer.elapsed.total_seconds() > 0.1
    assert path.index.requests[0].body == body


def test_trickle__byte_by_byte(path: Path) -> None:
    path.proxy.script(trickle(2000))
    answer = path.audience()
    assert answer.json() == {"audience": "fake-index"}
    assert answer.elapsed.total_seconds() > 0.05


@pytest.mark.parametrize("end", [End.CLOSE, End.KEEP])
def test_answer_early__a_patient_client_reads_it(path: Path, end: End) -> None:
    path.proxy.script(answer_early(render_answer(413, b"too big"), end=end))
    answer = path.burn(BIG)
    assert (answer.status_code, answer.text) == (413, "too big")
    assert not path.index.requests
    assert path.audience().status_code == 200
    assert path.proxy.connections == (1 if end is End.KEEP else 2)


def test_answer_early__then_nothing_is_read(path: Path) -> None:
    path.proxy.script(answer_early(render_answer(413), end=End.HANG))
    with pytest.raises(httpx.WriteTimeout):
        path.burn(BIG, timeout=IMPATIENT)


def test_answer_with__garbage(path: Path) -> None:
    path.proxy.script(answer_with(b"\x00\x01 this is no HTTP\r\n\r\n"))
    with pytest.raises(httpx.RemoteProtocolError):
        path.burn()


def test_answer_with__newlines_in_the_reason(path: Path) -> None:
    path.proxy.script(answer_with(render_answer(400, b"body", reason="1 error\n  for x\n  is wrong")))
    with pytest.raises(httpx.RemoteProtocolError):
        path.burn()


def test_answer_with__gzip_that_is_none(path: Path) -> None:
    path.proxy.script(answer_with(render_answer(200, b"plain", {"Content-Encoding": "gzip"})), PASS)
    with pytest.raises(httpx.DecodingError):
        path.burn()


def test_tls__at_the_front(path: Path) -> None:
    upstream = path.proxy.url
    with proxied(upstream, tls=True) as front, trusted_certificates() as certificates:
        context = ssl.create_default_context(cafile=str(certificates))
        front.script(PASS, reset())
        assert httpx.get(f"{front.url}/_/oidc/audience", verify=context).status_code == 200
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{front.url}/_/oidc/audience", verify=context)


def test_closed_port__refuses() -> None:
    with closed_port() as port, pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/")
