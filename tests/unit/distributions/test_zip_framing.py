"""What is odd about the records of a zip: each case is a good wheel with a few bytes changed."""

import io
import struct
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.distributions.inspection import Anomalies, Anomaly, ArchiveError
from publisher.distributions.wheel import read_wheel
from publisher.distributions.zip_framing import check_framing, is_zip, parse_extra, widen_sizes
from tests.builders import build_wheel

INFO = "sample-1.0.dist-info"
END, CENTRAL, LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"


def look(data: bytes) -> dict[Anomaly, str]:
    notes: Anomalies = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_framing(io.BytesIO(data), archive.infolist(), notes)
    return notes


def build(*members: tuple[str, bytes], comment: bytes = b"", extra: bytes = b"", member_comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = comment
        for name, data in members:
            member = zipfile.ZipInfo(name)
            member.extra, member.comment = extra, member_comment
            archive.writestr(member, data)
    return file.getvalue()


GOOD = build(("a.py", b"x" * 40), ("b.py", b"y"))


def overwrite(data: bytes, at: int, new: bytes, signature: bytes) -> bytes:
    start = data.index(signature) + at
    return data[:start] + new + data[start + len(new) :]


def extra_field(number: int, data: bytes) -> bytes:
    return struct.pack("<2H", number, len(data)) + data


def test_framing__good_archives_have_no_faults(tmp_path: Path) -> None:
    assert look(GOOD) == look(build(("d/", b""), ("d/ü", b"z"), comment=b"note")) == {}
    assert look(build_wheel(tmp_path).read_bytes()) == {}
    assert look(build()) == {}


CASES: dict[str, tuple[Callable[[], bytes], Anomaly]] = {
    "bytes before": (lambda: b"#!/bin/sh\n" + GOOD, Anomaly.UNKNOWN_RECORD),
    "bytes between": (lambda: GOOD.replace(CENTRAL, b"....." + CENTRAL, 1), Anomaly.UNKNOWN_RECORD),
    "bytes behind": (lambda: GOOD + b".", Anomaly.TRAILING_DATA),
    "cut off": (lambda: overwrite(GOOD, 20, b"\x05", END), Anomaly.TRUNCATED_RECORD),
    "streamed": (lambda: overwrite(GOOD, 6, b"\x08\x00", LOCAL), Anomaly.DATA_DESCRIPTOR),
    "tab in a name": (lambda: build(("a\tb", b"")), Anomaly.MEMBER_NAME),
    "delete in a name": (lambda: build(("a\x7fb", b"")), Anomaly.MEMBER_NAME),
    "tab in the directory alone": (lambda: overwrite(GOOD, 46, b"\t", CENTRAL), Anomaly.MEMBER_NAME),
    "not UTF-8": (lambda: GOOD.replace(b"a.py", b"\xff.py"), Anomaly.MEMBER_NAME),
    "another name in the directory": (lambda: overwrite(GOOD, 46, b"c", CENTRAL), Anomaly.DIRECTORY_MISMATCH),
    "another packed size": (lambda: overwrite(GOOD, 20, b"\x29", CENTRAL), Anomaly.DIRECTORY_MISMATCH),
    "another unpacked size": (lambda: overwrite(GOOD, 24, b"\x29", CENTRAL), Anomaly.DIRECTORY_MISMATCH),
    "two counts": (lambda: overwrite(GOOD, 8, b"\x01\x00", END), Anomaly.DIRECTORY_MISMATCH),
    "another count": (lambda: overwrite(GOOD, 8, b"\x03\x00\x03\x00", END), Anomaly.DIRECTORY_MISMATCH),
    "another place of the directory": (lambda: overwrite(GOOD, 16, b"\x01", END), Anomaly.DIRECTORY_MISMATCH),
    "a member's comment": (lambda: build(("a", b""), member_comment=b"note"), Anomaly.MEMBER_COMMENT),
    "half an extra field": (lambda: build(("a", b""), extra=b"\x00\x00\x00"), Anomaly.EXTRA_FIELD),
    "zip64 of 9 bytes": (lambda: build(("a", b""), extra=extra_field(1, bytes(9))), Anomaly.EXTRA_FIELD),
    "a tab in the other name": (lambda: build(("a", b""), extra=extra_field(0x7075, b"12345\t")), Anomaly.MEMBER_NAME),
    "another name not UTF-8": (lambda: build(("a", b""), extra=extra_field(0x7075, b"12345\xff")), Anomaly.MEMBER_NAME),
}


@pytest.mark.parametrize("case", CASES)
def test_framing__each_way_to_be_odd(case: str) -> None:
    make, anomaly = CASES[case]
    assert anomaly in look(make())


def test_framing__zip64_field_without_the_size_is_reported_once() -> None:
    data = build(("a", b"x"), ("b", b"y"), extra=extra_field(1, bytes(8)) * 2)
    assert look(overwrite(data, 18, bytes([255] * 8), LOCAL)).keys() == {Anomaly.EXTRA_FIELD}


def test_framing__the_same_name_twice() -> None:
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        data = build(("a", b"1"), ("a", b"2"))
    assert look(data)[Anomaly.DUPLICATE_MEMBER] == "a"


def end_64(*, size: int = 44, here: int = 2, total: int = 0xFFFF) -> bytes:
    """Return the good archive with its numbers in a zip64 end record; `total` is what the end record says."""
    start, end = GOOD.index(CENTRAL), GOOD.index(END)
    record = b"PK\x06\x06" + struct.pack("<Q2H2L4Q", size, 45, 45, 0, 0, here, 2, end - start, start)
    pointer = b"PK\x06\x07" + struct.pack("<LQL", 0, end, 1)
    last = END + struct.pack("<4H2LH", 0, 0, total, total, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return GOOD[:end] + record + pointer + last


def test_framing__numbers_in_a_zip64_end_record() -> None:
    assert look(end_64()) == look(end_64(total=3)) == {}


@pytest.mark.parametrize(
    ("data", "anomaly"), [(end_64(size=43), Anomaly.EXTRA_FIELD), (end_64(here=1), Anomaly.DIRECTORY_MISMATCH)]
)
def test_framing__odd_zip64_end_records(data: bytes, anomaly: Anomaly) -> None:
    try:
        assert anomaly in look(data)
    except zipfile.BadZipFile:
        assert sys.version_info >= (3, 13, 4)  # refuses such files itself


@pytest.mark.parametrize(
    "extra", [b"\x01", b"\x01\x00\x05\x00", extra_field(1, b"") * 2, extra_field(0x7075, b"12345a") * 2]
)
def test_parse_extra__malformed(extra: bytes) -> None:
    with pytest.raises(ValueError, match="extra field"):
        parse_extra(extra)


WIDE = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "sizes", "stored"), [(b"", (WIDE, 1), True), (bytes(8), (1, 1), False), (bytes(12), (1, 1), True)]
)
def test_widen_sizes__malformed(data: bytes, sizes: tuple[int, int], stored: bool) -> None:
    with pytest.raises(ValueError, match="zip64"):
        widen_sizes(data, sizes, is_stored=stored)


def test_widen_sizes__takes_the_wide_sizes_where_they_are_announced() -> None:
    wide = struct.pack("<2Q", 7, 5)
    assert widen_sizes(wide, (WIDE, 9), is_stored=False) == widen_sizes(wide, (WIDE, WIDE), is_stored=False) == (7, 5)
    assert widen_sizes(wide, (8, WIDE), is_stored=False) == (8, 5)
    assert widen_sizes(b"", (8, 9), is_stored=False) == widen_sizes(None, (8, 9), is_stored=False) == (8, 9)
    assert widen_sizes(struct.pack("<Q", 7), (WIDE, WIDE), is_stored=True) == (7, 7)


def test_framing__wide_sizes_in_the_directory() -> None:
    data = build(("a", b"x"), extra=extra_field(1, struct.pack("<2Q", 1, 1)))
    for signature, at in ((LOCAL, 18), (CENTRAL, 20)):
        data = overwrite(data, at, bytes([255] * 8), signature)
    assert look(data) == {}


def test_is_zip__opens_the_archive() -> None:
    spanned = b"PK\x06\x07" + struct.pack("<LQL", 0, 0, 2) + END + bytes(18)
    assert [data for data in (GOOD, spanned, END + b"\x07" * 18, b"") if is_zip(io.BytesIO(data))] == [GOOD]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=4), cut=st.integers(0, 2000))
def test_wheel__mutated_in_any_way_is_read_or_refused(
    changes: list[tuple[int, int]], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = bytearray(build_wheel(tmp_path_factory.mktemp("wheel"), files={"a.py": "x"}).read_bytes())
    for place, value in changes:
        data[place % len(data)] = value
    if cut < 500:
        del data[cut:]
    try:
        contents = read_wheel(io.BytesIO(bytes(data)), INFO)
    except ArchiveError:
        return
    assert len(contents.inspection.anomalies) <= len(Anomaly)
