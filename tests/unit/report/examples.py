"""Values to report on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from publisher.distributions.metadata import Metadata
from publisher.distributions.model import Digests, Distribution, Kind
from publisher.errors import MintRefused, Reason
from publisher.index.endpoints import index_at
from publisher.index.outcome import Uploaded
from publisher.network.reply import Reply
from publisher.network.url import Url
from publisher.report.model import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.index.endpoints import Index
    from publisher.index.outcome import Outcome

PYPI = index_at(Url.parse("https://upload.pypi.org/legacy/"), None)
TESTPYPI = index_at(Url.parse("https://test.pypi.org/legacy/"), None)
PRIVATE = index_at(Url.parse("https://index.example/upload/"), Url.parse("https://index.example/simple/"))

WHEEL = "sample-1.0-py3-none-any.whl"
SDIST = "sample-1.0.tar.gz"
HOSTILE = (
    "x|y`z<img src=x onerror=alert(1)>@octocat [a](https://evil.example) **b** #12 https://evil.example "
    "www.evil.example\n::error::x ##[error]y \x1b[31m \u202e.whl"
)

CLAIMS = {
    "repository": "octo-org/sample-project",
    "repository_owner": "octo-org",
    "repository_owner_id": "65",
    "job_workflow_ref": "octo-org/sample-project/.github/workflows/release.yml@refs/tags/v1.0",
    "workflow_ref": "octo-org/sample-project/.github/workflows/release.yml@refs/tags/v1.0",
    "environment": "pypi",
    "event_name": "release",
    "ref": "refs/tags/v1.0",
}
REUSABLE_ELSEWHERE = CLAIMS | {"job_workflow_ref": "octo-org/shared/.github/workflows/publish.yml@refs/heads/main"}
REUSABLE_HERE = CLAIMS | {"job_workflow_ref": "octo-org/sample-project/.github/workflows/publish.yml@refs/tags/v1.0"}
NOT_FOUND = "valid token, but no corresponding publisher (Publisher with matching claims was not found)"


def distribution(
    filename: str = WHEEL, project: str = "sample", version: str = "1.0", size: int = 12_345
) -> Distribution:
    """Make a distribution whose digests follow from its name."""
    digest = hashlib.sha256(filename.encode("utf-8", "surrogatepass")).hexdigest()
    return Distribution(
        path=Path("dist") / "file",
        filename=filename,
        kind=Kind.SDIST if filename.endswith(".tar.gz") else Kind.WHEEL,
        project=canonicalize_name(project),
        version=Version(version),
        python_tag="py3",
        size=size,
        modified_ns=0,
        digests=Digests(digest, digest[::-1], digest[:32]),
        metadata=Metadata((), b""),
    )


def row(filename: str = WHEEL, outcome: Outcome | None = None, *, attested: bool = False) -> Row:
    """Make a row; uploaded unless told otherwise."""
    return Row(distribution(filename), outcome or Uploaded(), attested)


def refused_mint(
    code: str = "invalid-publisher",
    description: str = NOT_FOUND,
    claims: Mapping[str, object] = CLAIMS,
    index: Index = PYPI,
) -> MintRefused:
    """Make a refused exchange."""
    return MintRefused(index.mint_url, Reply(422), 1, reasons=(Reason(code, description),), claims=claims)
