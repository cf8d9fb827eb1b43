"""Log, annotations, and job summary of whole runs: what is said, in which order, and only once."""

import itertools
import re

import pytest
from markdown_it import MarkdownIt

from tests.builders import build_wheel
from tests.fakes.service import Answer
from tests.integration.stage import Stage, build_release

HOSTILE = "\n::error::no command ##[error]x \x1b[31m \u202e <img src=x> [a](https://evil.example) @octocat"


def test_log__begins_with_the_version_and_ends_with_the_result(stage: Stage) -> None:
    build_release(stage.dist, wheels=4)
    (stage.dist / "SHA256SUMS").write_text("x")
    run = stage.perform({"print-hash": "true", "packages_dir": "dist"})
    lines = run.log.splitlines()
    assert re.fullmatch(r"publish-action \d+\.\d+\.\d+", lines[0])
    assert lines[1].startswith("Publishing 5 distributions to 127.0.0.1 (http://127.0.0.1:")
    assert lines[2] == "Ignored, because they are not distributions: SHA256SUMS"
    assert lines[3].startswith("▼ Digests")
    order = "Order: 1 wheel first, so that the release exists; then 2 at a time; sdist last"
    assert any(line.endswith(order) for line in lines)
    assert [notice.data for notice in run.annotations("notice")] == ["Published sample 1.0 to `127.0.0.1`: 5 uploaded"]
    assert run.raw_log.splitlines()[-1].startswith("::notice::")


@pytest.mark.parametrize(("no_color", "color"), [(None, "\x1b[31merror: "), ("1", "error: ")])
def test_log__errors_are_red_unless_asked_not_to(stage: Stage, no_color: str | None, color: str) -> None:
    names = build_release(stage.dist, wheels=0)
    stage.index.deleted.update(names)
    stage.runner.variables["NO_COLOR"] = no_color
    run = stage.perform()
    assert f"\n{color}Refused {names[0]} (400)" in run.raw_log
    assert not any("\x1b" in command.data for command in run.commands)


def test_log__progress_of_each_file_and_of_all(stage: Stage) -> None:
    for number in range(3):
        build_wheel(stage.dist, tag=f"cp3{number}-none-any", size=1_000_000)
    ticks = itertools.count(stage.clock(), 11)
    stage.clock = lambda: next(ticks)
    log = stage.perform().log
    assert re.search(r"Uploading sample-1\.0-cp3\d-none-any\.whl: \d+ % of 1\.0 MB", log)
    assert re.search(r"Sent \d\.\d of 3\.0 MB, \d+ kB/s, [0-3] of 3 files", log)


def test_log__verbose_shows_each_request_and_nothing_secret(stage: Stage) -> None:
    build_wheel(stage.dist)
    stage.index.script("upload", Answer(503))
    run = stage.perform({"verbose": "true"})
    shown = [line for line in run.raw_log.splitlines() if re.match(r"\d{3} after \d+\.\d s: ", line)]
    assert len(shown) == len(stage.requests)
    assert any(re.fullmatch(r"503 after .* s: POST http://127\.0\.0\.1:\d+/legacy/, attempt 1", line) for line in shown)
    assert any(re.fullmatch(r"200 after .* s: POST http://127\.0\.0\.1:\d+/legacy/, attempt 2", line) for line in shown)
    text = "\n".join(line for line in run.raw_log.splitlines() if not line.startswith("::add-mask::"))
    for secret in (stage.github.request_token, *stage.github.issued, *stage.index.tokens):
        assert secret not in text
    assert "audience=" not in text


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_errors__what_they_keep_from_being_uploaded_is_one_line(stage: Stage, dry_run: str) -> None:
    names = build_release(stage.dist)
    stage.index.add(names[-1], b"other content")
    run = stage.perform({"dry-run": dry_run})
    lines = [line for line in run.log.splitlines() if names[0] in line and not line.startswith("Warning")]
    because = "the errors that were found stop the run before any upload"
    assert lines == [f"Not uploaded, because {because}: {names[0]}, {names[1]}"]


@pytest.mark.parametrize("is_final", [True, False])
def test_summary__a_release_in_part_says_what_to_build_again_if_that_helps(stage: Stage, is_final: bool) -> None:
    names = build_release(stage.dist)
    if is_final:
        stage.index.deleted.add(names[-1])
    else:
        answers = [Answer(200, after=True), Answer(200, after=True), Answer.of_json(400, {"message": "Odd metadata."})]
        stage.index.script("upload", *answers)
    run = stage.perform({"max-parallel": "1"})
    assert run.outputs["result"] == "partial"
    assert run.log.splitlines()[-1] == "Partially published: `127.0.0.1` has 2 of 3 files of sample 1.0"
    assert (f"build only `{names[-1]}` again and keep the others as they are" in run.summary) is not is_final
    assert f"| `{names[-1]}` |" in run.summary.partition("### Distributions")[2].splitlines()[6]


def test_summary__existing_files_are_attested_if_the_index_says_so(stage: Stage) -> None:
    names = build_release(stage.dist)
    stage.perform()
    for file in stage.index.files.values():
        file.provenance = "https://index.example/provenance"
    run = stage.perform()
    assert run.outputs["result"] == "unchanged"
    assert [each["attested"] for each in run.distributions] == [True] * len(names)
    assert "All 3 files were on the index already and attested." in run.summary


def test_hostile_text__from_metadata_and_index_stays_text(stage: Stage) -> None:
    wheel = build_wheel(stage.dist, metadata=[("Summary", "x"), ("Classifier", f"Foo :: {HOSTILE.strip()}")])
    stage.index.script("upload", Answer.of_json(400, {"message": f"{HOSTILE} {'y' * 10_000}"}))
    run = stage.perform({"verbose": "true", "index-rules": "pypi", "verify-metadata": "false"})
    assert {command.name for command in run.commands} <= {"add-mask", "group", "endgroup", "error", "warning"}
    assert all("no command" not in command.data.split("\n")[0][:12] for command in run.commands)
    plain = run.raw_log.replace("\x1b[31merror: ", "").replace("\x1b[33mwarning: ", "").replace("\x1b[0m", "")
    for text in (plain, run.summary):
        assert "\x1b" not in text
        assert "\u202e" not in text
    rendered = MarkdownIt("commonmark").enable("table").render(run.summary)
    assert "<img" not in rendered
    assert 'href="https://evil' not in rendered
    assert "y" * 2000 not in run.raw_log + run.summary
    assert wheel.name in run.errors[-1]
