"""Behavior that only PyPI has. PyPI is not on loopback, so a mock transport answers for it."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from publisher.cancellation import Stop
from publisher.errors import PublisherError
from publisher.network.client import Connection
from publisher.preflight.model import Severity
from publisher.publish import Services, publish
from publisher.report import write_report
from publisher.report.log import Console
from publisher.report.model import Report
from publisher.settings.environment import Environment
from publisher.settings.validation import read_settings
from tests.builders import build_wheel
from tests.fakes.commands import parse_file_commands
from tests.fakes.github import FakeGitHub
from tests.fakes.runner import Run
from tests.fakes.service import Answer
from tests.fakes.sigstore.world import signing_world
from tests.values import NOW, Journal

CLASSIFIER = "Programming Language :: Python :: 3.99"
KNOWN = "\n".join(f"Topic :: Number {number}" for number in range(200))
LIST = "https://pypi.org/pypi?:action=list_classifiers"
LISTING = "https://pypi.org/simple/sample/"
UPLOAD = "https://upload.pypi.org/legacy/"
MINT = "https://upload.pypi.org/_/oidc/mint-token"
AUDIENCE = "https://upload.pypi.org/_/oidc/audience"
BURN = "https://upload.pypi.org/_/oidc/burn-token"
ID_TOKEN = "https://github.example/id-token"
REUSABLE = "octo-org/shared/.github/workflows/publish.yml@refs/heads/main"


@dataclass
class FarSide:
    """Answer by URL, with or without its query; 404 for any other."""

    answers: dict[str, tuple[int, str]]
    requests: list[tuple[str, bytes]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((str(request.url), request.content))
        url = str(request.url)
        status, text = self.answers.get(url) or self.answers.get(url.partition("?")[0]) or (404, "")
        return httpx.Response(status, stream=httpx.ByteStream(text.encode()))

    def bodies(self, url: str) -> list[bytes]:
        return [body for asked, body in self.requests if asked == url]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "dist").mkdir()
    build_wheel(tmp_path / "dist", metadata=[("Classifier", CLASSIFIER)])
    return tmp_path


def perform(workspace: Path, far_side: FarSide, inputs: dict[str, str]) -> tuple[Run, Report]:
    """Publish and report, with these answers."""
    variables = {"ACTIONS_ID_TOKEN_REQUEST_URL": ID_TOKEN, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"}
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(workspace / "outputs"),
        "GITHUB_STEP_SUMMARY": str(workspace / "summary"),
        **variables,
        **{f"INPUT_{name.upper()}": text for name, text in inputs.items()},
    }
    settings, stdout, report = read_settings(environ), io.StringIO(), Report()
    environment = Environment.read(environ)
    report.index, report.dry_run = settings.index, settings.dry_run
    console = Console(stdout, in_actions=True)
    journal = Journal()
    with httpx.Client(transport=httpx.MockTransport(far_side)) as client:
        connection = Connection(client, journal.retrying(), console.mask)
        services = Services(connection, journal.log, console, Stop(), workspace)
        try:
            publish(settings, environment, services, report)
        except PublisherError as error:
            report.error = error
    write_report(report, console, environment)
    outputs = parse_file_commands((workspace / "outputs").read_text("utf-8"))
    log = "\n".join([*journal.lines, stdout.getvalue()])
    return Run(report.exit_status, log, outputs, (workspace / "summary").read_text("utf-8")), report


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ((200, f"{KNOWN}\n{CLASSIFIER}\n"), []),
        ((200, KNOWN), [Severity.ERROR]),
        ((200, "<html>maintenance</html>"), [Severity.WARNING]),
        ((503, ""), [Severity.WARNING]),
    ],
)
def test_unknown_classifier__the_live_list_decides(
    workspace: Path, answer: tuple[int, str], left: list[Severity]
) -> None:
    far_side = FarSide({LIST: answer})
    _, report = perform(workspace, far_side, {"dry-run": "true"})
    assert [each.severity for each in report.findings if each.rule == "classifiers-invalid"] == left
    assert far_side.bodies(LIST)


@pytest.mark.parametrize(
    ("classifier", "rules"), [(CLASSIFIER, "basic"), ("Programming Language :: Python :: 3", "auto")]
)
def test_classifiers__no_list_if_it_is_not_needed(workspace: Path, classifier: str, rules: str) -> None:
    build_wheel(workspace / "dist", metadata=[("Classifier", classifier)])
    far_side = FarSide({})
    perform(workspace, far_side, {"dry-run": "true", "index-rules": rules})
    assert [url for url, _ in far_side.requests] == [LISTING]


def accepting(**claims: object) -> FarSide:
    """Issue ID tokens with these claims, mint upload tokens, and accept uploads."""
    github = FakeGitHub()
    github.claims = claims
    minted = {"token": "pypi-token", "expires": NOW + 900}
    return FarSide(
        {
            AUDIENCE: (200, json.dumps({"audience": "pypi"})),
            ID_TOKEN: (200, json.dumps({"value": github.issue("pypi")})),
            MINT: (200, json.dumps(minted)),
            UPLOAD: (200, ""),
        }
    )


def test_best_effort__sigstore_down(workspace: Path) -> None:
    far_side = accepting()
    with signing_world() as world:
        world.sigstore.script("certificate", *[Answer(502)] * 9)
        (workspace / "trust.json").write_text(world.sigstore.trust_config(world.url))
        inputs = {"attestations": "best-effort", "sigstore-trust-config": "trust.json", "index-rules": "basic"}
        run, _ = perform(workspace, far_side, inputs)
    assert run.exit_status == 0
    (upload,) = far_side.bodies(UPLOAD)
    assert b'name="attestations"' not in upload
    assert [each["attested"] for each in run.distributions] == [False]
    assert any("Requesting a signing certificate failed: 502" in warning for warning in run.warnings)
    assert "0 of 1 attested" in run.log
    assert "0 of 1 attested." in run.summary


@pytest.mark.parametrize(
    ("index_knows_project", "form"),
    [
        (True, "https://pypi.org/manage/project/sample/settings/publishing/?provider=github&owner=octo-org"),
        (False, "for the new project `sample`: https://pypi.org/manage/account/publishing/,"),
    ],
)
def test_refused_exchange__the_registration_that_is_missing(
    workspace: Path, index_knows_project: bool, form: str
) -> None:
    far_side = accepting()
    reasons = [{"code": "invalid-publisher", "description": "Publisher with matching claims was not found"}]
    far_side.answers[MINT] = (422, json.dumps({"errors": reasons}))
    if index_knows_project:
        far_side.answers[LISTING] = (200, json.dumps({"meta": {"api-version": "1.4"}, "files": []}))
    run, _ = perform(workspace, far_side, {"index-rules": "basic"})
    (error,) = run.errors
    assert error.startswith(
        "PyPI has no Trusted Publisher for owner `octo-org`, repository `sample`, workflow `release"
    )
    assert form in error
    values = "a form that you fill in yourself: Project name `sample`, Owner `octo-org`"
    assert (values in run.summary) is not index_knows_project


@pytest.mark.parametrize(("mode", "status"), [("true", 0), ("best-effort", 0), ("required", 1)])
@pytest.mark.parametrize("called", [REUSABLE, "octo-org/sample/.github/workflows/publish.yml@refs/tags/v1.0"])
def test_reusable_workflow__not_attested_and_says_why(workspace: Path, called: str, mode: str, status: int) -> None:
    far_side = accepting(job_workflow_ref=called)
    run, _ = perform(workspace, far_side, {"index-rules": "basic", "attestations": mode})
    assert run.exit_status == status
    assert len(far_side.bodies(UPLOAD)) == 1 - status
    assert len(far_side.bodies(BURN)) == 1
    warned = [
        each for each in run.annotations("warning") if each.properties["title"] == "Published without attestations"
    ]
    assert len(warned) == 1 - status
    assert all("this job runs in the reusable workflow" in each.data for each in warned)
