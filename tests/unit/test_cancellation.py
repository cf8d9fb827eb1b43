import threading
from concurrent.futures import Future
from contextlib import suppress

import pytest

from publisher.cancellation import Stop
from publisher.errors import Cancelled

WAIT = 30


def test_run__returns_what_the_call_returns() -> None:
    assert Stop().run("working", lambda: 7) == 7


def test_run__raises_what_the_call_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        Stop().run("working", lambda: 1 // 0)


def test_run__leaves_the_call_alone_when_the_stop_is_requested() -> None:
    stop, gate = Stop(), threading.Event()

    def hang() -> bool:
        stop.request()
        return gate.wait(WAIT)

    with pytest.raises(Cancelled) as caught:
        stop.run("comparing", hang)
    assert caught.value.stage == "comparing"
    gate.set()


def test_run__gives_the_call_its_grace_to_end() -> None:
    stop, gate, ended = Stop(), threading.Event(), threading.Event()

    def call() -> None:
        stop.request()
        assert gate.wait(WAIT)
        ended.set()

    opening = threading.Timer(0, gate.set)
    opening.start()
    with suppress(Cancelled):
        stop.run("getting an upload token", call, grace=WAIT)
    assert ended.is_set()


def test_request__is_idempotent() -> None:
    stop = Stop()
    assert not stop.is_requested
    stop.request()
    stop.request()
    assert stop.is_requested


def test_wait__until_all_is_done() -> None:
    work: Future[int] = Future()
    thread = threading.Timer(0, work.set_result, (7,))
    thread.start()
    Stop(grace=0).wait([work])
    assert work.done()


def test_wait__no_longer_than_the_grace_after_the_stop() -> None:
    stop = Stop(grace=0)
    stop.request()
    stop.wait([Future[int]()])
