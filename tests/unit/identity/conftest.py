from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

import pytest

from publisher.identity.exchange import Exchange, GitHub, UploadToken
from publisher.network.client import build_client, build_ssl_context
from publisher.network.url import Url
from tests.fakes.github import FakeGitHub
from tests.fakes.index import FakeIndex
from tests.fakes.proxy import Proxy, proxied
from tests.fakes.serving import Served, serve
from tests.values import NOW, Journal

T = TypeVar("T")


class Desk:
    """Where ID tokens are exchanged: an index where our job is registered, GitHub, and a clock that tests advance.

    The index is behind a proxy that may break things.
    """

    proxy: Proxy
    served: Served  # GitHub's token service

    def __init__(self) -> None:
        self.now = NOW
        self.journal = Journal()
        self.github = FakeGitHub(clock=lambda: self.now)
        self.index = FakeIndex(self.github, clock=lambda: self.now)
        self.index.register()

    @contextmanager
    def exchange(self) -> Iterator[Exchange]:
        retrying = replace(self.journal.retrying(), now=lambda: self.now)
        with build_client(build_ssl_context(None, None), 4, {}) as client:
            connection = replace(self.journal.connection(client), retrying=retrying)
            github = GitHub(*self.github.request_url(self.served.url), connection)
            yield Exchange(Url.parse(f"{self.proxy.url}/legacy/"), github, connection)

    def use(self, work: Callable[[Exchange], T]) -> T:
        with self.exchange() as exchange:
            return work(exchange)

    def mint(self) -> UploadToken:
        return self.use(lambda exchange: exchange.mint_upload_token(self.index.audience))


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    with serve(desk.index) as index, proxied(index.url) as desk.proxy, serve(desk.github) as desk.served:
        yield desk
