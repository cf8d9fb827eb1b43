"""The action's outputs and the file format in which the runner takes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from publisher.index.outcome import (
    PUBLISHED,
    Existing,
    Failed,
    NotTried,
    Refused,
    Skipped,
    Uploaded,
    WouldUpload,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from publisher.index.outcome import Outcome
    from publisher.report.model import Report, Row

OUTCOME_WORDS: dict[type[Outcome], str] = {
    Uploaded: "uploaded",
    Existing: "existing",
    Skipped: "skipped",
    Refused: "refused",
    Failed: "failed",
    NotTried: "not-tried",
    WouldUpload: "would-upload",
}


def build_outputs(report: Report) -> dict[str, str]:
    """Return every output by name; after a run that read nothing they are empty, but there."""
    versions = {row.distribution.version for row in report.rows}
    pages = release_pages(report)
    one_release = len({(row.distribution.project, row.distribution.version) for row in report.rows}) == 1
    return {
        "result": report.result.value,
        "distributions": json.dumps([_describe(row) for row in report.rows]),
        "projects": json.dumps(sorted({row.distribution.project for row in report.rows})),
        "version": str(versions.pop()) if len(versions) == 1 else "",
        "release-url": pages[0] if one_release and pages else "",
        "release-urls": json.dumps(pages),
    }


def release_pages(report: Report) -> list[str]:
    """Return the pages of the releases of which the index has a file, each once; others would be dead links."""
    if report.index is None:
        return []
    pages = [
        report.index.release_page(row.distribution.project, row.distribution.version)
        for row in report.rows
        if isinstance(row.outcome, PUBLISHED)
    ]
    return list(dict.fromkeys(page for page in pages if page is not None))


def render_outputs(outputs: Mapping[str, str], delimiter_source: Callable[[], str]) -> str:
    """Render outputs for the file behind `GITHUB_OUTPUT`, each value between delimiters that it does not hold."""
    return "".join(_render_output(name, value, delimiter_source) for name, value in outputs.items())


def _render_output(name: str, value: str, delimiter_source: Callable[[], str]) -> str:
    delimiter = delimiter_source()
    while delimiter in value:
        delimiter = delimiter_source()
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _describe(row: Row) -> dict[str, str | int | bool]:
    distribution = row.distribution
    return {
        "filename": distribution.filename,
        "project": distribution.project,
        "version": str(distribution.version),
        "size": distribution.size,
        "sha256": distribution.digests.sha256,
        "outcome": OUTCOME_WORDS[type(row.outcome)],
        "attested": row.attested,
    }
