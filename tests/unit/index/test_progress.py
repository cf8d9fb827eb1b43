import itertools

import pytest

from publisher.index.progress import FILE_INTERVAL, TOTAL_INTERVAL, Progress, format_progress
from tests.values import WHEEL, Journal, build_distribution

MEGABYTE = 1_000_000


def test_progress__a_line_about_all_files_from_time_to_time() -> None:
    progress = Progress({"a.whl": 3 * MEGABYTE, "b.whl": 6 * MEGABYTE})
    assert progress.record("a.whl", 0, 1000) is None
    assert progress.record("a.whl", MEGABYTE, 1000 + TOTAL_INTERVAL / 2) is None
    assert progress.record("a.whl", 3 * MEGABYTE, 1000 + TOTAL_INTERVAL) == "Sent 3.0 of 9.0 MB, 150 kB/s, 1 of 2 files"
    assert progress.record("b.whl", MEGABYTE, 1000 + TOTAL_INTERVAL + 1) is None
    line = progress.record("b.whl", 2 * MEGABYTE, 1000 + 2 * TOTAL_INTERVAL)
    assert line == "Sent 5.0 of 9.0 MB, 100 kB/s, 1 of 2 files"


def test_progress__an_attempt_that_starts_again_is_not_negative() -> None:
    progress = Progress({"a.whl": MEGABYTE, "b.whl": MEGABYTE})
    progress.record("a.whl", MEGABYTE, 1000)
    assert progress.record("a.whl", 0, 1000 + TOTAL_INTERVAL) == "Sent 0.0 of 2.0 MB, 0 kB/s, 0 of 2 files"


def test_progress__of_one_file_is_its_own_line() -> None:
    progress = Progress({"a.whl": MEGABYTE})
    progress.record("a.whl", 0, 1000)
    assert progress.record("a.whl", MEGABYTE, 1000 + TOTAL_INTERVAL) is None


@pytest.mark.parametrize(
    ("sent", "seconds", "expected"),
    [
        (1_000_000, 10, "25 % of 4.0 MB, 100 kB/s, 30 s left"),
        (0, 10, "0 % of 4.0 MB, 0 kB/s, stalled"),
    ],
)
def test_format_progress(sent: int, seconds: float, expected: str) -> None:
    assert format_progress(sent, 4_000_000, seconds) == expected


def test_follow__a_line_about_the_file_from_time_to_time() -> None:
    journal, clock = Journal(), itertools.count(0, FILE_INTERVAL / 2)
    on_progress = Progress().follow(build_distribution(), lambda: float(next(clock)), journal.log)
    for _ in range(3):
        on_progress(0)
    assert journal.lines == [f"Uploading {WHEEL}: 0 % of 0.0 MB, 0 kB/s, stalled"]
