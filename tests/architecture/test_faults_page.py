"""`docs/faults.md` matches the program."""

import re

from publisher.attestations.sign import CALL_TIMEOUT
from publisher.attestations.sigstore import RATE_LIMIT_WAIT
from publisher.cancellation import GRACE
from publisher.identity.exchange import REVOKE_TIMEOUT
from publisher.network.client import ANSWER_TIMEOUT, CONNECT_TIMEOUT
from publisher.network.reply import Cause
from publisher.network.retry import RETRIED_STATUSES, RetryPolicy
from tests.architecture.sources import ROOT
from tests.fakes.runner import declared_inputs

PAGE = (ROOT / "docs" / "faults.md").read_text("utf-8")
FLOWING = " ".join(PAGE.split())


def section(title: str) -> str:
    """Return the section with this heading."""
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_messages__every_cause_is_there() -> None:
    words = re.findall(r"^\| `([^`]+)`", section("What the message says"), re.MULTILINE)
    assert sorted(words) == sorted(Cause)


def test_statuses__those_that_are_retried() -> None:
    row = re.search(r"^\| (\d[\d, to]+) \| retried", PAGE, re.MULTILINE)
    assert row is not None
    ranges = [[int(status) for status in part.split(" to ")] for part in row[1].split(", ")]
    assert {status for first, *last in ranges for status in range(first, [first, *last][-1] + 1)} == RETRIED_STATUSES


def test_numbers__are_those_of_the_program() -> None:
    policy = RetryPolicy(5)
    for promise in (
        f"Up to `max-attempts` attempts ({declared_inputs()['max-attempts']})",
        f"at most {policy.base:g}, 2, 4, 8 … seconds, never more than {policy.cap:g};",
        f"takes precedence, up to {policy.retry_after_cap:g} s",
        f"({ANSWER_TIMEOUT:g} s for requests other than uploads)",
        f"no answer from Sigstore within {CALL_TIMEOUT:g} s",
        f"From Sigstore, retried after {RATE_LIMIT_WAIT:g} s",
        f"within {CONNECT_TIMEOUT:g} s",
        f"one attempt of at most {REVOKE_TIMEOUT:g} s",
        f"uploads in flight get {GRACE:g} s, and the upload token is revoked within {REVOKE_TIMEOUT:g} s",
    ):
        assert promise in FLOWING
