"""What `docs/faults.md` promises is what the program does."""

from __future__ import annotations

import re

from publisher.identity.exchange import BURN_TIMEOUT
from publisher.index.publishing import GRACE
from publisher.network.reply import Cause
from publisher.network.request import ANSWER_TIMEOUT, CONNECT_TIMEOUT
from publisher.network.retry import RETRIED_STATUSES, RetryPolicy
from tests.architecture.sources import ROOT
from tests.fakes.runner import declared_inputs

PAGE = (ROOT / "docs" / "faults.md").read_text("utf-8")
FLOWING = " ".join(PAGE.split())


def section(title: str) -> str:
    """Return what stands below a heading."""
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_messages__every_cause_is_there() -> None:
    words = re.findall(r"^\| `([^`]+)`", section("What the message says"), re.MULTILINE)
    assert sorted(words) == sorted(Cause)


def test_statuses__those_that_are_tried_again() -> None:
    row = re.search(r"^\| ([\d, ]+) \| tried again", PAGE, re.MULTILINE)
    assert row is not None
    assert {int(status) for status in row[1].split(",")} == RETRIED_STATUSES


def test_numbers__are_those_of_the_program() -> None:
    policy = RetryPolicy(5)
    for promise in (
        f"Up to `max-attempts` attempts ({declared_inputs()['max-attempts']})",
        f"at most {policy.base:g}, 2, 4, 8 … seconds, never more than {policy.cap:g};",
        f"is waited for instead, up to {policy.retry_after_cap:g} s",
        f"({ANSWER_TIMEOUT:g} s in all for requests that are no upload)",
        f"within {CONNECT_TIMEOUT:g} s",
        f"one attempt of at most {BURN_TIMEOUT:g} s",
        f"what is under way gets {GRACE:g} s, the token is given back within {BURN_TIMEOUT:g} s",
    ):
        assert promise in FLOWING
