from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.distributions.archives.contents import METADATA_LIMIT, Contents
from publisher.distributions.archives.damage import ArchiveError
from publisher.distributions.archives.members import DIRECTORY_LIMIT
from publisher.distributions.archives.wheel import read_wheel
from tests.builders import build_metadata, build_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

INFO = "sample-1.0.dist-info"
METADATA = f"{INFO}/METADATA"


def make_zip(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


def read(data: bytes, dist_info: str = INFO) -> Contents:
    return read_wheel(io.BytesIO(data), dist_info)


def refuse(data: bytes) -> str:
    with pytest.raises(ArchiveError) as caught:
        read(data)
    return str(caught.value)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_read_wheel__metadata_of_the_expected_directory(method: int) -> None:
    assert read(make_zip(("a.py", b""), (METADATA, b"text"), method=method)) == Contents(METADATA, b"text")


def test_read_wheel__expected_directory_wins_over_others() -> None:
    data = make_zip(("other-1.0.dist-info/METADATA", b"other"), (METADATA, b"ours"))
    assert read(data).metadata == b"ours"


def test_read_wheel__the_only_directory_spelled_otherwise() -> None:
    assert (
        read(make_zip(("Sample-1.0.0.dist-info/METADATA", b"text"))).metadata_path == "Sample-1.0.0.dist-info/METADATA"
    )


@pytest.mark.parametrize(
    "path", ["METADATA", "a/METADATA", f"vendored/{METADATA}", f"{INFO}/sub/METADATA", f"{INFO}/metadata"]
)
def test_read_wheel__metadata_elsewhere_does_not_count(path: str) -> None:
    assert refuse(make_zip((path, b"text"))) == f"it holds no `{METADATA}`"


def test_read_wheel__several_directories_none_expected() -> None:
    data = make_zip(*((f"{name}.dist-info/METADATA", b"") for name in "abcd"))
    assert refuse(data) == (
        "it holds several metadata files: `a.dist-info/METADATA`, `b.dist-info/METADATA`, `c.dist-info/METADATA`, …"
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_read_wheel__metadata_twice_under_one_path() -> None:
    assert "several metadata files" in refuse(make_zip((METADATA, b"one"), (METADATA, b"two")))


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip" * 100, b"PK\x05\x06" + 18 * b"\xff"])
def test_read_wheel__not_a_zip(data: bytes) -> None:
    assert refuse(data).startswith("it is not a zip archive that can be read: ")


def test_read_wheel__truncated() -> None:
    data = make_zip((METADATA, b"text" * 1000))
    assert refuse(data[: len(data) // 2]).startswith("it is not a zip archive that can be read: ")


def test_read_wheel__wrong_crc() -> None:
    data = make_zip((METADATA, b"some metadata"))
    assert "Bad CRC-32" in refuse(data.replace(b"some metadata", b"same metadata"))


def test_read_wheel__encrypted_member() -> None:
    data = bytearray(make_zip((METADATA, b"text")))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert refuse(bytes(data)) == f"its `{METADATA}` is encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_read_wheel__method_whose_unpacking_has_no_bound(method: int) -> None:
    assert "neither stored nor deflated" in refuse(make_zip((METADATA, b"text"), method=method))


def test_read_wheel__metadata_as_large_as_allowed() -> None:
    assert (
        len(read(make_zip((METADATA, bytes(METADATA_LIMIT)), method=zipfile.ZIP_DEFLATED)).metadata) == METADATA_LIMIT
    )


def test_read_wheel__metadata_beyond_the_bound() -> None:
    data = make_zip((METADATA, bytes(METADATA_LIMIT + 1)), method=zipfile.ZIP_DEFLATED)
    assert refuse(data) == f"its `{METADATA}` is larger than 16 MiB"


def test_read_wheel__metadata_that_is_packed_in_more_than_it_may_hold_is_not_unpacked() -> None:
    nothing = b"\0\0\0\xff\xff" * (METADATA_LIMIT // 5 + 1) + b"\3\0"
    data = bytearray(make_zip((f"{INFO}/METADATA", nothing)))
    for signature, method, size in ((b"PK\3\4", 8, 22), (b"PK\1\2", 10, 24)):
        start = data.rindex(signature)
        data[start + method] = zipfile.ZIP_DEFLATED
        data[start + size : start + size + 4] = bytes(4)
    assert "larger than 16 MiB" in refuse(bytes(data))


def test_read_wheel__bomb_is_not_unpacked_beyond_the_bound() -> None:
    data = make_zip((METADATA, bytes(8 * METADATA_LIMIT)), method=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    try:
        refuse(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * METADATA_LIMIT


def test_read_wheel__central_directory_beyond_the_bound() -> None:
    size = DIRECTORY_LIMIT + 1
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, 0, 0)
    assert refuse(bytes(size) + end) == "its central directory is larger than 16 MiB"


def test_read_wheel__ten_thousand_members_are_read() -> None:
    members: Sequence[tuple[str, bytes]] = [(f"sample/module_{number}.py", b"") for number in range(10_000)]
    assert read(make_zip(*members, (METADATA, b"text"))).metadata == b"text"


def test_build_wheel__is_whole_and_records_what_it_holds(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "Sample.Project", size=3_000_000, files={"a, b.txt": "text"})
    assert path.name == "sample_project-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        record = archive.read("sample_project-1.0.dist-info/RECORD").decode()
        assert len(record.splitlines()) == len(archive.namelist())
        assert '"a, b.txt",sha256=' in record
        assert archive.getinfo("sample_project/payload.bin").file_size == 3_000_000


def test_build_wheel__same_bytes_every_time(tmp_path: Path) -> None:
    first = build_wheel(tmp_path, size=100_000).read_bytes()
    assert build_wheel(tmp_path, size=100_000).read_bytes() == first


@settings(deadline=None)
@given(st.data())
def test_read_wheel__any_damage_is_read_or_refused(data: st.DataObject) -> None:
    whole = make_zip(("sample.py", b"code"), (METADATA, build_metadata()), method=zipfile.ZIP_DEFLATED)
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    for candidate in (broken, broken[:cut], broken[cut:]):
        with suppress(ArchiveError):
            assert isinstance(read(bytes(candidate)).metadata, bytes)
