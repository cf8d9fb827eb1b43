"""Every path that a run can take, told with fakes."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.builders import build_sdist, build_wheel
from tests.fakes.commands import parse_commands
from tests.fakes.index import FakeIndex
from tests.fakes.runner import FileCommands
from tests.fakes.serving import serve
from tests.fakes.uploads import parse_basic
from tests.integration.matrix import answer
from tests.integration.stage import Stage, build_release, endpoints, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.runner import Run
    from tests.fakes.service import Seen

WHEEL = "sample-1.0-py3-none-any.whl"
SDIST = "sample-1.0.tar.gz"


def refused_without_a_request(stage: Stage, run: Run, *words: str) -> None:
    """Hold a run to having ended before any request, with an explanation and no traceback."""
    assert run.exit_status in {1, 2}
    assert not stage.requests
    assert run.errors
    told = [f"{error.properties['title']}\n{error.data}" for error in run.annotations("error")]
    for word in words:
        assert any(word in text for text in told), (word, told)
    assert "Traceback" not in run.raw_log
    assert run.outputs.get("result", "failed") == "failed"


# --- Trusted Publishing


def test_trusted_publishing__every_request_in_order(stage: Stage) -> None:
    build_release(stage.dist)
    run = stage.perform({"max-parallel": "1"})
    assert run.exit_status == 0
    assert run.outputs["result"] == "published"
    assert endpoints(stage.index.requests) == ["simple", "audience", "mint", *["upload"] * 3, "burn"]
    assert endpoints(stage.github.requests) == ["id-token"]
    assert stage.index.seen("upload")[-1].filename == SDIST
    assert set(outcomes(run).values()) == {"uploaded"}
    assert [token.burned for token in stage.index.tokens.values()] == [True]


def test_trusted_publishing__index_credentials_stay_with_uploads(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.perform()
    shown = {seen.endpoint: "authorization" in seen.headers for seen in stage.requests}
    assert shown == {
        "id-token": True,
        "simple": False,
        "audience": False,
        "mint": False,
        "upload": True,
        "burn": False,
    }


def test_trusted_publishing__first_file_alone_then_together(stage: Stage) -> None:
    build_release(stage.dist, wheels=5)
    together = asyncio.Event()

    async def meet(seen: Seen) -> None:
        uploads = stage.index.seen("upload")
        if seen.endpoint == "upload" and seen is not uploads[0] and seen.filename != SDIST:
            if len(uploads) == 5:
                together.set()
            await together.wait()  # whoever sends one after the other never gets past this

    stage.index.pause = meet
    assert stage.perform().exit_status == 0
    first, *others = stage.index.seen("upload")
    assert not any(first.overlaps(other) for other in others)
    assert others[-1].filename == SDIST
    assert not any(others[-1].overlaps(other) for other in others[:-1])
    assert all(one.overlaps(other) for one in others[:-1] for other in others[:-1] if one is not other)


def test_second_run__nothing_is_minted_or_sent(stage: Stage) -> None:
    build_release(stage.dist)
    stage.perform()
    before = len(stage.index.requests)
    run = stage.perform()
    assert run.exit_status == 0
    assert run.outputs["result"] == "unchanged"
    assert set(outcomes(run).values()) == {"existing"}
    assert endpoints(stage.index.requests[before:]) == ["simple"]


def test_refused_exchange__claims_and_the_indexs_words(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index.publishers.clear()
    run = stage.perform()
    assert run.exit_status == 1
    assert not stage.index.seen("upload")
    assert len(stage.index.seen("mint")) == 1
    assert any("invalid-publisher" in error for error in run.errors)
    assert "octo-org" in run.summary
    assert "release.yml" in run.summary
    assert outcomes(run) == {WHEEL: "not-tried"}


def test_refused_id_token(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.runner.variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "another"
    run = stage.perform()
    assert run.exit_status == 1
    assert any("GitHub's token service gave no ID token" in error for error in run.errors)
    assert not stage.index.seen("mint")


def test_index_without_trusted_publishing(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index_proxy.script(*[answer(404)] * 5, path="/_/oidc/audience")
    run = stage.perform()
    assert run.exit_status == 1
    assert any("does not support Trusted Publishing" in error for error in run.errors)
    assert not stage.github.requests


# --- Which way to authenticate


@pytest.mark.parametrize("mode", ["automatic", "never"])
def test_password__no_id_token_is_asked_for(stage: Stage, mode: str) -> None:
    build_wheel(stage.dist)
    stage.index.users["robot"] = "pass-word"
    run = stage.perform({"trusted-publishing": mode, "user": "robot", "password": "pass-word"})
    assert run.exit_status == 0
    assert endpoints(stage.requests) == ["simple", "upload"]
    assert parse_basic(stage.index.seen("upload")[0].headers["authorization"]) == ("robot", "pass-word")


def test_password__wrong(stage: Stage) -> None:
    build_wheel(stage.dist)
    run = stage.perform({"password": "wrong-password"})
    assert run.exit_status == 1
    assert outcomes(run) == {WHEEL: "refused"}
    assert "wrong-password" not in "\n".join(line for line in run.raw_log.splitlines() if "add-mask" not in line)


@pytest.mark.parametrize(
    ("mode", "password", "words"),
    [
        ("always", "given", "trusted-publishing: always"),
        ("never", "", "is required"),
        ("sometimes", "", "is not one of"),
    ],
)
def test_contradictions__before_any_request(stage: Stage, mode: str, password: str, words: str) -> None:
    build_wheel(stage.dist)
    run = stage.perform({"trusted-publishing": mode, "password": password})
    assert run.exit_status == 2
    refused_without_a_request(stage, run, words)


REQUEST_VARIABLES = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")


@pytest.mark.parametrize("mode", ["automatic", "always"])
def test_missing_permission(stage: Stage, mode: str) -> None:
    build_wheel(stage.dist)
    stage.runner.variables |= dict.fromkeys(REQUEST_VARIABLES)
    run = stage.perform({"trusted-publishing": mode})
    assert run.exit_status == 2
    refused_without_a_request(stage, run, "id-token: write")


@pytest.mark.parametrize("variable", REQUEST_VARIABLES)
def test_half_a_permission(stage: Stage, variable: str) -> None:
    build_wheel(stage.dist)
    stage.runner.variables[variable] = None
    run = stage.perform()
    assert run.exit_status == 2
    refused_without_a_request(stage, run, variable)


def test_fork(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.runner.variables |= {**dict.fromkeys(REQUEST_VARIABLES), "GITHUB_EVENT_NAME": "pull_request"}
    stage.runner.event = {"pull_request": {"head": {"repo": {"id": 2}}, "base": {"repo": {"id": 1}}}}
    run = stage.perform()
    assert run.exit_status == 2
    refused_without_a_request(stage, run, "fork")


def test_pull_request_target(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.runner.variables["GITHUB_EVENT_NAME"] = "pull_request_target"
    run = stage.perform()
    assert run.exit_status == 2
    refused_without_a_request(stage, run, "pull_request_target")


def test_not_in_actions(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.runner.variables["GITHUB_ACTIONS"] = None
    run = stage.perform()
    assert run.exit_status == 2
    assert not stage.requests
    assert "GitHub Actions only" in run.raw_log
    assert not parse_commands(run.raw_log)


# --- What the index has already


def test_other_content__found_before_anything_is_uploaded(stage: Stage) -> None:
    build_release(stage.dist)
    stage.index.add(SDIST, b"other content")
    run = stage.perform()
    assert run.exit_status == 1
    assert endpoints(stage.requests) == ["simple"]
    assert outcomes(run)[SDIST] == "refused"
    assert any("other content" in error for error in run.errors)


def test_other_content__skipped_when_asked_for(stage: Stage) -> None:
    build_release(stage.dist)
    stage.index.add(SDIST, b"other content")
    run = stage.perform({"skip-existing": "true"})
    assert run.exit_status == 0
    assert outcomes(run)[SDIST] == "skipped"
    assert any("skipped" in warning for warning in run.warnings)
    assert len(stage.index.seen("upload")) == 2
    assert stage.index.read(SDIST) == b"other content"


def test_identical_content__only_the_rest_is_sent(stage: Stage) -> None:
    build_release(stage.dist)
    stage.index.add(SDIST, (stage.dist / SDIST).read_bytes())
    run = stage.perform()
    assert run.exit_status == 0
    assert outcomes(run)[SDIST] == "existing"
    assert SDIST not in {seen.filename for seen in stage.index.seen("upload")}


@pytest.mark.parametrize("skip", ["true", "false"])
def test_other_content__without_a_check_url(stage: Stage, skip: str) -> None:
    build_wheel(stage.dist)
    stage.index.add(WHEEL, b"other content")
    run = stage.perform({"check-url": "", "skip-existing": skip})
    assert run.exit_status == (0 if skip == "true" else 1)
    assert outcomes(run) == {WHEEL: "skipped" if skip == "true" else "refused"}


def test_check_url__user_info_is_masked_and_sent_to_it_alone(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index.readers["reader"] = "listing-password"
    url = stage.runner.inputs["check-url"].replace("://", "://reader:listing-password@")
    run = stage.perform({"check-url": url})
    assert run.exit_status == 0
    assert "is not known" not in run.raw_log
    assert "listing-password" in run.masks
    visible = [line for line in run.raw_log.splitlines() if not line.startswith("::add-mask::")]
    assert "listing-password" not in "\n".join([*visible, run.summary, *run.outputs.values()])
    for seen in stage.requests:
        told = parse_basic(seen.headers.get("authorization", ""))
        assert (told == ("reader", "listing-password")) == (seen.endpoint == "simple")


# --- Dry run


def test_dry_run__no_credentials_and_no_exchange(stage: Stage) -> None:
    build_release(stage.dist)
    stage.index.add(SDIST, (stage.dist / SDIST).read_bytes())
    stage.runner.variables |= {**dict.fromkeys(REQUEST_VARIABLES), "GITHUB_EVENT_NAME": "pull_request"}
    run = stage.perform({"dry-run": "true"})
    assert run.exit_status == 0
    assert run.outputs["result"] == "dry-run"
    assert sorted(outcomes(run).values()) == ["existing", "would-upload", "would-upload"]
    assert endpoints(stage.requests) == ["simple"]


def test_dry_run__says_what_would_be_refused(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index.add(WHEEL, b"other content")
    run = stage.perform({"dry-run": "true"})
    assert run.exit_status == 1
    assert run.outputs["result"] == "failed"
    assert outcomes(run) == {WHEEL: "refused"}


def test_dry_run__compares_with_the_index_whatever_was_found_before(stage: Stage) -> None:
    build_wheel(stage.dist, metadata=[("Summary", "x" * 600)])
    build_sdist(stage.dist)
    stage.index.add(SDIST, b"other content")
    run = stage.perform({"dry-run": "true", "index-rules": "pypi"})
    assert run.exit_status == 1
    assert all(words in "".join(run.errors) for words in ("600 characters", "other content"))
    assert outcomes(run) == {WHEEL: "not-tried", SDIST: "refused"}
    assert "Would upload" not in run.raw_log


def test_dry_run__errors_keep_everything_from_being_uploaded(stage: Stage) -> None:
    build_release(stage.dist, wheels=1)
    stage.index.add("Sample-1.0.zip", b"an sdist")
    run = stage.perform({"dry-run": "true", "index-rules": "pypi"})
    assert any("`Sample-1.0.zip`" in error for error in run.errors)
    assert set(outcomes(run).values()) == {"not-tried"}
    assert "Would upload" not in run.raw_log


def test_dry_run__counts_the_files_that_cannot_be_read(stage: Stage) -> None:
    build_wheel(stage.dist)
    (stage.dist / SDIST).write_bytes(b"no archive")
    assert "checking 2 distributions" in stage.perform({"dry-run": "true"}).raw_log


# --- Rehearsal


@pytest.fixture
def test_index(stage: Stage) -> Iterator[FakeIndex]:
    """Have a test index of its own, and rehearse on it."""
    index = FakeIndex(stage.github)
    index.audience = "test-index"
    index.register()
    with serve(index) as served:
        stage.runner.inputs["test-index-url"] = f"{served.url}/legacy/"
        yield index


def test_rehearsal__then_the_real_index(stage: Stage, test_index: FakeIndex) -> None:
    names = build_release(stage.dist)
    run = stage.perform()
    assert run.exit_status == 0
    assert test_index.filenames() == stage.index.filenames() == names
    assert len(stage.github.issued) == 2
    assert all(token.burned for token in (*test_index.tokens.values(), *stage.index.tokens.values()))
    assert len(test_index.tokens) == len(stage.index.tokens) == 1


def test_rehearsal__refused_leaves_the_real_index_alone(stage: Stage, test_index: FakeIndex) -> None:
    build_release(stage.dist)
    test_index.deleted.add(SDIST)
    run = stage.perform()
    assert run.exit_status == 1
    assert endpoints(stage.index.requests) == ["simple"]
    assert set(outcomes(run).values()) == {"not-tried"}
    assert any("previously used" in error for error in run.errors)


def test_rehearsal__exchange_refused_leaves_the_real_index_alone(stage: Stage, test_index: FakeIndex) -> None:
    build_wheel(stage.dist)
    test_index.publishers.clear()
    run = stage.perform()
    assert run.exit_status == 1
    assert endpoints(stage.index.requests) == ["simple"]
    assert any("invalid-publisher" in error for error in run.errors)


def test_rehearsal__other_content_counts_with_a_warning(stage: Stage, test_index: FakeIndex) -> None:
    build_wheel(stage.dist)
    test_index.add(WHEEL, b"an earlier build")
    run = stage.perform()
    assert run.exit_status == 0
    assert outcomes(run) == {WHEEL: "uploaded"}
    assert any(WHEEL in warning for warning in run.warnings)


def test_rehearsal__with_a_password_there_only(stage: Stage, test_index: FakeIndex) -> None:
    build_wheel(stage.dist)
    test_index.users["__token__"] = "test-secret"
    run = stage.perform({"test-password": "test-secret"})
    assert run.exit_status == 0
    assert endpoints(test_index.requests) == ["upload"]
    assert len(stage.github.issued) == 1


# --- Waiting


def test_wait__until_listed(stage: Stage) -> None:
    build_release(stage.dist)
    stage.index.listing_lag = 3
    run = stage.perform({"wait-for-index": "30"})
    assert run.exit_status == 0
    assert len(stage.index.seen("simple")) == 5
    assert "Waiting for the index: 0 of 3 listed" in run.raw_log


def test_wait__not_all_there_in_time(stage: Stage) -> None:
    build_release(stage.dist)
    stage.first_wait = 0.05
    stage.index.listing_lag = 10_000
    stage.index.add(SDIST, (stage.dist / SDIST).read_bytes()).listings_to_miss = 0
    run = stage.perform({"wait-for-index": "1"})
    assert run.exit_status == 1
    assert run.outputs["result"] == "failed"
    assert set(outcomes(run).values()) == {"uploaded", "existing"}
    missing = next(error for error in run.errors if "After 1 s the index did not list" in error)
    assert "sample-1.0-cp30" in missing
    assert SDIST not in missing


def test_wait__a_skipped_file_is_not_waited_for(stage: Stage) -> None:
    build_release(stage.dist)
    stage.index.add(SDIST, b"other content")
    assert stage.perform({"wait-for-index": "30", "skip-existing": "true"}).exit_status == 0


# --- What the runner offers


@pytest.mark.parametrize("lacking", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
def test_file_commands__missing(stage: Stage, lacking: str) -> None:
    build_wheel(stage.dist)
    stage.runner.variables[lacking] = None
    run = stage.perform()
    assert run.exit_status == 0
    assert bool(run.outputs) == (lacking != "GITHUB_OUTPUT")
    assert bool(run.summary) == (lacking != "GITHUB_STEP_SUMMARY")


@pytest.mark.parametrize("what", ["output", "summary"])
def test_file_commands__unwritable(stage: Stage, what: str) -> None:
    build_wheel(stage.dist)
    files = FileCommands.create(stage.runner.file_commands)
    path = getattr(files, what)
    path.unlink()
    path.mkdir()
    run = stage.perform(files=files)
    assert run.exit_status == 0
    assert stage.index.filenames() == [WHEEL]
    assert any("could not be written" in warning for warning in run.warnings)


# --- What is to be published


def test_expectations__met(stage: Stage) -> None:
    build_wheel(stage.dist)
    run = stage.perform({"expected-version": "refs/tags/v1.0", "expected-projects": "Sample"})
    assert run.exit_status == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("expected-version", "v2.0"), ("expected-projects", "other"), ("expected-projects", "sample\nx")],
)
def test_expectations__not_met(stage: Stage, name: str, value: str) -> None:
    build_wheel(stage.dist)
    run = stage.perform({name: value})
    assert run.exit_status == 1
    refused_without_a_request(stage, run)


def test_tag__of_a_final_release_and_files_of_another(stage: Stage) -> None:
    build_wheel(stage.dist, version="1.1.dev3")
    stage.runner.variables["GITHUB_REF"] = "refs/tags/v1.0"
    told = "`1.1.dev3` is a pre-release, the tag says `1.0`"
    assert any(told in warning for warning in stage.perform({"dry-run": "true"}).warnings)
    run = stage.perform({"dry-run": "true", "expected-version": "v1.0"})
    assert not any(told in warning for warning in run.warnings)
    assert run.exit_status == 1


def test_foreign_files__listed_and_ignored(stage: Stage) -> None:
    build_wheel(stage.dist)
    (stage.dist / "SHA256SUMS").write_text("x")
    (stage.dist / "sub").mkdir()
    run = stage.perform()
    assert run.exit_status == 0
    assert stage.index.filenames() == [WHEEL]
    assert "SHA256SUMS" in run.raw_log


def test_several_projects(stage: Stage) -> None:
    build_wheel(stage.dist)
    build_wheel(stage.dist, "other", "2.0")
    stage.index.users["__token__"] = "secret-token"
    run = stage.perform({"password": "secret-token"})
    assert run.exit_status == 0
    assert json.loads(run.outputs["projects"]) == ["other", "sample"]
    assert run.outputs["version"] == ""


# --- Bad input: nothing is sent, nothing breaks


def test_bad_input__nothing_there(stage: Stage) -> None:
    run = stage.perform()
    assert run.exit_status == 2
    refused_without_a_request(stage, run, "`dist`")


def test_bad_input__missing_directory(stage: Stage) -> None:
    run = stage.perform({"packages-dir": "build/nowhere"})
    assert run.exit_status == 2
    refused_without_a_request(stage, run, "build/nowhere")


def test_bad_input__outside_of_the_workspace(stage: Stage) -> None:
    run = stage.perform({"packages-dir": "../../*"})
    assert run.exit_status == 2
    refused_without_a_request(stage, run, "workspace")


def test_bad_input__empty_file(stage: Stage) -> None:
    build_sdist(stage.dist)
    (stage.dist / WHEEL).write_bytes(b"")
    refused_without_a_request(stage, stage.perform(), WHEEL)


@pytest.mark.parametrize("name", [WHEEL, SDIST])
def test_bad_input__no_archive(stage: Stage, name: str) -> None:
    (stage.dist / name).write_bytes(b"no archive at all")
    refused_without_a_request(stage, stage.perform(), name)


@pytest.mark.parametrize("build", [build_wheel, build_sdist])
def test_bad_input__truncated(stage: Stage, build: type) -> None:
    path = build(stage.dist, size=5000)
    path.write_bytes(path.read_bytes()[:3000])
    refused_without_a_request(stage, stage.perform(), path.name)


def test_bad_input__directory_named_like_a_wheel(stage: Stage) -> None:
    (stage.dist / WHEEL).mkdir()
    refused_without_a_request(stage, stage.perform(), WHEEL)


def test_bad_input__fifo(stage: Stage) -> None:
    os.mkfifo(stage.dist / WHEEL)
    refused_without_a_request(stage, stage.perform(), WHEEL)


def test_bad_input__symlink_out_of_the_workspace(stage: Stage) -> None:
    outside = stage.runner.home / WHEEL
    build_wheel(stage.runner.home)
    (stage.dist / WHEEL).symlink_to(outside)
    refused_without_a_request(stage, stage.perform(), WHEEL)


@pytest.mark.parametrize("name", ["sample-1.0\n::error::x-py3-none-any.whl", "sample-1.0-\x1b[31m-none-any.whl"])
def test_bad_input__control_characters_in_a_name(stage: Stage, name: str) -> None:
    build_wheel(stage.dist).rename(stage.dist / name)
    run = stage.perform()
    refused_without_a_request(stage, run)
    assert "\x1b" not in run.raw_log
    assert not any(error == "x" for error in run.errors)


def test_bad_input__zip_sdist(stage: Stage) -> None:
    build_wheel(stage.dist)
    (stage.dist / "sample-1.0.zip").write_bytes(b"PK")
    refused_without_a_request(stage, stage.perform(), "sample-1.0.zip")


def test_bad_input__one_name_twice(stage: Stage) -> None:
    for directory in ("one", "two"):
        (stage.runner.workspace / directory).mkdir()
        build_wheel(stage.runner.workspace / directory)
    refused_without_a_request(stage, stage.perform({"packages-dir": "one\ntwo"}), WHEEL)


def test_bad_input__name_and_metadata_disagree(stage: Stage) -> None:
    build_wheel(stage.dist, "sample", "1.0").rename(stage.dist / "sample-2.0-py3-none-any.whl")
    refused_without_a_request(stage, stage.perform(), "2.0")


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"repository-url": "index.example/legacy/"}, "`repository-url`"),
        ({"repository-url": "http://index.example/legacy/"}, "must start with `https://`"),
        ({"repository-url": "https://user:hunter2@index.example/legacy/"}, "must not contain a user name or password"),
        ({"password": "hunter2\n"}, "`password`"),
        ({"user": "a:b"}, "`user`"),
        ({"max-parallel": "0"}, "`max-parallel`"),
        ({"timeout": "soon"}, "`timeout`"),
        ({"dry-run": "perhaps"}, "`dry-run`"),
        ({"expected-version": "one"}, "`expected-version`"),
        ({"wait-for-index": "5", "check-url": ""}, "needs `check-url`"),
    ],
)
def test_bad_input__settings(stage: Stage, inputs: dict[str, str], words: str) -> None:
    build_wheel(stage.dist)
    run = stage.perform(inputs)
    assert run.exit_status == 2
    refused_without_a_request(stage, run, words)
    assert "hunter2" not in run.raw_log


def test_bad_input__all_of_it_at_once(stage: Stage) -> None:
    build_wheel(stage.dist)
    run = stage.perform({"max-parallel": "none", "timeout": "soon", "attestations": "maybe"})
    assert run.exit_status == 2
    assert len(run.errors) == 3
