from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.distributions.model import Distribution, Found, Kind, Unreadable
from publisher.distributions.reader import find_distributions, read_distributions
from publisher.errors import Cancelled, SettingsError
from tests.builders import build_sdist, build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "work" / "dist").mkdir(parents=True)
    return tmp_path / "work"


@pytest.fixture
def open_workspace() -> Iterator[Path]:
    """Give a workspace that another user may look into, unlike pytest's own directories."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        path.chmod(0o755)
        yield path


@contextmanager
def unprivileged() -> Iterator[None]:
    """Be a user whom permissions bind: in a container, tests run as root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def find(workspace: Path, *patterns: str) -> Found:
    return find_distributions(workspace, patterns)


def names(workspace: Path, *patterns: str) -> list[str]:
    return [str(path.relative_to(workspace)) for path in find(workspace, *patterns).candidates]


def touch(workspace: Path, *paths: str) -> None:
    for path in paths:
        place = workspace / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")


def read(workspace: Path, *paths: Path, threads: int = 2) -> tuple[Distribution | Unreadable, ...]:
    return asyncio.run(read_distributions(paths, workspace=workspace, processors=threads, stopped=lambda: False))


def read_one(workspace: Path, path: Path) -> Distribution:
    (result,) = read(workspace, path)
    assert isinstance(result, Distribution), result
    return result


def reason(workspace: Path, path: Path) -> str:
    (result,) = read(workspace, path)
    assert isinstance(result, Unreadable)
    assert (result.path, result.filename) == (path, path.name)
    return result.reason


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


def test_find_distributions__dangling_links_and_loops_are_candidates(workspace: Path) -> None:
    (workspace / "dist" / "a.whl").symlink_to("nothing")
    (workspace / "dist" / "b.whl").symlink_to("b.whl")
    assert names(workspace, "dist/a.whl", "dist") == ["dist/a.whl", "dist/b.whl"]


def test_read_distributions__wheel(workspace: Path) -> None:
    path = build_wheel(
        workspace / "dist",
        "Sample-Project",
        tag="py2.py3-none-any",
        metadata=[("Summary", "é")],
        description="Hi",
        size=600_000,
    )
    result, data = read_one(workspace, path), path.read_bytes()
    assert (result.path, result.filename, result.kind) == (path, path.name, Kind.WHEEL)
    assert (result.project, str(result.version), result.python_tag) == ("sample-project", "1.0", "py2.py3")
    assert (result.size, result.modified_ns) == (len(data), path.stat().st_mtime_ns)
    assert result.digests.sha256 == hashlib.sha256(data).hexdigest()
    assert result.digests.blake2b_256 == hashlib.blake2b(data, digest_size=32).hexdigest()
    assert result.digests.md5 == hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert (result.metadata.first("Summary"), result.metadata.first("Description")) == ("é", "Hi")


def test_read_distributions__sdist(workspace: Path) -> None:
    path = build_sdist(workspace / "dist", "Sample.Project", "2.0rc1", metadata=[("Future-Field", "kept")])
    result = read_one(workspace, path)
    assert (result.kind, result.python_tag) == (Kind.SDIST, "source")
    assert (result.project, str(result.version)) == ("sample-project", "2.0rc1")
    assert result.metadata.first("Future-Field") == "kept"


def test_read_distributions__file_name_counts_where_metadata_differs(workspace: Path) -> None:
    path = build_sdist(workspace / "dist", "other", "9", filename="sample-1.0.tar.gz")
    result = read_one(workspace, path)
    assert (result.project, result.metadata.name) == ("sample", "other")


@pytest.mark.parametrize("threads", [1, 8])
def test_read_distributions__order_is_kept(workspace: Path, threads: int) -> None:
    large = build_wheel(workspace / "dist", "large", size=4_000_000)
    paths = [large, *(build_sdist(workspace / "dist", f"small{number}") for number in range(12))]
    assert [result.path for result in read(workspace, *paths, threads=threads)] == paths


def test_read_distributions__nothing_to_read(workspace: Path) -> None:
    assert read(workspace) == ()


def test_read_distributions__one_bad_file_spoils_no_other(workspace: Path) -> None:
    good, bad = build_wheel(workspace / "dist"), workspace / "dist" / "bad-1.0.tar.gz"
    bad.write_bytes(b"bad")
    assert [type(result) for result in read(workspace, bad, good)] == [Unreadable, Distribution]


def test_read_distributions__link_within_the_workspace(workspace: Path) -> None:
    path = build_wheel(workspace)
    link = workspace / "dist" / path.name
    link.symlink_to(path)
    assert read_one(workspace, link).path == link


def test_read_distributions__link_out_of_the_workspace(workspace: Path) -> None:
    path = build_wheel(workspace.parent)
    link = workspace / "dist" / path.name
    link.symlink_to(path)
    assert reason(workspace, link) == "it is a symbolic link that leads out of the workspace"


def test_read_distributions__link_to_nothing(workspace: Path) -> None:
    link = workspace / "dist" / "a-1.0.tar.gz"
    link.symlink_to("nothing")
    assert reason(workspace, link) == "it is a symbolic link to nothing"


def test_read_distributions__link_to_itself(workspace: Path) -> None:
    link = workspace / "dist" / "a-1.0.tar.gz"
    link.symlink_to(link.name)
    assert reason(workspace, link) == "it cannot be read: Too many levels of symbolic links"


def test_read_distributions__gone(workspace: Path) -> None:
    assert reason(workspace, workspace / "a-1.0.tar.gz") == "it cannot be read: No such file or directory"


def test_read_distributions__directory(workspace: Path) -> None:
    path = workspace / "dist" / "x.whl"
    path.mkdir()
    assert reason(workspace, path) == "it is a directory"


def test_read_distributions__fifo_does_not_block(workspace: Path) -> None:
    path = workspace / "dist" / "a-1.0.tar.gz"
    os.mkfifo(path)
    assert reason(workspace, path) == "it is not a regular file"


def test_read_distributions__socket(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("a-1.0.tar.gz")
        assert reason(workspace, workspace / "a-1.0.tar.gz") == "it is not a regular file"


def test_read_distributions__device() -> None:
    assert reason(Path("/dev"), Path("/dev/null")) == "it is not a regular file"


def test_read_distributions__empty(workspace: Path) -> None:
    path = workspace / "dist" / "a-1.0.tar.gz"
    path.touch()
    assert reason(workspace, path) == "it is empty"


def test_read_distributions__no_permission(open_workspace: Path) -> None:
    path = build_sdist(open_workspace)
    path.chmod(0)
    with unprivileged():
        assert reason(open_workspace, path) == "it cannot be read: Permission denied"


def test_read_distributions__zip_is_refused_with_a_reason(workspace: Path) -> None:
    path = build_sdist(workspace / "dist").rename(workspace / "dist" / "sample-1.0.zip")
    assert "PEP 625" in reason(workspace, path)


def test_read_distributions__name_with_control_characters(workspace: Path) -> None:
    path = build_sdist(workspace / "dist").rename(workspace / "dist" / "sample\r\n::error::x-1.0.tar.gz")
    assert reason(workspace, path).startswith(r"its name holds characters that cannot be printed: 'sample\r\n::error")


def test_read_distributions__damaged_archive(workspace: Path) -> None:
    path = build_wheel(workspace / "dist")
    path.write_bytes(path.read_bytes()[:200])
    assert reason(workspace, path).startswith("it is not a zip archive that can be read: ")


def test_read_distributions__metadata_that_is_none(workspace: Path) -> None:
    path = build_wheel(workspace / "dist", files={"sample-1.0.dist-info/METADATA": "Name: sample\n"})
    assert reason(workspace, path) == ("its metadata cannot be used: it has no `Metadata-Version` and no `Version`")


def test_read_distributions__stopped_before_it_began(workspace: Path) -> None:
    path = build_wheel(workspace / "dist")
    with pytest.raises(Cancelled):
        asyncio.run(read_distributions([path], workspace=workspace, processors=1, stopped=lambda: True))


def test_read_distributions__stopped_in_the_middle_of_a_file(workspace: Path) -> None:
    path = build_wheel(workspace / "dist", size=20_000_000)
    asked = []

    def stopped() -> bool:
        asked.append(True)
        return len(asked) > 5

    with pytest.raises(Cancelled):
        asyncio.run(read_distributions([path] * 3, workspace=workspace, processors=1, stopped=stopped))
    assert len(asked) <= 8


def test_read_distributions__abandoned_threads_do_not_go_on(workspace: Path) -> None:
    path = build_wheel(workspace / "dist", size=30_000_000)
    asked: list[bool] = []

    async def abandon() -> None:
        def stopped() -> bool:
            if not asked:
                loop.call_soon_threadsafe(task.cancel)
            asked.append(True)
            return False

        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(
            read_distributions([path] * 20, workspace=workspace, processors=1, stopped=stopped)
        )
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(abandon())
    assert len(asked) < 20 * 30_000_000 // (256 << 10)


def test_read_distributions__file_that_grows_while_it_is_read(workspace: Path) -> None:
    path = build_wheel(workspace / "dist", size=1_000_000)
    asked = []

    def stopped() -> bool:
        asked.append(True)
        if len(asked) == 2:
            with path.open("ab") as file:
                file.write(b"more")
        return False

    (result,) = asyncio.run(read_distributions([path], workspace=workspace, processors=1, stopped=stopped))
    assert isinstance(result, Unreadable)
    assert result.reason == "it changed while it was read"
