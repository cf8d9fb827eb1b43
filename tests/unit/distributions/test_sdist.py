import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.distributions.inspection import SOURCE_LIMIT, TEXT_LIMIT, Anomaly, ArchiveError, Contents
from publisher.distributions.sdist import HEADERS_LIMIT, read_sdist
from tests.builders import build_sdist, build_wheel

PKG_INFO = "sample-1.0/PKG-INFO"
ENDED = "Compressed file ended before the end-of-stream marker was reached"


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
    return read_sdist(io.BytesIO(gzip.compress(tar, 1)))


def refuse(packed: bytes) -> str:
    with pytest.raises(ArchiveError) as caught:
        read_sdist(io.BytesIO(packed))
    return str(caught.value)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_read_sdist__pkg_info_in_every_format(form: int) -> None:
    tar = make_tar(("sample-1.0/setup.py", b"code" * 500), (PKG_INFO, b"text"), ("sample-1.0/z", b"z"), form=form)
    assert (read(tar).metadata, read(tar).licenses) == (b"text", "sample-1.0")


def make_link(target: str, kind: bytes = tarfile.SYMTYPE, name: str = PKG_INFO) -> tuple[tarfile.TarInfo, bytes]:
    link = tarfile.TarInfo(name)
    link.type, link.linkname = kind, target
    return link, b""


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("src/x.egg-info/PKG-INFO", tarfile.SYMTYPE),
        ("./src/../src/x.egg-info/PKG-INFO", tarfile.SYMTYPE),
        ("sample-1.0/src/x.egg-info/PKG-INFO", tarfile.LNKTYPE),
        ("other", tarfile.SYMTYPE),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_read_sdist__pkg_info_that_is_a_link(target: str, kind: bytes, is_first: bool) -> None:
    files: list[tuple[str, bytes] | tuple[tarfile.TarInfo, bytes]] = [
        ("sample-1.0/src/x.egg-info/PKG-INFO", b"text"),
        make_link("src/x.egg-info/PKG-INFO", name="sample-1.0/other"),
    ]
    link = make_link(target, kind)
    tar = make_tar(link, *files) if is_first else make_tar(*files, link)
    assert read(tar).metadata == b"text"
    # uv and pip need the file before a hard link to it.
    assert (Anomaly.BAD_LINK in observe(gzip.compress(tar))) is (is_first and kind == tarfile.LNKTYPE)


@pytest.mark.parametrize("target", ["nothing", "PKG-INFO", "directory", "../../outside", "/etc/passwd"])
def test_read_sdist__pkg_info_that_is_a_link_to_no_file(target: str) -> None:
    tar = make_header("sample-1.0/directory", 0, tarfile.DIRTYPE) + make_tar(make_link(target))
    assert refuse(gzip.compress(tar)) == f"its `{PKG_INFO}` is a link, but not to a regular file in the archive"


def pax(record: bytes) -> bytes:
    return make_header("pax", len(record), tarfile.XHDTYPE) + record.ljust(5120, b"\0") + make_tar((PKG_INFO, b""))


HUGE = make_header("sample-1.0/bomb", 1 << 40)
NO_TAR = "it cannot be read as a gzip-compressed tar archive: "
NO_PKG_INFO = "it has no `PKG-INFO` directly in its top directory"


@pytest.mark.parametrize(
    ("tar", "reason"),
    [
        *((content, NO_TAR) for content in (b"", b"text", b"no tar" * 200)),
        *((pax(record), NO_TAR) for record in (b"0 size=1\n", b"9" * 5000 + b" size=1\n")),
        (pax(b"12 path=abc\n")[:1024] * 5000, f"{NO_TAR}maximum recursion"),
        *(
            (make_tar((path, b"text")), NO_PKG_INFO)
            for path in ("PKG-INFO", "./PKG-INFO", "/PKG-INFO", "../PKG-INFO", "a/b/PKG-INFO", "a/pkg-info")
        ),
        *(
            (make_header(PKG_INFO, 10**9, kind) + make_tar(("sample-1.0/a", b"a")), NO_PKG_INFO)
            for kind in (tarfile.FIFOTYPE, tarfile.DIRTYPE)
        ),
        (make_tar(make_link("src/PKG-INFO"))[:512] + HUGE, "it has no `PKG-INFO` in the part that is examined"),
        (
            make_tar((PKG_INFO, b"one"), ("other-1.0/PKG-INFO", b"two")),
            f"it has several metadata files: `{PKG_INFO}`, `other-1.0/PKG-INFO`",
        ),
        (make_tar((PKG_INFO, bytes(TEXT_LIMIT + 1))), f"its `{PKG_INFO}` is larger than 16 MiB"),
    ],
)
def test_read_sdist__refused(tar: bytes, reason: str) -> None:
    assert refuse(gzip.compress(tar, 1)).startswith(reason)


def observe(packed: bytes) -> dict[Anomaly, str]:
    """Return the anomalies, except that these small archives cannot be built."""
    anomalies = read_sdist(io.BytesIO(packed)).inspection.anomalies
    return {anomaly: detail for anomaly, detail in anomalies.items() if anomaly is not Anomaly.UNBUILDABLE}


def test_read_sdist__damaged_behind_the_last_member() -> None:
    packed = gzip.compress(make_tar((PKG_INFO, b"text"), ("sample-1.0/a", bytes(5000))), 0)
    wrong = bytes([*packed[:-8], packed[-8] ^ 1, *packed[-7:]])
    assert observe(packed) == observe(packed + b"signature") == {}
    assert all(observe(packed[:-lost]) == {Anomaly.DAMAGED_END: ENDED} for lost in (1, 8, 20))
    assert "CRC check failed" in observe(wrong)[Anomaly.DAMAGED_END]


def with_size(name: str, size: int) -> bytes:
    header = bytearray(tarfile.TarInfo(name).tobuf(tarfile.GNU_FORMAT))
    header[124:136] = tarfile.itn(size, 12, tarfile.GNU_FORMAT)  # type: ignore[attr-defined]
    header[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(header))[0]  # type: ignore[attr-defined]
    return bytes(header)


@pytest.mark.parametrize("size", [-512, -1024, -(2**80)])
def test_read_sdist__negative_size(size: int) -> None:
    # Without a check, older Pythons read the same header for ever.
    tar = make_header("sample-1.0/a") + with_size("sample-1.0/b", size) + bytes(1024)
    assert refuse(gzip.compress(tar))


def bomb(start: bytes) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    yield packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    yield from (zeros for _ in range(64))


def test_read_sdist__bomb_is_left_alone() -> None:
    start = make_header(PKG_INFO, 4) + b"text".ljust(512, b"\0") + HUGE
    contents = read_sdist(io.BytesIO(b"".join(bomb(start))))
    assert (contents.metadata, contents.paths) == (b"text", None)
    with pytest.raises(ArchiveError, match="it has no `PKG-INFO` in the part that is examined"):
        read_sdist(io.BytesIO(b"".join(bomb(HUGE))))


def test_read_sdist__long_names_beyond_the_limit_are_not_held() -> None:
    tar = make_header(PKG_INFO, 4) + b"text".ljust(512, b"\0")
    tar += make_header("././@LongLink", HEADERS_LIMIT + 1, tarfile.GNUTYPE_LONGNAME) + bytes(1024)
    contents = read(tar)
    assert (contents.metadata, contents.paths) == (b"text", None)


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
        assert isinstance(read_sdist(io.BytesIO(bytes(packed))), Contents)


@pytest.mark.parametrize(
    ("paths", "anomalies"),
    [
        (("a-1/PKG-INFO", "a-1/b/c"), {}),
        (("a-1", "a-1/PKG-INFO"), {}),
        (("a-1/PKG-INFO", "b"), {Anomaly.SEVERAL_TOPS: "b"}),
        (("x", "a-1/PKG-INFO", "b"), {Anomaly.SEVERAL_TOPS: "a-1/PKG-INFO"}),
        ((".", "./a-1/PKG-INFO"), {Anomaly.SEVERAL_TOPS: "."}),
        (("a-1/PKG-INFO", "/b"), {Anomaly.ESCAPING_MEMBER: "/b", Anomaly.MIXED_PATHS: "/b"}),
        (("./a-1/PKG-INFO", "./a-1/b"), {Anomaly.METADATA_PLACE: "a-1/PKG-INFO"}),
        (("a-1/PKG-INFO",), {Anomaly.METADATA_PLACE: "a-1/PKG-INFO/PKG-INFO"}),
        (("a-1/PKG-INFO", "a-1/../../b"), {Anomaly.ESCAPING_MEMBER: "a-1/../../b"}),
    ],
)
def test_inspection__paths(paths: tuple[str, ...], anomalies: dict[Anomaly, str]) -> None:
    assert observe(gzip.compress(make_tar(*((path, b"") for path in paths)))) == anomalies


@pytest.mark.parametrize("headers", [{}, {"size": "8", "numblocks": "0"}, {"map": "0,8"}, {"major": "1", "minor": "0"}])
def test_inspection__sparse_member(headers: dict[str, str]) -> None:
    member = tarfile.TarInfo("sample-1.0/holes.py")
    content = b"1\n0\n8\n".ljust(512, b"\0") + b"contents"
    member.type = tarfile.REGTYPE if headers else tarfile.GNUTYPE_SPARSE
    member.pax_headers = {f"GNU.sparse.{name}": value for name, value in headers.items()}
    tar_format = tarfile.PAX_FORMAT if headers else tarfile.GNU_FORMAT
    tar = make_tar((PKG_INFO, b"text"), (member, content), form=tar_format)
    assert observe(gzip.compress(tar)) == {Anomaly.SPARSE_MEMBER: "sample-1.0/holes.py"}


def test_inspection__obfuscated_source() -> None:
    source = b"__pyarmor__(__name__, __file__,"
    large = ("sample-1.0/large.py", source + bytes(SOURCE_LIMIT))
    files = [(PKG_INFO, b"text"), large, ("sample-1.0/a.txt", source)]
    assert observe(gzip.compress(make_tar(*files), 1)) == {}
    found = observe(gzip.compress(make_tar(*files, ("sample-1.0/a.py", source)), 1))
    assert found == {Anomaly.OBFUSCATED: "PyArmor: sample-1.0/a.py"}


def test_inspection__sdist_that_is_also_a_zip(tmp_path: Path) -> None:
    packed = build_sdist(tmp_path).read_bytes() + build_wheel(tmp_path).read_bytes()
    assert observe(packed) == {Anomaly.POLYGLOT: "zip"}
    assert observe(build_sdist(tmp_path).read_bytes() + b"PK\x05\x06" + b"\x07" * 18) == {}
