from __future__ import annotations

import pytest

from publisher.index.endpoints import index_at
from publisher.index.outcome import Existing, Failed, NotTried, Outcome, Refused, Skipped, Uploaded, WouldUpload
from publisher.network.url import Url
from publisher.report.lines import (
    NAMED,
    render_digests,
    render_dry_run,
    render_intent,
    render_names,
    render_outcome,
    render_rehearsal,
    render_size,
)
from tests.unit.report.examples import PRIVATE, PYPI, TESTPYPI, WHEEL, distribution


def test_render_dry_run__says_that_nothing_will_be_uploaded() -> None:
    url = "https://upload.pypi.org/legacy/"
    assert render_dry_run(1, PYPI) == f"Dry run: checking 1 distribution for PyPI ({url}); nothing will be uploaded"
    assert "checking 2 distributions" in render_dry_run(2, PYPI)


def test_render_rehearsal__tells_two_indexes_on_one_host_apart() -> None:
    test, real = (index_at(Url.parse(f"https://art.example/{name}/"), None) for name in ("staging", "release"))
    assert render_rehearsal(TESTPYPI, PYPI).startswith("Rehearsing on TestPyPI; PyPI is untouched")
    assert render_rehearsal(test, real).startswith(
        "Rehearsing on https://art.example/staging/; https://art.example/release/ is untouched"
    )


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (98_765_432, "98.8 MB"), (5 * 10**12, "5000.0 GB")],
)
def test_render_size__is_what_people_read(size: int, shown: str) -> None:
    assert render_size(size) == shown


def test_render_intent__says_how_many_go_where_and_how() -> None:
    told = render_intent(2, PRIVATE, "with a password", "not attested")
    assert (
        told
        == "Publishing 2 distributions to index.example (https://index.example/upload/) with a password, not attested"
    )
    assert render_intent(1, PRIVATE, "x", "y").startswith("Publishing 1 distribution to ")


def test_render_digests__lists_all_three() -> None:
    wheel = distribution()
    first, *digests = render_digests(wheel)
    assert first == f"{WHEEL} (12.3 kB)"
    assert [line.split()[-1] for line in digests] == [
        wheel.digests.sha256,
        wheel.digests.blake2b_256,
        wheel.digests.md5,
    ]


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (Uploaded(), f"Uploaded {WHEEL} in 0.8 s"),
        (Uploaded(3), f"Uploaded {WHEEL} in 0.8 s (attempt 3)"),
        (Existing(), f"Nothing to do for {WHEEL}: the index has this very file"),
        (Skipped("why"), f"Skipped {WHEEL}: why"),
        (Refused(None, "why"), f"Not published {WHEEL}: why"),
        (Refused(400, "why"), f"Refused {WHEEL}: 400 why"),
        (Failed("why", 0), f"Failed {WHEEL}: why"),
        (Failed("why", 1), f"Failed {WHEEL} after 1 attempt: why"),
        (Failed("why", 5), f"Failed {WHEEL} after 5 attempts: why"),
        (NotTried("why"), f"Not tried {WHEEL}: why"),
        (WouldUpload(), f"Would upload {WHEEL}"),
    ],
)
def test_render_outcome__says_what_became_of_it(outcome: Outcome, line: str) -> None:
    assert render_outcome(distribution(), outcome, 0.84) == line


def test_render_outcome__without_a_duration() -> None:
    assert render_outcome(distribution(), Uploaded()) == f"Uploaded {WHEEL}"


@pytest.mark.parametrize(
    ("count", "line"),
    [(0, ""), (2, "0, 1"), (NAMED, None), (NAMED + 1, "and 1 more"), (2000, "and 1980 more")],
)
def test_render_names__as_many_as_fit_a_line(count: int, line: str | None) -> None:
    rendered = render_names([str(number) for number in range(count)])
    assert rendered.count(", ") == max(0, min(count, NAMED + 1) - 1)
    assert line is None or rendered.endswith(line)
