import hashlib
import io
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from publisher.distributions.inspection import SOURCE_LIMIT, TEXT_LIMIT, Anomaly, ArchiveError, Contents, Inspection
from publisher.distributions.wheel import READ_LIMIT, read_wheel
from publisher.distributions.zip_framing import DIRECTORY_LIMIT
from tests.builders import build_metadata, build_wheel
from tests.unit.preflight.surgery import damage

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


def inspect(path: Path) -> Inspection:
    with path.open("rb") as file:
        return read_wheel(file, INFO).inspection


def anomalies(path: Path) -> dict[Anomaly, str]:
    return dict(inspect(path).anomalies)


def patch(data: bytes, at: int, value: int, *, behind: bytes = b"PK\x01\x02") -> bytes:
    place = data.rindex(behind) + at
    return data[:place] + bytes([value]) + data[place + 1 :]


GOOD = make_zip(("other-1.0.dist-info/METADATA", b"other"), (METADATA, b"some metadata"))
NO_ZIP = "it cannot be read as a zip archive: "
LARGE = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, DIRECTORY_LIMIT + 1, 0, 0)
SEVERAL = make_zip(*((f"{name}.dist-info/METADATA", b"") for name in "abcd"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        *((data, NO_ZIP) for data in (b"", b"PK", b"not a zip" * 100, b"PK\x05\x06" + 18 * b"\xff")),
        (GOOD.replace(b"some", b"same"), f"{NO_ZIP}Bad CRC-32"),
        *(
            (make_zip((path, b"text")), f"it has no `{METADATA}`")
            for path in ("METADATA", "a/METADATA", f"vendored/{METADATA}", f"{INFO}/sub/METADATA", f"{INFO}/metadata")
        ),
        (
            SEVERAL,
            "it has several metadata files: `a.dist-info/METADATA`, `b.dist-info/METADATA`, `c.dist-info/METADATA`, …",
        ),
        (patch(GOOD, 8, 1), f"its `{METADATA}` is encrypted"),
        (make_zip((METADATA, b"text"), method=zipfile.ZIP_BZIP2), f"its `{METADATA}` is neither stored nor deflated"),
        (
            make_zip((METADATA, bytes(TEXT_LIMIT + 1)), method=zipfile.ZIP_DEFLATED),
            f"its `{METADATA}` is larger than 16 MiB",
        ),
        (bytes(DIRECTORY_LIMIT + 1) + LARGE, "its central directory is larger than 16 MiB"),
    ],
)
def test_read_wheel__refused(data: bytes, reason: str) -> None:
    assert read(GOOD).metadata == b"some metadata"
    assert refuse(data).startswith(reason)


@pytest.mark.parametrize(("at", "value", "anomaly"), [(8, 1, Anomaly.ENCRYPTED), (10, 99, Anomaly.COMPRESSION)])
def test_inspection__member_that_cannot_be_read(at: int, value: int, anomaly: Anomaly, tmp_path: Path) -> None:
    path = build_wheel(tmp_path, files={"a.py": "x", "b.txt": "x"})
    data = path.read_bytes()
    for name in (b"a.py", b"b.txt") if anomaly is Anomaly.ENCRYPTED else (b"a.py",):
        data = patch(data, at - 46, value, behind=name)
    path.write_bytes(data)
    damaged = {Anomaly.DAMAGED_MEMBER: "b.txt"} if anomaly is Anomaly.ENCRYPTED else {}
    assert anomalies(path) == {anomaly: "a.py", **damaged}


def test_read_wheel__metadata_that_is_packed_in_more_than_it_may_hold_is_not_unpacked() -> None:
    nothing = b"\0\0\0\xff\xff" * (TEXT_LIMIT // 5 + 1) + b"\3\0"
    data = bytearray(make_zip((f"{INFO}/METADATA", nothing)))
    for signature, method, size in ((b"PK\3\4", 8, 22), (b"PK\1\2", 10, 24)):
        start = data.rindex(signature)
        data[start + method] = zipfile.ZIP_DEFLATED
        data[start + size : start + size + 4] = bytes(4)
    assert "larger than 16 MiB" in refuse(bytes(data))


def test_read_wheel__bomb_is_not_unpacked_beyond_the_bound() -> None:
    data = make_zip((METADATA, bytes(8 * TEXT_LIMIT)), method=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    try:
        refuse(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * TEXT_LIMIT


def test_inspection__texts_of_a_wheel(tmp_path: Path) -> None:
    found = inspect(build_wheel(tmp_path, files={f"{INFO}/entry_points.txt": "[a]\n"}))
    assert found.anomalies == {}
    assert b"Tag: py3-none-any" in found.texts["WHEEL"]
    assert found.texts["entry_points.txt"] == b"[a]\n"
    assert inspect(build_wheel(tmp_path)).texts.keys() == {"WHEEL"}


def test_inspection__files_that_are_missing_or_elsewhere(tmp_path: Path) -> None:
    assert anomalies(build_wheel(tmp_path, files={f"{INFO}/RECORD": None})) == {Anomaly.MISSING_FILE: f"{INFO}/RECORD"}
    elsewhere = {f"{INFO}/METADATA": None, "Sample-1.0.dist-info/METADATA": build_metadata()}
    assert anomalies(build_wheel(tmp_path, files=elsewhere)) == {
        Anomaly.MISSING_FILE: f"{INFO}/METADATA",
        Anomaly.SECOND_DIST_INFO: "Sample-1.0.dist-info",
    }
    renamed = build_wheel(tmp_path).rename(tmp_path / "other-2.0-py3-none-any.whl")
    with renamed.open("rb") as file:
        contents = read_wheel(file, "other-2.0.dist-info")
    assert contents.inspection.anomalies == {Anomaly.OTHER_DIST_INFO: INFO}
    assert contents.licenses == f"{INFO}/licenses"


HEXADECIMAL = hashlib.sha256(b'"""A sample."""\n').hexdigest().encode()


@pytest.mark.parametrize(
    ("record", "anomaly", "detail"),
    [
        (b"\xff", Anomaly.RECORD_UNREADABLE, "it is not UTF-8"),
        (b"x" * 200_000, Anomaly.RECORD_UNREADABLE, "field larger than field limit (131072)"),
        (b"", Anomaly.RECORD_UNLISTED, f"{INFO}/METADATA"),
        (b"x.py,,\ngone.py,,\ny.py,,\n", Anomaly.RECORD_ABSENT, "gone.py"),
        (b"gone\\x.py\n", Anomaly.RECORD_ABSENT, "gone/x.py"),
        (b"sample/__init__.py,sha256=AA,16\n", Anomaly.RECORD_DIFFERENT, "sample/__init__.py"),
        (b"sample/__init__.py,,15,more\n", Anomaly.RECORD_DIFFERENT, "sample/__init__.py"),
        (b"sample/__init__.py,,abc\n", Anomaly.RECORD_ROW, "sample/__init__.py,,abc"),
        (b"sample/__init__.py,sha256=%b,\n" % HEXADECIMAL, Anomaly.RECORD_HEXADECIMAL, "sample/__init__.py"),
    ],
)
def test_inspection__record_that_is_wrong(record: bytes, anomaly: Anomaly, detail: str, tmp_path: Path) -> None:
    assert anomalies(build_wheel(tmp_path, files={f"{INFO}/RECORD": record}))[anomaly] == detail


@pytest.mark.parametrize("entry", ["md5=x,", ",00016", ",16", ",", ",1 6", f"sha256={16 * 'A'},{'9' * 5000}"])
def test_inspection__record_is_compared_as_far_as_it_goes(entry: str, tmp_path: Path) -> None:
    found = anomalies(build_wheel(tmp_path, files={f"{INFO}/RECORD": f"sample/__init__.py,{entry}\n"}))
    assert (Anomaly.RECORD_DIFFERENT in found) == entry.startswith("sha256=")


def test_inspection__record_beyond_the_limit_is_ignored(tmp_path: Path) -> None:
    record = b"a,,\r\n" * (TEXT_LIMIT // 5 + 1)
    assert anomalies(build_wheel(tmp_path, files={f"{INFO}/RECORD": record})) == {}


def test_inspection__signatures_need_not_be_listed(tmp_path: Path) -> None:
    path = build_wheel(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(f"{INFO}/RECORD.jws"), "{}")
    assert anomalies(path) == {}
    path = build_wheel(tmp_path, files={f"{INFO}/RECORD": f"{INFO}/RECORD.p7s,,\n"})
    assert Anomaly.RECORD_ABSENT not in anomalies(path)


@pytest.mark.parametrize("at", [20, 24])
def test_inspection__wrong_sizes_in_the_directory_are_one_anomaly(at: int, tmp_path: Path) -> None:
    path = build_wheel(tmp_path, files={"a.txt": "x" * 100})
    damage(path, "a.txt")
    path.write_bytes(patch(path.read_bytes(), at + 2 - 46, 0xF0, behind=b"a.txt"))
    assert anomalies(path) == {Anomaly.DIRECTORY_MISMATCH: "a.txt has two sizes"}


OBFUSCATED = b"__pyarmor__(__name__, __file__,"


@pytest.mark.parametrize("sizes", ["file_size", "compress_size"])
def test_inspection__members_beyond_the_limit_in_all_are_not_scanned(sizes: str, tmp_path: Path) -> None:
    for count in (1, READ_LIMIT // SOURCE_LIMIT + 1):
        path = tmp_path / f"{count}.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(METADATA, build_metadata())
            for number in range(count):
                archive.writestr(f"{number}.py", "")
            for member in archive.filelist[1:]:
                setattr(member, sizes, SOURCE_LIMIT)
            archive.writestr("last.py", OBFUSCATED.ljust(SOURCE_LIMIT))
        assert (Anomaly.OBFUSCATED in anomalies(path)) == (count == 1)


@pytest.mark.parametrize(("start", "is_tar"), [(tarfile.TarInfo("PK\x03\x04").tobuf(), True), (b"0" * 512, False)])
def test_inspection__wheel_that_is_also_a_tar(start: bytes, is_tar: bool, tmp_path: Path) -> None:
    path = build_wheel(tmp_path)
    path.write_bytes(start + path.read_bytes())
    assert (Anomaly.POLYGLOT in anomalies(path)) is is_tar
