"""What a new maintainer gets wrong: the first lines of the annotation name cause and fix."""

import re
from collections.abc import Callable

import pytest

from publisher.preflight.rule import REGISTERED
from tests.builders import build_sdist, build_wheel
from tests.fakes.commands import Command
from tests.fakes.faults import HANG
from tests.fakes.job import Job
from tests.fakes.runner import Run
from tests.fakes.service import Answer
from tests.integration.matrix import UPLOAD
from tests.integration.stage import Stage, build_release
from tests.scenarios.snapshot import check_run

FOLD = 300  # characters that GitHub shows of an annotation before it folds
NO_REQUEST_TOKEN = {"ACTIONS_ID_TOKEN_REQUEST_URL": None, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": None}
LINUX = "cp313-cp313-linux_x86_64"
PYPI = "https://upload.pypi.org/legacy/"
IDS = {registered.rule.id for registered in REGISTERED}

Mistake = Callable[[Stage], None]
# By mistake: what the annotation must say about the cause, and about the fix (regular expressions).
MISTAKES: dict[Mistake, tuple[str, str]] = {}


def mistake(*, cause: str, fix: str) -> Callable[[Mistake], Mistake]:
    def register(prepare: Mistake) -> Mistake:
        MISTAKES[prepare] = cause, fix
        return prepare

    return register


# --- Permissions and registrations


@mistake(
    cause="not allowed to request an ID token",
    fix="`id-token: write` to `permissions` of the job itself, which replace those of the workflow",
)
def no_permission(stage: Stage) -> None:
    stage.runner.variables |= NO_REQUEST_TOKEN


@mistake(cause="not allowed to request an ID token", fix="of the job itself, which replace those of the workflow")
def permission_overridden_by_the_job(stage: Stage) -> None:
    stage.runner.variables |= NO_REQUEST_TOKEN


@mistake(cause="needs, and `test-password` is empty", fix="`id-token: write`.* set `test-password`")
def no_permission_for_the_test_index(stage: Stage) -> None:
    stage.runner.variables |= NO_REQUEST_TOKEN
    stage.runner.inputs |= {"password": "a token", "test-index-url": "https://test.pypi.org/legacy/"}


@mistake(cause="which `attestations: required` needs", fix="`id-token: write`.* set `attestations: true`")
def no_permission_to_sign(stage: Stage) -> None:
    stage.runner.variables |= NO_REQUEST_TOKEN
    stage.runner.inputs |= {"password": "a token", "attestations": "required"}


@mistake(cause="from a fork", fix="`dry-run: true`")
def pull_request_from_a_fork(stage: Stage) -> None:
    stage.runner.variables |= NO_REQUEST_TOKEN
    stage.runner.job = Job(event_name="pull_request")
    stage.runner.event = {"pull_request": {"head": {"repo": {"id": 2}}, "base": {"repo": {"id": 1}}}}


@mistake(cause="`pull_request_target`", fix="release or a tag")
def pull_request_target(stage: Stage) -> None:
    stage.runner.job = Job(event_name="pull_request_target")


@mistake(cause="environment `staging`", fix="[Rr]egister|change the job")
def wrong_environment(stage: Stage) -> None:
    stage.github.job = Job(environment="staging")


@mistake(cause="environment .{0,4}none", fix="`environment:`")
def no_environment(stage: Stage) -> None:
    stage.github.job = Job(environment=None)


@mistake(cause="workflow `publish.yml`", fix="[Rr]egister|change the job")
def renamed_workflow(stage: Stage) -> None:
    stage.github.job = Job(workflow="publish.yml")


@mistake(cause="reusable workflow", fix="`release.yml`")
def reusable_workflow(stage: Stage) -> None:
    build = stage.github.job.workflow_ref.replace("release.yml", "publish.yml")
    stage.github.claims = {"job_workflow_ref": build}


@mistake(cause="repository `renamed`", fix="[Rr]egister|change the job")
def renamed_repository(stage: Stage) -> None:
    stage.github.job = Job(name="renamed")


@mistake(cause="`password` is empty", fix="`id-token: write`|secret")
def empty_secret(stage: Stage) -> None:
    stage.runner.inputs["trusted-publishing"] = "never"


@mistake(cause="`user` is set but `password` is empty", fix="secret")
def empty_secret_with_user(stage: Stage) -> None:
    stage.runner.inputs["user"] = "ci"


@mistake(cause="`alice`", fix="`__token__`")
def user_name_on_pypi(stage: Stage) -> None:
    stage.runner.inputs |= {"repository-url": PYPI, "check-url": "", "user": "alice", "password": "alice's password"}


@mistake(cause="another project|other projects|not valid for", fix="token")
def token_of_another_project(stage: Stage) -> None:
    code = "403 Invalid API Token: project-scoped token is not valid for project: 'sample'"
    stage.runner.inputs["password"] = "pypi-of-another-project"
    stage.index.script("upload", Answer.of_json(403, {"code": code}))


# --- Files


@mistake(cause="`distt`", fix="`packages-dir`")
def wrong_directory(stage: Stage) -> None:
    stage.runner.inputs["packages-dir"] = "distt"


@mistake(cause="No wheel or sdist", fix="[Bb]uild or download")
def empty_directory(stage: Stage) -> None:
    (stage.runner.workspace / "empty").mkdir()
    stage.runner.inputs["packages-dir"] = "empty"


@mistake(cause="`/home/runner/work/sample/sample/dist`", fix="relative to the workspace, such as `dist`")
def directory_on_the_runner(stage: Stage) -> None:
    # What `${{ github.workspace }}/dist` is on GitHub's own runners; the container has its workspace elsewhere.
    stage.runner.inputs["packages-dir"] = "/home/runner/work/sample/sample/dist"


@mistake(cause="[Ss]ubdirector", fix="`merge-multiple: true`")
def nested_artifacts_of_a_matrix(stage: Stage) -> None:
    for number in range(40):
        directory = stage.dist / f"artifact-{number}"
        directory.mkdir()
        build_wheel(directory, filename=f"sample-1.0-{number}-py3-none-any.whl")


@mistake(cause="[Ss]ubdirector", fix="`merge-multiple: true`")
def nested_artifacts(stage: Stage) -> None:
    for path in sorted(stage.dist.iterdir()):
        directory = stage.dist / f"artifact-{path.suffix[1:]}"
        directory.mkdir()
        path.rename(directory / path.name)


@mistake(cause="No wheel or sdist", fix="`packages-dir`")
def foreign_files(stage: Stage) -> None:
    for path in stage.dist.iterdir():
        path.rename(path.with_suffix(".txt"))


@mistake(cause="(different|other) content", fix="new version|`skip-existing: true`")
def other_content_exists(stage: Stage) -> None:
    stage.index.add("sample-1.0.tar.gz", b"other content")


@mistake(cause="used before|already used|deleted", fix="new version")
def file_name_used_before(stage: Stage) -> None:
    stage.index.deleted.add("sample-1.0.tar.gz")


@mistake(cause="`linux_x86_64`", fix="`auditwheel repair`")
def linux_tag(stage: Stage) -> None:
    stage.runner.inputs["index-rules"] = "pypi"
    build_wheel(stage.dist, tag=LINUX)


@mistake(cause="`linux_x86_64`", fix="`auditwheel repair`")
def linux_tag_of_40_wheels(stage: Stage) -> None:
    stage.runner.inputs["index-rules"] = "pypi"
    for number in range(40):
        build_wheel(stage.dist, filename=f"sample-1.0-{number}-cp313-cp313-linux_x86_64.whl", tag=LINUX)


@mistake(cause="`linux_x86_64`.*`sample-.*` and 39 more", fix="`auditwheel repair`")
def linux_tag_of_40_wheels_with_long_names(stage: Stage) -> None:
    stage.runner.inputs["index-rules"] = "pypi"
    tag = "cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.linux_x86_64"
    for number in range(40):
        build_wheel(stage.dist, filename=f"sample-1.0-{number}-{tag}.whl", tag=tag)


@mistake(cause=r"`1\.0\+local`", fix="`fetch-depth: 0`|clean checkout|tag")
def local_version(stage: Stage) -> None:
    stage.runner.inputs["index-rules"] = "pypi"
    _rebuild(stage, version="1.0+local")


@mistake(cause="render|reStructuredText", fix="`readme`|description")
def broken_readme(stage: Stage) -> None:
    stage.runner.inputs["index-rules"] = "pypi"
    _rebuild(stage, description="Title\n===\n\n.. toctree::\n\n   usage\n")


@mistake(cause="no content type", fix='`readme = "README.md"`')
def no_content_type(stage: Stage) -> None:
    stage.runner.inputs["index-rules"] = "pypi"
    _rebuild(stage, description="# Sample\n\n- [usage](usage.md)\n  *and* ``more\n\n    .. code\n\nA |sub| and `x <y\n")


@mistake(cause="`v1.1`|`1.1`", fix="tag|version")
def version_mismatch(stage: Stage) -> None:
    stage.runner.inputs["expected-version"] = "v1.1"


@mistake(cause="`demo-v1.2.0`", fix=r"`1\.2\.0`|`v1\.2\.0`|prefix")
def tag_with_a_prefix(stage: Stage) -> None:
    stage.runner.inputs["expected-version"] = "demo-v1.2.0"


@mistake(cause="`main`", fix="`github.ref_name` is a tag only if")
def branch_as_version(stage: Stage) -> None:
    stage.runner.inputs["expected-version"] = "main"


@mistake(cause="2 versions side by side", fix="empty directory")
def two_versions(stage: Stage) -> None:
    build_wheel(stage.dist, version="0.9")


@mistake(cause="too similar", fix="[Cc]hoose another|another (project )?name")
def name_not_allowed(stage: Stage) -> None:
    code = "400 The name 'sample' is too similar to an existing project. See the help for more information."
    stage.index.script("upload", Answer.of_json(400, {"code": code}))


# --- Inputs and connections


@mistake(cause="`http://index.example/legacy/`", fix="`?https")
def insecure_url(stage: Stage) -> None:
    stage.runner.inputs["repository-url"] = "http://index.example/legacy/"


@mistake(cause="Simple API|`https://pypi.org/simple/`", fix="`https://upload.pypi.org/legacy/`")
def url_of_the_simple_api(stage: Stage) -> None:
    stage.runner.inputs["repository-url"] = "https://pypi.org/simple/"


@mistake(cause="`https://pypi.org/project/sample/`", fix="`https://upload.pypi.org/legacy/`")
def url_of_the_project_page(stage: Stage) -> None:
    stage.runner.inputs["repository-url"] = "https://pypi.org/project/sample/"


@mistake(cause="`https://test.pypi.org/`", fix="`https://test.pypi.org/legacy/`")
def url_without_a_path(stage: Stage) -> None:
    stage.runner.inputs["repository-url"] = "https://test.pypi.org/"


@mistake(cause="`testpypi`", fix="`https://test.pypi.org/legacy/`")
def name_of_an_index(stage: Stage) -> None:
    stage.runner.inputs["repository-url"] = "testpypi"


@mistake(cause="[Cc]onnection refused", fix="service container")
def index_down(stage: Stage) -> None:
    stage.runner.inputs |= {"repository-url": "http://127.0.0.2:9/legacy/", "check-url": ""}
    stage.runner.inputs |= {"max-attempts": "2", "password": "a token"}


@mistake(cause="timeout|no progress|stalled|longer", fix="`timeout`")
def slow_network(stage: Stage) -> None:
    stage.runner.inputs |= {"timeout": "1", "max-attempts": "1"}
    stage.index_proxy.script(*[HANG] * 2, path=UPLOAD.path)


@mistake(cause="`dry_run`", fix="did you mean `dry-run`|Did you mean `dry-run`")
def misspelled_input(stage: Stage) -> None:
    stage.runner.variables["INPUT_DRY_RUN"] = "true"


@mistake(cause="`perhaps`", fix="`true`")
def bad_boolean(stage: Stage) -> None:
    stage.runner.inputs["skip-existing"] = "perhaps"


@pytest.mark.parametrize("prepare", MISTAKES, ids=lambda prepare: prepare.__name__)
def test_mistake__its_annotation_names_cause_and_fix_before_the_fold(stage: Stage, prepare: Mistake) -> None:
    build_release(stage.dist, wheels=1)
    prepare(stage)
    run = stage.perform()
    cause, fix = MISTAKES[prepare]
    assert run.exit_status in {1, 2}
    assert any(_explains(error, cause, fix) for error in run.annotations("error")), run.log
    assert_well_written(run)
    check_run(f"mistakes/{prepare.__name__}", stage, run)


def assert_well_written(run: Run) -> None:
    """Check titles, and that nothing is said twice."""
    errors = run.annotations("error")
    texts = [error.data for error in errors]
    assert len(set(texts)) == len(texts)
    for error in errors:
        title = error.properties["title"]
        assert title not in IDS
        assert re.fullmatch(r"[A-Z`].*[^.]", title), title
    lines = [line for line in run.log.splitlines() if len(line) > 40]  # captions may repeat
    assert len(set(lines)) == len(lines), sorted(line for line in lines if lines.count(line) > 1)


def _explains(error: Command, cause: str, fix: str) -> bool:
    shown = error.data[:FOLD]
    return bool(re.search(cause, shown) and re.search(fix, shown))


def _rebuild(stage: Stage, version: str = "1.0", description: str = "") -> None:
    for path in stage.dist.iterdir():
        path.unlink()
    build_wheel(stage.dist, version=version, description=description)
    build_sdist(stage.dist, version=version, description=description)
