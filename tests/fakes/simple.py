"""The content of the Simple API (PEP 691)."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

JSON_TYPE = "application/vnd.pypi.simple.v1+json"


@dataclass(slots=True)
class StoredFile:
    """A file of the index."""

    filename: str
    project: str
    version: str
    content: bytes
    stored: int  # when it was stored, on the timeline of the service
    requires_python: str | None = None
    listings_to_miss: int = 0  # how many more listings do not include it yet
    uploaded: str = "2026-11-01T12:00:00Z"
    yanked: bool | str = False
    provenance: str | None = None

    @property
    def sha256(self) -> str:
        """Return the SHA-256 digest."""
        return sha256(self.content).hexdigest()


def build_page(project: str, files: Sequence[StoredFile]) -> dict[str, object]:
    """Build a project's page."""
    return {
        "meta": {"api-version": "1.4"},
        "name": project,
        "project-status": {"status": "active"},
        "versions": sorted({file.version for file in files}),
        "files": [
            {
                "filename": file.filename,
                "url": f"../../files/{file.sha256}/{file.filename}",
                "hashes": {"sha256": file.sha256},
                "size": len(file.content),
                "requires-python": file.requires_python,
                "upload-time": file.uploaded,
                "yanked": file.yanked,
                "provenance": file.provenance,
            }
            for file in files
        ],
    }
