"""What the Simple API says (PEP 503, PEP 691), as plain data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"

_PREFERENCE = re.compile(r"\s*([^;,\s]+)\s*(?:;\s*q=([0-9.]+))?")


@dataclass(slots=True)
class StoredFile:
    """A file the index has. `path` is None where the index keeps no content."""

    filename: str
    project: str
    version: str
    size: int
    digests: dict[str, str]
    path: Path | None
    stored: int
    """When it came, on the service's line of time."""
    fields: list[tuple[str, str]] = field(default_factory=list)
    attestations: list[object] = field(default_factory=list)
    listings_to_miss: int = 0
    """How many more listings do not show it yet."""

    @property
    def sha256(self) -> str:
        """Return the digest by which installers know the file."""
        return self.digests["sha256"]

    @property
    def requires_python(self) -> str | None:
        """Return the `Requires-Python` it came with."""
        return next((value for name, value in self.fields if name == "requires_python"), None)

    @property
    def href(self) -> str:
        """Return its address, relative to the project's page."""
        return f"../../files/{self.sha256}/{self.filename}"


def prefers_json(accept: str) -> bool:
    """Tell from an `Accept` header whether the JSON form is wanted before any HTML."""
    qualities = {kind: float(quality or 1) for kind, quality in _PREFERENCE.findall(accept)}
    html = max(qualities.get(kind, 0.0) for kind in (HTML_TYPE, "text/html", "*/*"))
    return qualities.get(JSON_TYPE, 0.0) >= max(html, 0.001)


def build_json(project: str, files: Sequence[StoredFile]) -> dict[str, object]:
    """Build the JSON form of a project's page."""
    return {
        "meta": {"api-version": "1.4"},
        "name": project,
        "project-status": {"status": "active"},
        "versions": sorted({file.version for file in files}),
        "files": [
            {
                "filename": file.filename,
                "url": file.href,
                "hashes": {"sha256": file.sha256},
                "size": file.size,
                "requires-python": file.requires_python,
                "upload-time": "2026-11-01T12:00:00Z",
                "yanked": False,
                "provenance": None,
            }
            for file in files
        ],
    }


def build_html(project: str, files: Sequence[StoredFile]) -> str:
    """Build the HTML form of a project's page."""
    lines = [
        "<!DOCTYPE html>",
        f"<html><head><title>Links for {escape(project)}</title></head><body>",
        f"<h1>Links for {escape(project)}</h1>",
    ]
    for file in files:
        python = file.requires_python
        attribute = f' data-requires-python="{escape(python)}"' if python else ""
        lines.append(f'<a href="{escape(file.href)}#sha256={file.sha256}"{attribute}>{escape(file.filename)}</a><br/>')
    return "\n".join([*lines, "</body></html>", ""])
