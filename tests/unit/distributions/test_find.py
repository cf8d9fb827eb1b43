import sys
from pathlib import Path

import pytest

from publisher.distributions.find import find_distributions, split_lines
from publisher.distributions.model import Found
from publisher.errors import SettingsError
from tests.reading import unprivileged


def find(workspace: Path, *patterns: str) -> Found:
    return find_distributions(workspace, patterns)


def names(workspace: Path, *patterns: str) -> list[str]:
    return [str(path.relative_to(workspace)) for path in find(workspace, *patterns).candidates]


def touch(workspace: Path, *paths: str) -> None:
    for path in paths:
        place = workspace / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")


def test_split_lines__without_blank_ones() -> None:
    assert split_lines(" a\n\n  \nb c \r\n") == ("a", "b c")


FILES = "dist/a.whl dist/b.tar.gz dist/c.zip dist/notes.txt dist/.gitignore dist/._d.whl dist/a.whl.publish.attestation"
DEEP = "dist/a.whl dist/linux/b.whl dist/linux/deep/c.whl dist/.hidden/d.whl dist/linux/b.whl.publish.attestation"
SEVERAL = "dist/linux/b.whl dist/linux/a.WHL dist/mac/c.whl out/sdist/d.tar.gz"
NOT_NESTED = "dist/.cache/a.whl dist/sub/.a.whl dist/sub/deep/a.whl dist/sub/docs.zip dist/sub/a.whl.attestation"


@pytest.mark.parametrize(
    ("files", "lines", "candidates", "nested", "ignored"),
    [
        (FILES, "dist", "dist/a.whl dist/b.tar.gz dist/c.zip", "", "._d.whl .gitignore notes.txt"),
        (FILES, "./dist/", "dist/a.whl dist/b.tar.gz dist/c.zip", "", "._d.whl .gitignore notes.txt"),
        (FILES, "dist/*.whl", "dist/a.whl", "", ""),
        (DEEP, "dist", "dist/a.whl", "dist/linux/b.whl", ".hidden linux"),
        (DEEP, "dist/*", "dist/a.whl dist/linux/b.whl", "", "deep"),
        (DEEP, "dist/**/*.whl", "dist/a.whl dist/linux/b.whl dist/linux/deep/c.whl", "", ""),
        (DEEP, "*/linux/", "dist/linux/b.whl", "", "deep"),
        (
            SEVERAL,
            "out dist",
            "",
            "dist/linux/a.WHL dist/linux/b.whl dist/mac/c.whl out/sdist/d.tar.gz",
            "linux mac sdist",
        ),
        (NOT_NESTED, "dist", "", "", ".cache sub"),
        ("dist/x.whl/y.whl", "dist", "dist/x.whl", "", ""),
        ("dist/x.whl/y.whl", "dist/*", "dist/x.whl", "", ""),
        ("dist[1]/a.whl", "dist[1]", "dist[1]/a.whl", "", ""),
    ],
)
def test_find_distributions__by_directory_and_glob(
    workspace: Path, files: str, lines: str, candidates: str, nested: str, ignored: str
) -> None:
    touch(workspace, *files.split())
    found = find(workspace, *lines.split())
    assert [str(path.relative_to(workspace)) for path in found.candidates] == candidates.split()
    assert [str(path.relative_to(workspace)) for path in found.nested] == nested.split()
    assert [path.name for path in found.ignored] == ignored.split()
    assert found.missing == ()


def test_find_distributions__attestations_are_no_candidates(workspace: Path) -> None:
    touch(workspace, *FILES.split())
    assert [path.name for path in find(workspace, "dist").attestations] == ["a.whl.publish.attestation"]


def test_find_distributions__each_path_once(workspace: Path) -> None:
    touch(workspace, "dist/a.whl")
    (workspace / "alias").symlink_to("dist")
    assert len(names(workspace, "dist", "dist/*.whl", "dist/../dist/a.whl", "alias")) == 1


def test_find_distributions__lines_that_match_nothing(workspace: Path) -> None:
    found = find(workspace, "nowhere", "dist", "dist/*.whl")
    assert (found.candidates, found.missing) == ((), ("nowhere", "dist/*.whl"))


def test_find_distributions__every_line_out_of_the_workspace_is_named(workspace: Path) -> None:
    touch(workspace, "../other/a.whl", "dist/b.whl")
    (workspace / "link").symlink_to("../other")
    lines = ("../other", "dist/../../other/*.whl", "link", "link/*.whl", "../nowhere", "/", "dist")
    with pytest.raises(SettingsError) as caught:
        find(workspace, *lines)
    assert [problem.what for problem in caught.value.problems] == [
        f"is `{line}`, which leads out of the workspace" for line in lines[:-1]
    ]
    assert all("into the workspace" in problem.remedy for problem in caught.value.problems)
    assert {problem.name for problem in caught.value.problems} == {"packages-dir"}


def test_find_distributions__workspace_that_is_itself_a_link(workspace: Path) -> None:
    touch(workspace, "dist/a.whl")
    alias = workspace.parent / "alias"
    alias.symlink_to(workspace)
    found = find(alias, "dist", str(alias / "dist"), str(workspace / "dist"))
    assert found.candidates == (alias / "dist" / "a.whl",)


def test_find_distributions__directory_that_may_not_be_listed(open_workspace: Path) -> None:
    (open_workspace / "dist").mkdir(mode=0)
    with unprivileged():
        with pytest.raises(SettingsError, match=r"cannot be listed \(Permission denied\): dist"):
            find(open_workspace, "dist")
        assert find(open_workspace, "dist/inner", "dist/*").missing == ("dist/inner", "dist/*")
        assert find(open_workspace, ".").nested == ()


def test_find_distributions__dangling_links_and_loops_are_candidates(workspace: Path) -> None:
    (workspace / "dist" / "a.whl").symlink_to("nothing")
    (workspace / "dist" / "b.whl").symlink_to("b.whl")
    assert names(workspace, "dist/a.whl", "dist") == ["dist/a.whl", "dist/b.whl"]


@pytest.mark.parametrize("line", ["dist/sub", "dist/*/", "dist/sub/*.whl", "dist/sub/a.whl", "alias"])
def test_find_distributions__nested_but_selected_by_another_line(workspace: Path, line: str) -> None:
    touch(workspace, "dist/sub/a.whl")
    (workspace / "alias").symlink_to("dist/sub")
    assert find(workspace, "dist", line).nested == find(workspace, line, "dist").nested == ()


def test_find_distributions__nested_out_of_the_workspace_is_not_listed(workspace: Path) -> None:
    touch(workspace, "../other/a.whl")
    (workspace / "dist" / "link").symlink_to("../../other")
    assert find(workspace, "dist").nested == ()


def test_find_distributions__directory_that_is_nested_too_deeply(workspace: Path) -> None:
    deep = [workspace / "dist"]
    while len(deep) < sys.getrecursionlimit():
        deep.append(deep[-1] / "d")
        deep[-1].mkdir()
    try:
        with pytest.raises(SettingsError, match=r"cannot be listed \(the directories are nested too deeply\): \*\*"):
            find(workspace, "**")
    finally:
        for path in reversed(deep[1:]):  # pytest would recurse as deep
            path.rmdir()
