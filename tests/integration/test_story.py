"""Every path through a run, against fakes."""

from collections.abc import Iterator

import pytest

from tests.builders import build_sdist, build_wheel
from tests.fakes.commands import parse_commands
from tests.fakes.index import FakeIndex
from tests.fakes.service import Answer, Seen
from tests.fakes.uploads import parse_basic
from tests.integration.matrix import answer
from tests.integration.stage import Stage, build_release, endpoints, rehearse, says

WHEEL = "sample-1.0-py3-none-any.whl"
SDIST = "sample-1.0.tar.gz"


# --- Trusted Publishing


def test_trusted_publishing__every_request_in_order(stage: Stage) -> None:
    build_release(stage.dist)
    (stage.dist / "SHA256SUMS").write_text("x")
    run = stage.perform({"max-parallel": "1"})
    assert run.exit_status == 0
    assert "SHA256SUMS" in run.raw_log
    assert run.outputs["result"] == "published"
    assert endpoints(stage.index.requests) == ["simple", "audience", "mint", *["upload"] * 3, "burn"]
    assert endpoints(stage.github.requests) == ["id-token"]
    assert stage.index.seen("upload")[-1].filename == SDIST
    assert set(run.outcomes.values()) == {"uploaded"}
    assert [token.burned for token in stage.index.tokens.values()] == [True]
    assert {seen.endpoint for seen in stage.requests if "authorization" in seen.headers} == {"id-token", "upload"}


# --- Authentication


@pytest.mark.parametrize("mode", ["automatic", "never"])
def test_password__no_id_token_is_asked_for(stage: Stage, mode: str) -> None:
    build_wheel(stage.dist)
    stage.index.users["robot"] = "pass-word"
    run = stage.perform({"trusted-publishing": mode, "user": "robot", "password": "pass-word"})
    assert run.exit_status == 0
    assert "pass-word" in run.masks
    assert endpoints(stage.requests) == ["simple", "upload"]
    assert parse_basic(stage.index.seen("upload")[0].headers["authorization"]) == ("robot", "pass-word")


# --- Existing files


def test_other_content__skipped_when_asked_for(stage: Stage) -> None:
    build_release(stage.dist)
    stage.index.add(SDIST, b"other content")
    run = stage.perform({"skip-existing": "true"})
    assert run.exit_status == 0
    assert run.outcomes[SDIST] == "skipped"
    assert any("skipped" in warning.lower() for warning in run.warnings)
    assert len(stage.index.seen("upload")) == 2
    assert stage.index.read(SDIST) == b"other content"


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
        sent = parse_basic(seen.headers.get("authorization", ""))
        assert (sent == ("reader", "listing-password")) == (seen.endpoint == "simple")


# --- Dry run


def test_dry_run__projects_that_the_index_does_not_have(stage: Stage) -> None:
    build_wheel(stage.dist, "newer")
    build_wheel(stage.dist, "new")
    assert "/simple/ has no page for new, newer: new projects" in stage.perform({"dry-run": "true"}).raw_log


def test_dry_run__listings_that_cannot_be_used_for_one_reason_are_one_annotation(stage: Stage) -> None:
    build_wheel(stage.dist, "one")
    build_wheel(stage.dist, "two")
    for project in ("one", "two"):
        location = f"https://login.example/?next=/simple/{project}/"
        stage.index_proxy.script(answer(302, Location=location), path=f"/simple/{project}/")
    run = stage.perform({"dry-run": "true"})
    (warning,) = (each for each in run.annotations("warning") if "check-url" in each.data)
    assert warning.properties["title"] == "Existing files unknown"
    assert "it leads to another origin, `https://login.example/`): `one`, `two`" in warning.data


def test_dry_run__facts_of_the_listing(stage: Stage) -> None:
    build_wheel(stage.dist)
    build_sdist(stage.dist)
    existing = stage.index.add(SDIST, (stage.dist / SDIST).read_bytes())
    existing.uploaded, existing.yanked, existing.provenance = "2001-01-01T00:00:00Z", "broken", "https://x.example/"
    run = stage.perform({"dry-run": "true", "index-rules": "pypi"})
    assert {each["filename"]: each["attested"] for each in run.distributions} == {WHEEL: False, SDIST: True}
    (error,) = run.errors
    assert "accepted for 14 days only: `sample-1.0-py3-none-any.whl`" in error
    assert says(run.warnings, "`sample` 1.0 is yanked on the index: `sample-1.0-py3-none-any.whl`")


def test_dry_run__compares_with_the_index_whatever_was_found_before(stage: Stage) -> None:
    build_wheel(stage.dist, metadata=[("Summary", "x" * 600)])
    build_sdist(stage.dist)
    stage.index.add(SDIST, b"other content")
    run = stage.perform({"dry-run": "true", "index-rules": "pypi"})
    assert run.exit_status == 1
    assert all(words in "".join(run.errors) for words in ("600 characters", "other content"))
    assert run.outcomes == {WHEEL: "not-tried", SDIST: "refused"}
    assert "Would upload" not in run.raw_log


# --- Rehearsal


@pytest.fixture
def test_index(stage: Stage) -> Iterator[FakeIndex]:
    """Rehearse on an index of its own."""
    with rehearse(stage) as index:
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
    assert endpoints(stage.index.requests) == ["simple", "audience", "mint", "burn"]
    assert set(run.outcomes.values()) == {"not-tried"}
    assert any("previously used" in error for error in run.errors)


OUTAGE = [Answer(503)] * 5


@pytest.mark.parametrize(
    ("refusing", "outage", "words"),
    [
        ({"real"}, [], "environment `pypi`, but `127.0.0.1` has one."),
        ({"real", "test"}, [], "environment `pypi`, and neither does `127.0.0.1`."),
        ({"real"}, OUTAGE, "environment `pypi`."),
        (set(), OUTAGE, "`127.0.0.1` answered 503 Service Unavailable in 5 attempts"),
    ],
)
def test_rehearsal__a_refused_exchange_says_what_the_other_index_says(
    stage: Stage, test_index: FakeIndex, refusing: set[str], outage: list[Answer], words: str
) -> None:
    build_wheel(stage.dist)
    for name, index in {"real": stage.index, "test": test_index}.items():
        if name in refusing:
            index.publishers.clear()
    test_index.script("audience", *outage)
    run = stage.perform()
    assert run.exit_status == 1
    (error,) = run.errors
    assert words in error


def test_rehearsal__other_content_counts_with_a_warning(stage: Stage, test_index: FakeIndex) -> None:
    build_wheel(stage.dist)
    test_index.add(WHEEL, b"an earlier build")
    run = stage.perform()
    assert run.exit_status == 0
    assert run.outcomes == {WHEEL: "uploaded"}
    assert any(WHEEL in warning for warning in run.warnings)


def test_rehearsal__with_a_password_there_only(stage: Stage, test_index: FakeIndex) -> None:
    build_wheel(stage.dist)
    test_index.users["__token__"] = "test-secret"
    run = stage.perform({"test-password": "test-secret"})
    assert run.exit_status == 0
    assert endpoints(test_index.requests) == ["upload"]
    assert len(stage.github.issued) == 1


# --- Waiting


def test_wait__not_all_there_in_time(stage: Stage) -> None:
    build_release(stage.dist)
    stage.first_wait = 0.05
    stage.index.listing_lag = 10_000
    stage.index.add(SDIST, (stage.dist / SDIST).read_bytes()).listings_to_miss = 0
    run = stage.perform({"wait-for-index": "1"})
    assert run.exit_status == 1
    assert run.outputs["result"] == "partial"
    assert set(run.outcomes.values()) == {"uploaded", "existing"}
    missing = next(error for error in run.errors if "within 1 s (not listed)" in error)
    assert "sample-1.0-cp30" in missing
    assert SDIST not in missing


def test_wait__an_index_without_digests_is_reported_before_any_upload(stage: Stage) -> None:
    build_wheel(stage.dist)
    for page in (b"<a href=sample-0.9.zip></a>", b"<a href=%b></a>" % WHEEL.encode()):
        stage.index_proxy.script(answer(200, page, Content_Type="text/html"), path="/simple/")
    run = stage.perform({"wait-for-index": "30"})
    assert (run.exit_status, run.outcomes) == (0, {WHEEL: "uploaded"})
    assert run.raw_log.count("title=Index without digests") == 1
    assert run.raw_log.index("states no SHA-256 digests") < run.raw_log.index("Uploaded")


def test_wait__a_skipped_file_is_not_waited_for(stage: Stage) -> None:
    build_release(stage.dist)
    stage.index.add(SDIST, b"other content")
    assert stage.perform({"wait-for-index": "30", "skip-existing": "true"}).exit_status == 0


def test_wait__confirms_an_upload_in_doubt(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index.listing_lag = 2
    stage.index.script("upload", Answer(202, after=True))
    run = stage.perform({"wait-for-index": "30"})
    assert run.exit_status == 0
    assert not says([one.properties["title"] for one in run.annotations("warning")], "not confirmed")


# --- File commands


def test_file_commands__missing(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.runner.variables |= {"GITHUB_OUTPUT": None, "GITHUB_STEP_SUMMARY": None}
    run = stage.perform()
    assert (run.exit_status, run.outputs, run.summary) == (0, {}, "")


# --- The files to publish


def test_tag__of_a_final_release_and_files_of_another(stage: Stage) -> None:
    build_wheel(stage.dist, version="1.1.dev3")
    stage.runner.variables["GITHUB_REF"] = "refs/tags/v1.0"
    warned = "`1.1.dev3` is a pre-release, but the tag is for `1.0`"
    assert any(warned in warning for warning in stage.perform({"dry-run": "true"}).warnings)
    run = stage.perform({"dry-run": "true", "expected-version": "v1.0"})
    assert not any(warned in warning for warning in run.warnings)
    assert run.exit_status == 1


def test_nested__published_from_a_pattern(stage: Stage) -> None:
    build_sdist(stage.dist)
    (stage.dist / "wheels-linux").mkdir()
    build_wheel(stage.dist / "wheels-linux")
    assert stage.perform({"packages-dir": "dist/*"}).exit_status == 0
    assert stage.index.filenames() == [WHEEL, SDIST]


def test_two_versions__a_warning_before_the_first_request(stage: Stage) -> None:
    build_wheel(stage.dist)
    build_wheel(stage.dist, version="0.9")
    shown: list[str] = []

    async def look(_: Seen) -> None:
        shown.append(stage.stdout.getvalue())

    stage.index.pause = look
    assert stage.perform({"verify-metadata": "false"}).exit_status == 0
    (warning,) = [each for each in parse_commands(shown[0]) if "2 versions side by side" in each.data]
    assert warning.name == "warning"


def test_numbers_of_thousands_of_digits__are_no_bug(stage: Stage) -> None:
    digits = "1" * 5000
    build_wheel(stage.dist, metadata=[("Requires-Dist", f"other=={digits}")])
    stage.index.add(f"sample-{digits}.tar.gz", b"content", version=digits)
    run = stage.perform({"verify-metadata": "false"})
    assert run.exit_status == 0
    assert run.outcomes == {WHEEL: "uploaded"}


# --- Bad input


@pytest.mark.parametrize("name", ["sample-1.0\n::error::x-py3-none-any.whl", "sample-1.0-\x1b[31m-none-any.whl"])
def test_bad_input__control_characters_in_a_name(stage: Stage, name: str) -> None:
    build_wheel(stage.dist).rename(stage.dist / name)
    run = stage.perform()
    assert run.exit_status in {1, 2}
    assert not stage.requests
    assert run.errors
    assert "\x1b" not in run.raw_log
    assert not any(error == "x" for error in run.errors)
