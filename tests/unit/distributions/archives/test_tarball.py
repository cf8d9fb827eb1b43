from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.distributions.archives import tarball
from publisher.distributions.archives.contents import METADATA_LIMIT, Contents
from publisher.distributions.archives.damage import ArchiveError
from publisher.distributions.archives.tarball import STREAMS_LIMIT, TEXT_LIMIT, UNPACKED_LIMIT, read_sdist
from publisher.distributions.inspection import Anomaly
from tests.builders import build_sdist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PKG_INFO = "sample-1.0/PKG-INFO"


def keep_going() -> None:
    pass


def make_tar(*members: tuple[str, bytes] | tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name) if isinstance(name, str) else name
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def make_header(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


def read(tar: bytes) -> Contents:
    return read_sdist(io.BytesIO(gzip.compress(tar, 1)), keep_going)


def refuse(packed: bytes) -> str:
    with pytest.raises(ArchiveError) as caught:
        read_sdist(io.BytesIO(packed), keep_going)
    return str(caught.value)


class Stream(io.RawIOBase):
    """A file as long as `pieces` is, without its being held."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces

    def read(self, _size: int = -1, /) -> bytes:
        return next(self._pieces, b"")


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_read_sdist__pkg_info_in_every_format(form: int) -> None:
    tar = make_tar(("sample-1.0/setup.py", b"code" * 500), (PKG_INFO, b"text"), ("sample-1.0/z", b"z"), form=form)
    assert read(tar) == Contents(PKG_INFO, b"text")


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_read_sdist__long_and_foreign_names(form: int) -> None:
    top = "prüfung-" + "x" * 300
    tar = make_tar((f"{top}/PKG-INFO", b"text"), (f"{top}/a", b""), form=form)
    assert read(tar) == Contents(f"{top}/PKG-INFO", b"text")


def test_read_sdist__long_name_is_for_the_next_member_only() -> None:
    tar = make_tar(("x" * 200 + "/PKG-INFO", b"text"), ("PKG-INFO", b"no"), form=tarfile.PAX_FORMAT)
    assert read(tar).metadata == b"text"


def test_read_sdist__long_link_names_and_global_headers_are_passed_over() -> None:
    link = tarfile.TarInfo("sample-1.0/link")
    link.type, link.linkname = tarfile.SYMTYPE, "y" * 200
    tar = make_header("pax_global_header", 512, tarfile.XGLTYPE) + b"18 comment=commit".ljust(512, b"\0")
    tar += make_tar((link, b""), (PKG_INFO, b"text"), form=tarfile.GNU_FORMAT)
    assert read(tar).metadata == b"text"


def test_read_sdist__size_in_a_pax_header_counts() -> None:
    extended = make_header("pax", 12, tarfile.XHDTYPE) + b"12 size=600\n".ljust(512, b"\0")
    tar = extended + make_header("sample-1.0/big", 0) + bytes(1024) + make_tar((PKG_INFO, b"text"))
    assert read(tar).metadata == b"text"


def test_read_sdist__other_pax_records_are_passed_over() -> None:
    member = tarfile.TarInfo(PKG_INFO)
    member.mtime = 1.5
    assert read(make_tar((member, b"text"))).metadata == b"text"


def test_read_sdist__old_sparse_members_are_passed_over() -> None:
    header = bytearray(make_header("sample-1.0/sparse", 512, tarfile.GNUTYPE_SPARSE))
    header[482] = 1
    header[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(header))[0]  # type: ignore[attr-defined]
    more, last = bytes(504) + b"\1" + bytes(7), bytes(512)
    tar = bytes(header) + more + last + bytes(512) + make_tar((PKG_INFO, b"text"))
    assert read(tar).metadata == b"text"


def test_read_sdist__leading_dot_is_read() -> None:
    assert read(make_tar((f"./{PKG_INFO}", b"text"))).metadata_path == f"./{PKG_INFO}"


@pytest.mark.parametrize("path", ["PKG-INFO", "./PKG-INFO", "/PKG-INFO", "../PKG-INFO", "a/b/PKG-INFO", "a/pkg-info"])
def test_read_sdist__pkg_info_elsewhere_does_not_count(path: str) -> None:
    assert refuse(gzip.compress(make_tar((path, b"text")))) == "it holds no `PKG-INFO` directly in its top directory"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_read_sdist__pkg_info_that_is_no_file_does_not_count(kind: bytes) -> None:
    tar = make_header(PKG_INFO, 10**9, kind) + make_tar(("sample-1.0/a", b"a"))
    assert "holds no `PKG-INFO`" in refuse(gzip.compress(tar))


def test_read_sdist__several() -> None:
    packed = gzip.compress(make_tar((PKG_INFO, b"one"), ("other-1.0/PKG-INFO", b"two")))
    assert refuse(packed) == f"it holds several metadata files: `{PKG_INFO}`, `other-1.0/PKG-INFO`"


def test_read_sdist__one_path_twice_is_what_unpacking_leaves() -> None:
    assert read(make_tar((PKG_INFO, b"one"), (PKG_INFO, b"two"))).metadata == b"two"


def test_read_sdist__metadata_beyond_the_bound() -> None:
    packed = gzip.compress(make_tar((PKG_INFO, bytes(METADATA_LIMIT + 1))), 1)
    assert refuse(packed) == f"its `{PKG_INFO}` is larger than 16 MiB"


@pytest.mark.parametrize("data", [b"", b"\x1f", b"a tar without gzip", b"PK\x03\x04", b"BZh9"])
def test_read_sdist__not_gzip(data: bytes) -> None:
    assert refuse(data) == "it is not compressed with gzip"


@pytest.mark.parametrize("content", [b"", b"text", b"no tar" * 200, bytes(1024)])
def test_read_sdist__gzip_without_a_tar(content: bytes) -> None:
    assert refuse(gzip.compress(content)).startswith("it is not a tar archive that can be read: ")


def test_read_sdist__truncated_gzip(tmp_path: Path) -> None:
    packed = build_sdist(tmp_path, size=50_000).read_bytes()
    assert refuse(packed[:-20_000]) == "it is truncated: its compressed data ends in the middle"


def damage(packed: bytes) -> str:
    faults = {
        fault.anomaly: fault.detail for fault in read_sdist(io.BytesIO(packed), keep_going).inspection.observations
    }
    return faults.get(Anomaly.DAMAGED_END, "")


@pytest.mark.parametrize("lost", [1, 8, 20])
def test_read_sdist__truncated_behind_the_last_member(tmp_path: Path, lost: int) -> None:
    packed = build_sdist(tmp_path, size=5000).read_bytes()
    assert damage(packed) == ""
    assert damage(packed[:-lost]) == "it is truncated: its compressed data ends in the middle"


def test_read_sdist__truncated_tar() -> None:
    tar = make_header(PKG_INFO, 4) + b"text".ljust(512, b"\0") + make_header("sample-1.0/big", 2000) + bytes(1500)
    assert refuse(gzip.compress(tar)) == "it is truncated: a member ends before its size"


def test_read_sdist__wrong_checksum_of_the_content() -> None:
    packed = bytearray(gzip.compress(make_tar((PKG_INFO, b"text"))))
    packed[-8] ^= 1
    assert read_sdist(io.BytesIO(packed), keep_going).metadata == b"text"
    assert "incorrect data check" in damage(bytes(packed))


def test_read_sdist__no_end_marker_is_an_end() -> None:
    assert read(make_header(PKG_INFO, 4) + b"text".ljust(512, b"\0")).metadata == b"text"


def test_read_sdist__what_follows_a_bad_header_is_not_looked_at() -> None:
    tar = make_header(PKG_INFO, 4) + b"text".ljust(512, b"\0") + b"x" * 512 + make_tar((PKG_INFO, b"two"))
    assert read(tar).metadata == b"text"


def test_read_sdist__negative_size() -> None:
    member = tarfile.TarInfo("sample-1.0/a")
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = tarfile.itn(-512, 12, tarfile.GNU_FORMAT)  # type: ignore[attr-defined]
    header[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(header))[0]  # type: ignore[attr-defined]
    assert "negative size" in refuse(gzip.compress(bytes(header) + bytes(1024)))


@pytest.mark.parametrize("record", [b"x size=1\n", b"0 size=1\n", b"-9 size=1\n", b"11 size=1x\n", b"1" * 30])
def test_read_sdist__impossible_pax_records(record: bytes) -> None:
    tar = make_header("pax", len(record), tarfile.XHDTYPE) + record.ljust(512, b"\0") + make_tar((PKG_INFO, b""))
    assert refuse(gzip.compress(tar)).startswith("it is not a tar archive that can be read: ")


def test_read_sdist__archive_in_several_gzip_streams_with_padding() -> None:
    tar = make_tar(("sample-1.0/a", b"a" * 3000), (PKG_INFO, b"text"))
    packed = gzip.compress(tar[:700]) + gzip.compress(b"") + bytes(7) + gzip.compress(tar[700:]) + bytes(300_000)
    assert read_sdist(io.BytesIO(packed), keep_going).metadata == b"text"


def test_read_sdist__foreign_bytes_after_the_archive_are_not_looked_at() -> None:
    packed = gzip.compress(make_tar((PKG_INFO, b"text"))) + b"signature"
    assert read_sdist(io.BytesIO(packed), keep_going).metadata == b"text"


def bomb(start: bytes) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    yield packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    yield from (zeros for _ in range((UNPACKED_LIMIT >> 20) + 1))


def counted(pieces: Iterator[bytes], seen: list[int]) -> Iterator[bytes]:
    for piece in pieces:
        seen.append(len(piece))
        yield piece


def test_read_sdist__bomb_after_the_metadata_is_left_alone() -> None:
    seen: list[int] = []
    start = make_header(PKG_INFO, 4) + b"text".ljust(512, b"\0") + make_header("sample-1.0/bomb", 1 << 40)
    assert read_sdist(Stream(counted(bomb(start), seen)), keep_going).metadata == b"text"  # type: ignore[arg-type]
    assert len(seen) <= (UNPACKED_LIMIT >> 20) + 2


def test_read_sdist__bomb_before_the_metadata() -> None:
    with pytest.raises(ArchiveError, match="in the part of it that is looked at"):
        read_sdist(Stream(bomb(make_header("sample-1.0/bomb", 1 << 40))), keep_going)  # type: ignore[arg-type]


def test_read_sdist__long_names_beyond_the_bound_are_not_held() -> None:
    tar = make_header(PKG_INFO, 4) + b"text".ljust(512, b"\0")
    tar += make_header("././@LongLink", TEXT_LIMIT + 1, tarfile.GNUTYPE_LONGNAME) + bytes(1024)
    assert read(tar).metadata == b"text"


def test_read_sdist__endless_streams_are_not_followed() -> None:
    packed = gzip.compress(make_header("sample-1.0/a", 10**6)) + gzip.compress(b"") * (STREAMS_LIMIT + 1)
    assert "in the part of it that is looked at" in refuse(packed)


def test_read_sdist__members_beyond_the_bound_are_not_looked_at() -> None:
    empty = make_header("sample-1.0/a") * tarball.MEMBERS_LIMIT
    assert "in the part of it that is looked at" in refuse(gzip.compress(empty + make_tar((PKG_INFO, b"")), 1))


def test_read_sdist__pause_can_end_it(tmp_path: Path) -> None:
    with pytest.raises(KeyError), build_sdist(tmp_path).open("rb") as file:
        read_sdist(file, failing(KeyError("stop")))


def failing(error: Exception) -> Callable[[], None]:
    def pause() -> None:
        raise error

    return pause


def test_build_sdist__is_whole(tmp_path: Path) -> None:
    path = build_sdist(tmp_path, "Sample.Project", size=3_000_000)
    assert path.name == "sample_project-1.0.tar.gz"
    with tarfile.open(path) as archive:
        assert archive.getmember("sample_project-1.0/sample_project/payload.bin").size == 3_000_000
        assert {name.partition("/")[0] for name in archive.getnames()} == {"sample_project-1.0"}


@settings(deadline=None)
@given(st.data())
def test_read_sdist__any_damage_is_read_or_refused(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
    tar = bytearray(make_tar(("é" * 150, b"code"), (PKG_INFO, b"text"), form=form)[:5000])
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(tar) - 1))
        tar[at] = data.draw(st.integers(0, 255))
        header = at - at % 512
        if data.draw(st.booleans()):
            sums = tarfile.calc_chksums(bytes(tar[header : header + 512]).ljust(512, b"\0"))  # type: ignore[attr-defined]
            tar[header + 148 : header + 156] = b"%06o\0 " % sums[0]
    packed = bytearray(gzip.compress(bytes(tar)))
    if data.draw(st.booleans()):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ArchiveError):
        assert read_sdist(io.BytesIO(packed), keep_going).metadata_path.endswith("/PKG-INFO")
