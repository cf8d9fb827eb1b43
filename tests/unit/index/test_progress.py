from __future__ import annotations

import pytest

from publisher.index.progress import Progress, render_progress
from tests.values import Journal


def test_follow__a_line_every_ten_seconds_at_most() -> None:
    journal, now = Journal(), 0.0
    follow = Progress("sample.whl", journal.log, lambda: now).follow(100_000_000)
    for second in range(1, 31):
        now = second
        follow(second * 1_000_000)
    assert journal.lines == [
        f"Uploading sample.whl: {second} % of 100.0 MB, 1.0 MB/s, {100 - second} s left" for second in (10, 20, 30)
    ]


def test_follow__a_quick_file_is_not_worth_a_line() -> None:
    journal = Journal()
    Progress("sample.whl", journal.log, lambda: 0.0).follow(5)(5)
    assert not journal.lines


@pytest.mark.parametrize(
    ("sent", "seconds", "expected"),
    [
        (0, 10, "0 % of 2.0 MB, 0.0 MB/s, stalled"),
        (1_000_000, 4, "50 % of 2.0 MB, 0.2 MB/s, 4 s left"),
        (2_000_000, 1, "100 % of 2.0 MB, 2.0 MB/s, 0 s left"),
    ],
)
def test_render_progress__how_far_how_fast_how_long(sent: int, seconds: float, expected: str) -> None:
    assert render_progress(sent, 2_000_000, seconds) == expected
