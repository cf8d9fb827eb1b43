from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.distributions.candidates import find_distributions
from publisher.errors import SettingsError
from tests.reading import unprivileged

if TYPE_CHECKING:
    from publisher.distributions.model import Found


def find(workspace: Path, *patterns: str) -> Found:
    return find_distributions(workspace, patterns)


def names(workspace: Path, *patterns: str) -> list[str]:
    return [str(path.relative_to(workspace)) for path in find(workspace, *patterns).candidates]


def touch(workspace: Path, *paths: str) -> None:
    for path in paths:
        place = workspace / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")


@pytest.mark.parametrize("pattern", ["dist", "dist/", "./dist", "dist/../dist"])
def test_find_distributions__what_lies_directly_in_a_directory(workspace: Path, pattern: str) -> None:
    touch(workspace, "dist/b.whl", "dist/a.tar.gz", "dist/c.zip", "dist/sub/d.whl", "other/e.whl")
    assert [path.name for path in find(workspace, pattern).candidates] == ["a.tar.gz", "b.whl", "c.zip"]


def test_find_distributions__foreign_files_are_ignored_and_listed(workspace: Path) -> None:
    touch(workspace, "dist/.gitignore", "dist/._a.whl", "dist/a.whl", "dist/notes.txt", "dist/sub/d.whl")
    found = find(workspace, "dist")
    assert [path.name for path in found.ignored] == ["._a.whl", ".gitignore", "notes.txt", "sub"]


def test_find_distributions__attestations_are_neither(workspace: Path) -> None:
    touch(workspace, "dist/a.whl", "dist/a.whl.publish.attestation")
    found = find(workspace, "dist")
    assert ([path.name for path in found.attestations], found.ignored) == (["a.whl.publish.attestation"], ())


def test_find_distributions__directory_named_like_a_wheel_is_a_candidate(workspace: Path) -> None:
    (workspace / "dist" / "x.whl").mkdir()
    assert names(workspace, "dist") == ["dist/x.whl"]


def test_find_distributions__globs(workspace: Path) -> None:
    touch(workspace, "dist/a.whl", "dist/b.tar.gz", "house/c.whl", "house/deep/er/d.whl")
    assert names(workspace, "dist/*.whl") == ["dist/a.whl"]
    assert names(workspace, "house/**/*.whl") == ["house/c.whl", "house/deep/er/d.whl"]


def test_find_distributions__glob_does_not_look_into_directories_it_matches(workspace: Path) -> None:
    touch(workspace, "dist/a.whl", "dist/old/b.whl")
    assert names(workspace, "dist/*") == ["dist/a.whl"]


def test_find_distributions__glob_with_a_slash_looks_into_directories(workspace: Path) -> None:
    touch(workspace, "one/dist/a.whl", "two/dist/b.whl", "two/dist/sub/c.whl")
    assert names(workspace, "*/dist/") == ["one/dist/a.whl", "two/dist/b.whl"]


def test_find_distributions__plain_file_and_absolute_path(workspace: Path) -> None:
    touch(workspace, "dist/a.whl", "dist/b.whl")
    assert names(workspace, "dist/b.whl", str(workspace / "dist" / "a.whl")) == ["dist/a.whl", "dist/b.whl"]


def test_find_distributions__literal_path_that_looks_like_a_glob(workspace: Path) -> None:
    touch(workspace, "dist[1]/a.whl")
    assert names(workspace, "dist[1]") == ["dist[1]/a.whl"]


def test_find_distributions__each_path_once(workspace: Path) -> None:
    touch(workspace, "dist/a.whl")
    (workspace / "alias").symlink_to("dist")
    assert len(names(workspace, "dist", "dist/*.whl", "dist/../dist/a.whl", "alias")) == 1


def test_find_distributions__same_name_in_two_directories_stays_twice(workspace: Path) -> None:
    touch(workspace, "one/a.whl", "two/a.whl")
    assert names(workspace, "two", "one") == ["one/a.whl", "two/a.whl"]


def test_find_distributions__lines_that_match_nothing(workspace: Path) -> None:
    found = find(workspace, "nowhere", "dist", "dist/*.whl")
    assert (found.candidates, found.missing) == ((), ("nowhere", "dist/*.whl"))


def test_find_distributions__every_line_out_of_the_workspace_is_named(workspace: Path) -> None:
    touch(workspace, "../other/a.whl", "dist/b.whl")
    (workspace / "link").symlink_to("../other")
    lines = ("../other", "dist/../../other/*.whl", "link", "link/*.whl", "../nowhere", "/", "dist")
    with pytest.raises(SettingsError) as caught:
        find(workspace, *lines)
    assert [problem.message for problem in caught.value.problems] == [
        f"leads out of the workspace: {line}" for line in lines[:-1]
    ]
    assert {problem.name for problem in caught.value.problems} == {"packages-dir"}


def test_find_distributions__workspace_that_is_itself_a_link(workspace: Path) -> None:
    touch(workspace, "dist/a.whl")
    alias = workspace.parent / "alias"
    alias.symlink_to(workspace)
    found = find(alias, "dist", str(alias / "dist"), str(workspace / "dist"))
    assert found.candidates == (alias / "dist" / "a.whl",)


def test_find_distributions__directory_that_may_not_be_listed(open_workspace: Path) -> None:
    (open_workspace / "dist").mkdir(mode=0)
    with unprivileged(), pytest.raises(SettingsError, match=r"cannot be listed \(Permission denied\): dist"):
        find(open_workspace, "dist")


def test_find_distributions__directory_that_may_not_be_looked_into(open_workspace: Path) -> None:
    (open_workspace / "dist").mkdir(mode=0)
    with unprivileged():
        assert find(open_workspace, "dist/inner", "dist/*").missing == ("dist/inner", "dist/*")


def test_find_distributions__directory_that_is_nested_too_deeply(workspace: Path) -> None:
    deep = [workspace / "dist"]
    while len(deep) < sys.getrecursionlimit():
        deep.append(deep[-1] / "d")
        deep[-1].mkdir()
    try:
        with pytest.raises(SettingsError, match=r"cannot be listed \(the directories are nested too deeply\): \*\*"):
            find(workspace, "**")
    finally:
        for path in reversed(deep[1:]):  # whoever tidies up after tests would go as deep
            path.rmdir()


def test_find_distributions__directory_we_are_in_is_gone(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace / "dist")
    (workspace / "dist").rmdir()
    with pytest.raises(SettingsError, match=r"cannot be listed \(No such file or directory\): dist"):
        find(Path(), "dist")


def test_find_distributions__line_that_is_there_twice_is_told_once(workspace: Path) -> None:
    assert find(workspace, "nowhere", "nowhere").missing == ("nowhere",)


def test_find_distributions__dangling_links_and_loops_are_candidates(workspace: Path) -> None:
    (workspace / "dist" / "a.whl").symlink_to("nothing")
    (workspace / "dist" / "b.whl").symlink_to("b.whl")
    assert names(workspace, "dist/a.whl", "dist") == ["dist/a.whl", "dist/b.whl"]
