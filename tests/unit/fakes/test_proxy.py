from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.fakes.faults import End, answer_with, render_answer, reset
from tests.fakes.index import FakeIndex
from tests.fakes.proxy import Proxy, proxied
from tests.fakes.serving import serve

BIG = b"x" * (16 << 20)  # more than the buffers of a connection hold


@dataclass
class Path:
    """A client, the proxy and the index behind it."""

    index: FakeIndex
    proxy: Proxy
    client: httpx.Client

    def audience(self) -> httpx.Response:
        return self.client.get("/_/oidc/audience")

    def burn(self, body: bytes = b'{"token": "x"}', timeout: float = 5) -> httpx.Response:
        return self.client.post("/_/oidc/burn-token", content=body, timeout=timeout)


@pytest.fixture
def path() -> Iterator[Path]:
    index = FakeIndex()
    with serve(index) as served, proxied(served.url) as proxy, httpx.Client(base_url=proxy.url) as client:
        yield Path(index, proxy, client)


def test_script__meets_only_its_path_on_one_connection(path: Path) -> None:
    path.proxy.script(answer_with(render_answer(503), end=End.KEEP), path="/_/oidc/burn")
    assert [path.audience().status_code, path.burn().status_code, path.burn().status_code] == [200, 503, 202]
    assert path.proxy.unplayed == 0
    assert path.proxy.connections == 1


@pytest.mark.parametrize("after", [0, 100_000, None])
def test_reset__before_in_and_after_the_body(path: Path, after: int | None) -> None:
    path.proxy.script(reset(after=after))
    with pytest.raises(httpx.TransportError):
        path.burn(BIG)
    assert path.proxy.passages[0].body_read == (len(BIG) if after is None else after)
    assert not path.index.requests
