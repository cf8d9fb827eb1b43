from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from publisher.distributions.model import Distribution, Kind, Unreadable
from publisher.distributions.reading import Reading
from publisher.errors import Cancelled
from tests.builders import build_sdist, build_wheel
from tests.reading import keep, read_files, unprivileged


def read(workspace: Path, *paths: Path, threads: int = 2) -> tuple[Distribution | Unreadable, ...]:
    return read_files(paths, workspace, threads)


def read_one(workspace: Path, path: Path) -> Distribution:
    (result,) = read(workspace, path)
    assert isinstance(result, Distribution), result
    return result


def reason(workspace: Path, path: Path) -> str:
    (result,) = read(workspace, path)
    assert isinstance(result, Unreadable)
    assert (result.path, result.filename) == (path, path.name)
    return result.reason


def test_reading__wheel(workspace: Path) -> None:
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


def test_reading__sdist(workspace: Path) -> None:
    path = build_sdist(workspace / "dist", "Sample.Project", "2.0rc1", metadata=[("Future-Field", "kept")])
    result = read_one(workspace, path)
    assert (result.kind, result.python_tag) == (Kind.SDIST, "source")
    assert (result.project, str(result.version)) == ("sample-project", "2.0rc1")
    assert result.metadata.first("Future-Field") == "kept"


def test_reading__file_name_counts_where_metadata_differs(workspace: Path) -> None:
    path = build_sdist(workspace / "dist", "other", "9", filename="sample-1.0.tar.gz")
    result = read_one(workspace, path)
    assert (result.project, result.metadata.name) == ("sample", "other")


@pytest.mark.parametrize("threads", [1, 8])
def test_reading__order_is_kept(workspace: Path, threads: int) -> None:
    large = build_wheel(workspace / "dist", "large", size=4_000_000)
    paths = [large, *(build_sdist(workspace / "dist", f"small{number}") for number in range(12))]
    assert [result.path for result in read(workspace, *paths, threads=threads)] == paths


def test_reading__nothing_to_read(workspace: Path) -> None:
    assert read(workspace) == ()


def test_reading__one_bad_file_spoils_no_other(workspace: Path) -> None:
    good, bad = build_wheel(workspace / "dist"), workspace / "dist" / "bad-1.0.tar.gz"
    bad.write_bytes(b"bad")
    assert [type(result) for result in read(workspace, bad, good)] == [Unreadable, Distribution]


def test_reading__link_within_the_workspace(workspace: Path) -> None:
    path = build_wheel(workspace)
    link = workspace / "dist" / path.name
    link.symlink_to(path)
    assert read_one(workspace, link).path == link


def test_reading__link_out_of_the_workspace(workspace: Path) -> None:
    path = build_wheel(workspace.parent)
    link = workspace / "dist" / path.name
    link.symlink_to(path)
    assert reason(workspace, link) == "it is a symbolic link that leads out of the workspace"


def test_reading__link_to_nothing(workspace: Path) -> None:
    link = workspace / "dist" / "a-1.0.tar.gz"
    link.symlink_to("nothing")
    assert reason(workspace, link) == "it is a symbolic link to nothing"


def test_reading__link_to_itself(workspace: Path) -> None:
    link = workspace / "dist" / "a-1.0.tar.gz"
    link.symlink_to(link.name)
    assert reason(workspace, link) == "it cannot be read: Too many levels of symbolic links"


def test_reading__gone(workspace: Path) -> None:
    assert reason(workspace, workspace / "a-1.0.tar.gz") == "it cannot be read: No such file or directory"


def test_reading__directory(workspace: Path) -> None:
    path = workspace / "dist" / "x.whl"
    path.mkdir()
    assert reason(workspace, path) == "it is a directory"


def test_reading__fifo_does_not_block(workspace: Path) -> None:
    path = workspace / "dist" / "a-1.0.tar.gz"
    os.mkfifo(path)
    assert reason(workspace, path) == "it is not a regular file"


def test_reading__socket(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("a-1.0.tar.gz")
        assert reason(workspace, workspace / "a-1.0.tar.gz") == "it is not a regular file"


def test_reading__device() -> None:
    assert reason(Path("/dev"), Path("/dev/null")) == "it is not a regular file"


def test_reading__empty(workspace: Path) -> None:
    path = workspace / "dist" / "a-1.0.tar.gz"
    path.touch()
    assert reason(workspace, path) == "it is empty"


def test_reading__no_permission(open_workspace: Path) -> None:
    path = build_sdist(open_workspace)
    path.chmod(0)
    with unprivileged():
        assert reason(open_workspace, path) == "it cannot be read: Permission denied"


def test_reading__zip_is_refused_with_a_reason(workspace: Path) -> None:
    path = build_sdist(workspace / "dist").rename(workspace / "dist" / "sample-1.0.zip")
    assert "PEP 625" in reason(workspace, path)


def test_reading__name_with_control_characters(workspace: Path) -> None:
    path = build_sdist(workspace / "dist").rename(workspace / "dist" / "sample\r\n::error::x-1.0.tar.gz")
    assert reason(workspace, path).startswith(r"its name holds characters that cannot be printed: 'sample\r\n::error")


def test_reading__damaged_archive(workspace: Path) -> None:
    path = build_wheel(workspace / "dist")
    path.write_bytes(path.read_bytes()[:200])
    assert reason(workspace, path).startswith("it is not a zip archive that can be read: ")


def test_reading__metadata_that_is_none(workspace: Path) -> None:
    path = build_wheel(workspace / "dist", files={"sample-1.0.dist-info/METADATA": "Name: sample\n"})
    assert reason(workspace, path) == ("its metadata cannot be used: it has no `Metadata-Version` and no `Version`")


def test_reading__stopped_before_it_began(workspace: Path) -> None:
    path = build_wheel(workspace / "dist")
    with pytest.raises(Cancelled):
        read_files([path], workspace, stopped=lambda: True)


def test_reading__stopped_in_the_middle_of_a_file(workspace: Path) -> None:
    path = build_wheel(workspace / "dist", size=20_000_000)
    asked = []

    def stopped() -> bool:
        asked.append(True)
        return len(asked) > 5

    with pytest.raises(Cancelled):
        read_files([path] * 3, workspace, stopped=stopped)
    assert len(asked) <= 8


def test_reading__abandoned_threads_do_not_go_on(workspace: Path) -> None:
    path = build_wheel(workspace / "dist", size=30_000_000)
    asked: list[bool] = []

    async def abandon() -> None:
        def stopped() -> bool:
            if not asked:
                loop.call_soon_threadsafe(task.cancel)
            asked.append(True)
            return False

        loop = asyncio.get_running_loop()
        with closing(Reading([path] * 20, workspace, keep, 1)) as reading:
            task = asyncio.ensure_future(reading.finish(stopped))
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(abandon())
    assert len(asked) < 20 * 30_000_000 // (256 << 10)


def test_reading__file_that_grows_while_it_is_read(workspace: Path) -> None:
    path = build_wheel(workspace / "dist", size=1_000_000)
    asked = []

    def stopped() -> bool:
        asked.append(True)
        if len(asked) == 2:
            with path.open("ab") as file:
                file.write(b"more")
        return False

    (result,) = read_files([path], workspace, stopped=stopped)
    assert isinstance(result, Unreadable)
    assert result.reason == "it changed while it was read"
