"""Values for reports."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace

from packaging.utils import canonicalize_name
from packaging.version import Version

from publisher.distributions.model import Digests, Distribution
from publisher.errors import MintRefused, Reason
from publisher.index.endpoints import Index, index_at
from publisher.index.outcome import Outcome, Uploaded
from publisher.network.reply import Reply
from publisher.network.url import Url
from publisher.report.log import Console
from publisher.report.model import Row
from tests.values import WHEEL, build_distribution

PYPI = index_at(Url.parse("https://upload.pypi.org/legacy/"), None)
TESTPYPI = index_at(Url.parse("https://test.pypi.org/legacy/"), None)
PRIVATE = index_at(Url.parse("https://index.example/upload/"), Url.parse("https://index.example/simple/"))

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
EXISTING = {"sample": True}
NOWHERE: dict[Url, bool] = {}
NOT_FOUND = "valid token, but no corresponding publisher (Publisher with matching claims was not found)"


class Output:
    """A console whose lines are kept."""

    def __init__(self, *, in_actions: bool = True) -> None:
        self.stream = io.StringIO()
        self.console = Console(self.stream, in_actions)

    @property
    def lines(self) -> list[str]:
        """Return the lines written so far."""
        return self.stream.getvalue().split("\n")[:-1]


def distribution(
    filename: str = WHEEL, project: str = "sample", version: str = "1.0", size: int = 12_345
) -> Distribution:
    """Build a distribution whose digests follow from its name."""
    digest = hashlib.sha256(filename.encode("utf-8", "surrogatepass")).hexdigest()
    return replace(
        build_distribution(),
        filename=filename,
        project=canonicalize_name(project),
        version=Version(version),
        size=size,
        digests=Digests(digest, digest[::-1], digest[:32]),
    )


def row(filename: str = WHEEL, outcome: Outcome | None = None, *, attested: bool = False) -> Row:
    """Build a row; uploaded by default."""
    return Row(distribution(filename), outcome or Uploaded(), attested)


def refused_mint(
    code: str = "invalid-publisher",
    description: str = NOT_FOUND,
    claims: Mapping[str, object] = CLAIMS,
    index: Index = PYPI,
    projects: Mapping[str, bool] = EXISTING,
    elsewhere: Mapping[Url, bool] = NOWHERE,
) -> MintRefused:
    """Build the error of a refused exchange."""
    url, reasons = index.upload_url.at("/_/oidc/mint-token"), (Reason(code, description),)
    return MintRefused(url, Reply(422), 1, reasons, claims, projects, elsewhere)
