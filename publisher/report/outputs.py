"""The action's outputs, and the files through which the runner receives them and the job summary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from publisher.distributions.model import Unreadable
from publisher.index.outcome import Existing, Failed, NotTried, Refused, Skipped, Uploaded, WouldUpload
from publisher.report.model import Report, Row

OUTCOME_WORDS = {
    Uploaded: "uploaded",
    Existing: "existing",
    Skipped: "skipped",
    Refused: "refused",
    Failed: "failed",
    NotTried: "not-tried",
    WouldUpload: "would-upload",
}


@dataclass(frozen=True, slots=True)
class RunnerFiles:
    """The files behind `GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY`; None if not set."""

    outputs: Path | None = None
    summary: Path | None = None


def build_outputs(report: Report) -> dict[str, str]:
    """Return every output by name; in a run that read no distributions they are empty, but present."""
    versions = {row.distribution.version for row in report.rows}
    releases = {row.distribution.release for row in report.rows}
    pages = list_release_pages(report)
    described = [*map(_describe, report.rows), *map(_describe_unreadable, report.unreadable)]
    return {
        "result": report.result.value,
        "distributions": json.dumps(described),
        "projects": json.dumps(sorted({row.distribution.project for row in report.rows})),
        "version": str(versions.pop()) if len(versions) == 1 else "",
        "release-url": pages[0] if len(releases) == 1 and pages else "",
        "release-urls": json.dumps(pages),
    }


def list_release_pages(report: Report) -> list[str]:
    """Return the page of each release of which the index has a file; other pages may not exist."""
    on_index = [row.distribution for row in report.rows if row.is_on_index]
    pages = [report.index.release_page(*each.release) for each in on_index] if report.index else []
    return list(dict.fromkeys(page for page in pages if page is not None))


def render_outputs(outputs: Mapping[str, str], delimiter: str) -> str:
    """Render outputs for `GITHUB_OUTPUT`; no value may contain the delimiter."""
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in outputs.items())


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


def _describe_unreadable(file: Unreadable) -> dict[str, str | bool | None]:
    unknown = dict.fromkeys(("project", "version", "size", "sha256"))
    return {"filename": file.filename, **unknown, "outcome": OUTCOME_WORDS[NotTried], "attested": False}
