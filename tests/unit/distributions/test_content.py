from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from publisher.distributions.content import read_chunks
from publisher.network.request import FileChanged
from tests.values import build_distribution, write_distribution

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.distributions.model import Distribution

CONTENT = bytes(range(250)) * 4


def read(distribution: Distribution, size: int = 300) -> list[bytes]:
    return list(read_chunks(distribution, size))


@pytest.fixture
def distribution(tmp_path: Path) -> Distribution:
    return write_distribution(tmp_path, content=CONTENT)


def test_read_chunks__all_of_it(distribution: Distribution) -> None:
    assert [len(chunk) for chunk in read(distribution)] == [300, 300, 300, 100]
    assert b"".join(read(distribution)) == CONTENT


def test_read_chunks__sizes_as_sent_in(distribution: Distribution) -> None:
    chunks = read_chunks(distribution, 1)
    assert [len(next(chunks)), len(chunks.send(2)), len(next(chunks)), len(chunks.send(5000))] == [1, 2, 2, 995]
    with pytest.raises(StopIteration):
        next(chunks)


def expect(distribution: Distribution, why: str) -> None:
    with pytest.raises(FileChanged, match=why):
        read(distribution)


def test_read_chunks__gone(distribution: Distribution) -> None:
    distribution.path.unlink()
    expect(distribution, "can no longer be opened: No such file")


def test_read_chunks__another_size(distribution: Distribution) -> None:
    with distribution.path.open("ab") as file:
        file.write(b"x")
    os.utime(distribution.path, ns=(0, distribution.modified_ns))
    expect(distribution, "size or time of modification")


def test_read_chunks__another_time(distribution: Distribution) -> None:
    os.utime(distribution.path, ns=(0, distribution.modified_ns + 1))
    expect(distribution, "size or time of modification")


def test_read_chunks__cut_while_it_is_read(distribution: Distribution) -> None:
    chunks = read_chunks(distribution, 300)
    next(chunks)
    os.truncate(distribution.path, 400)
    assert len(chunks.send(300)) == 100
    with pytest.raises(FileChanged, match="600 bytes are missing at its end"):
        next(chunks)


def test_read_chunks__a_directory_by_now(tmp_path: Path) -> None:
    path = tmp_path / "sample-1.0-py3-none-any.whl"
    path.mkdir()
    expect(replace(build_distribution(path=path), size=path.stat().st_size), "can no longer be")


def descriptor_of(path: Path) -> int:
    """Return the descriptor under which this process has a file open."""
    wanted = path.stat()
    for descriptor in range(3, 1000):
        try:
            status = os.fstat(descriptor)
        except OSError:
            continue
        if (status.st_dev, status.st_ino) == (wanted.st_dev, wanted.st_ino):
            return descriptor
    raise AssertionError("it is not open")


def test_read_chunks__reading_fails_half_way(distribution: Distribution, tmp_path: Path) -> None:
    chunks = read_chunks(distribution, 300)
    next(chunks)
    # What a failing disk does cannot be had; that a directory cannot be read is the same to whoever reads.
    directory = os.open(tmp_path, os.O_RDONLY)
    os.dup2(directory, descriptor_of(distribution.path))
    os.close(directory)
    with pytest.raises(FileChanged, match="can no longer be read: Is a directory"):
        next(chunks)


def test_read_chunks__a_fifo_by_now_does_not_hang(distribution: Distribution) -> None:
    distribution.path.unlink()
    os.mkfifo(distribution.path)
    expect(distribution, "size or time of modification")
