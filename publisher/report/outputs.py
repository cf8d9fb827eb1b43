"""The action's outputs."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from publisher.index.outcome import Existing, Failed, NotTried, Refused, Skipped, Uploaded, WouldUpload
from publisher.report.model import Report

OUTCOME_WORDS = {
    Uploaded: "uploaded",
    Existing: "existing",
    Skipped: "skipped",
    Refused: "refused",
    Failed: "failed",
    NotTried: "not-tried",
    WouldUpload: "would-upload",
}


def build_outputs(report: Report) -> dict[str, str]:
    """Return every output by name; in a run that read no distributions they are empty, but present."""
    versions = {row.distribution.version for row in report.rows}
    pages = list_release_pages(report)
    return {
        "result": report.result.value,
        "distributions": json.dumps([asdict(each) for each in list_entries(report)]),
        "projects": json.dumps(sorted({row.distribution.project for row in report.rows})),
        "version": str(versions.pop()) if len(versions) == 1 else "",
        "release-url": pages[0] if len(report.releases) == 1 and pages else "",
        "release-urls": json.dumps(pages),
    }


@dataclass(frozen=True, slots=True)
class Entry:
    """An object in the output `distributions`; only the name of an unreadable file is known."""

    filename: str
    project: str | None = None
    version: str | None = None
    size: int | None = None
    sha256: str | None = None
    outcome: str = OUTCOME_WORDS[NotTried]
    attested: bool = False


def list_entries(report: Report) -> list[Entry]:
    """Return what became of each file, unreadable ones last."""
    entries = []
    for row in report.rows:
        each = row.distribution
        facts = (each.filename, each.project, str(each.version), each.size, each.digests.sha256)
        entries.append(Entry(*facts, OUTCOME_WORDS[type(row.outcome)], row.attested))
    return [*entries, *(Entry(each.filename) for each in report.unreadable)]


def list_release_pages(report: Report) -> list[str]:
    """Return the page of each release of which the index has a file; other pages may not exist."""
    on_index = [row.distribution for row in report.rows if row.is_on_index]
    pages = [report.index.release_page(*each.release) for each in on_index] if report.index else []
    return list(dict.fromkeys(page for page in pages if page is not None))


def render_outputs(outputs: Mapping[str, str], delimiter: str) -> str:
    """Render outputs for `GITHUB_OUTPUT`; no value may contain the delimiter."""
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in outputs.items())
