from __future__ import annotations

import itertools

import httpx

from publisher.network.client import log_requests
from publisher.network.reply import Answer
from publisher.network.send import send
from tests.values import Journal


def test_log_requests__shows_what_is_no_secret() -> None:
    """The second attempt has no reply."""
    replies = iter([httpx.Response(503, stream=httpx.ByteStream(b"canary"))])

    def far_side(_: httpx.Request) -> httpx.Response:
        for reply in replies:
            return reply
        raise httpx.ReadError("canary")

    journal, clock = Journal(), itertools.count(1000.0, 0.5)
    with httpx.Client(transport=httpx.MockTransport(far_side)) as client:
        log_requests(client, journal.log, lambda: next(clock))

        def once() -> Answer:
            url = "https://canary:canary@index.example/simple/?token=canary"
            return send(client, client.build_request("GET", url, headers={"Authorization": "canary"}))

        journal.retrying(2).run("Listing", once, lambda answer: answer)
    assert journal.lines == [
        "GET https://index.example/simple/, attempt 1",
        "503 after 0.5 s: GET https://index.example/simple/, attempt 1",
        "warning: Listing: 503 Service Unavailable; attempt 2 of 2 in 0.0 s",
        "GET https://index.example/simple/, attempt 2",
    ]
