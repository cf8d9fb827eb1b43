"""What is noticed in an archive beside its metadata."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from publisher.distributions.archives.members import Archive
from publisher.distributions.archives.members import Member as ZipMember
from publisher.distributions.archives.obfuscation import LOOK_LIMIT, is_source, name_obfuscator
from publisher.distributions.archives.record import RecordError, parse_record
from publisher.distributions.archives.seen import Memory, look
from publisher.distributions.archives.survey import SOURCES_LIMIT, Member, Survey
from publisher.distributions.archives.tarball import MEMBERS_LIMIT
from publisher.distributions.archives.wheel import read_wheel
from publisher.distributions.archives.wheel_contents import (
    ENTRY_POINTS_LIMIT,
    LOOKS_LIMIT,
    PACKED_BUDGET,
    RECORD_FIELDS_LIMIT,
    RECORD_LINES_LIMIT,
    inspect_wheel,
)
from publisher.distributions.inspection import Anomaly, Inspection, is_escaping
from publisher.distributions.model import Distribution
from tests.builders import build_metadata, build_sdist, build_wheel
from tests.reading import read_files

if TYPE_CHECKING:
    from pathlib import Path

INFO = "sample-1.0.dist-info"


def inspect(path: Path) -> Inspection:
    (file,) = read_files([path], path.parent)
    assert isinstance(file, Distribution)
    return file.inspection


def anomalies(path: Path) -> dict[Anomaly, str]:
    return {fault.anomaly: fault.detail for fault in inspect(path).observations}


def survey(*paths: str) -> Survey:
    result = Survey()
    for path in paths:
        result.note(Member(path, 0, is_file=True, is_sparse=False))
    return result


def test_inspect__texts_of_a_wheel(tmp_path: Path) -> None:
    found = inspect(build_wheel(tmp_path, files={f"{INFO}/entry_points.txt": "[a]\n"}))
    assert found.observations == ()
    assert "Tag: py3-none-any" in found.wheel
    assert found.entry_points == b"[a]\n"


def test_inspect__files_that_are_missing_or_elsewhere(tmp_path: Path) -> None:
    assert anomalies(build_wheel(tmp_path, files={f"{INFO}/RECORD": None})) == {Anomaly.MISSING_FILE: "RECORD"}
    elsewhere = {f"{INFO}/METADATA": None, "Sample-1.0.dist-info/METADATA": build_metadata()}
    assert anomalies(build_wheel(tmp_path, files=elsewhere)) == {Anomaly.MISSING_FILE: "METADATA"}


@pytest.mark.parametrize(
    ("record", "anomaly", "detail"),
    [
        (b"\xff", Anomaly.RECORD_UNREADABLE, "it is not UTF-8"),
        (b"x" * 200_000, Anomaly.RECORD_UNREADABLE, "field larger than field limit (131072)"),
        (b"\n", Anomaly.RECORD_BLANK_LINE, ""),
        (b"", Anomaly.RECORD_UNLISTED, f"{INFO}/METADATA"),
        (b"gone.py,,\n", Anomaly.RECORD_ABSENT, "gone.py"),
        (b"sample/__init__.py,sha256=AA,16\n", Anomaly.RECORD_DIFFERENT, "sample/__init__.py"),
        (b"sample/__init__.py,,15\n", Anomaly.RECORD_DIFFERENT, "sample/__init__.py"),
    ],
)
def test_inspect__record_that_is_wrong(record: bytes, anomaly: Anomaly, detail: str, tmp_path: Path) -> None:
    assert anomalies(build_wheel(tmp_path, files={f"{INFO}/RECORD": record}))[anomaly] == detail


def test_inspect__record_of_too_many_lines_is_not_held_against_it(tmp_path: Path) -> None:
    assert anomalies(build_wheel(tmp_path, files={f"{INFO}/RECORD": b"a,,\r\n" * (RECORD_LINES_LIMIT + 1)})) == {}


def test_inspect__record_of_too_many_fields_is_not_held_against_it(tmp_path: Path) -> None:
    record = b"," * (RECORD_FIELDS_LIMIT + 1)
    assert anomalies(build_wheel(tmp_path, files={f"{INFO}/RECORD": record})) == {}


def test_inspect__entry_points_that_are_too_long_are_left_alone(tmp_path: Path) -> None:
    text = "\n" * (ENTRY_POINTS_LIMIT + 1)
    assert inspect(build_wheel(tmp_path, files={f"{INFO}/entry_points.txt": text})).entry_points is None


def look_through(*packed: bytes) -> dict[Anomaly, str]:
    """Look through a wheel of members with Python source, each deflated as given and empty unless it is stored."""
    data, members = b"".join(dict.fromkeys(packed)), []
    places = {each: data.index(each) for each in packed}
    for number, each in enumerate(packed):
        is_source = each.startswith(OBFUSCATED)
        size, method = (len(each), zipfile.ZIP_STORED) if is_source else (0, zipfile.ZIP_DEFLATED)
        checksum = zlib.crc32(each) if is_source else 0
        members.append(ZipMember(number, f"{number}.py", 0, method, checksum, len(each), size, places[each]))
    archive = Archive(io.BytesIO(data), members, Memory())
    return {fault.anomaly: fault.detail for fault in inspect_wheel(archive, INFO, 1, (), lambda: None).observations}


EMPTY = b"\3\0"
OBFUSCATED = b"__pyarmor__(__name__, __file__,"


def test_inspect__what_lies_beyond_the_members_that_are_looked_into_is_not_held_against_it() -> None:
    assert Anomaly.OBFUSCATED in look_through(*[EMPTY] * (LOOKS_LIMIT - 1), OBFUSCATED)
    assert Anomaly.OBFUSCATED not in look_through(*[EMPTY] * LOOKS_LIMIT, OBFUSCATED)


def test_inspect__data_that_unpack_to_nothing_count_as_what_they_take() -> None:
    nothing = b"\0\0\0\xff\xff" * 200_000 + EMPTY
    source = OBFUSCATED + bytes(len(nothing))
    count = PACKED_BUDGET // len(nothing)
    assert Anomaly.OBFUSCATED in look_through(*[nothing] * (count - 2), source)
    assert Anomaly.OBFUSCATED not in look_through(*[nothing] * count, source)
    assert Anomaly.CORRUPT_MEMBER not in look_through(bytes(LOOK_LIMIT + 1))


def test_survey__wants_no_more_source_than_is_looked_into() -> None:
    found, source = Survey(), Member("a.py", LOOK_LIMIT, is_file=True, is_sparse=False)
    wanted = [found.wants(source) for _ in range(SOURCES_LIMIT // LOOK_LIMIT + 1)]
    assert (wanted[0], wanted[-2:]) == (True, [True, False])
    assert not Survey().wants(source._replace(path="a.txt"))


def test_inspect__signatures_need_not_be_listed(tmp_path: Path) -> None:
    path = build_wheel(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(f"{INFO}/RECORD.jws"), "{}")
    assert anomalies(path) == {}


def test_inspect__encrypted_member_that_would_be_read(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, files={"a.py": "x", "b.txt": "x"})
    data = bytearray(path.read_bytes())
    for name in (b"a.py", b"b.txt"):
        data[data.rindex(name) - 46 + 8] |= 1
    path.write_bytes(bytes(data))
    assert anomalies(path) == {Anomaly.ENCRYPTED: "a.py"}


def test_inspect__what_is_beyond_the_limits_is_not_held_against_it(tmp_path: Path) -> None:
    source = b"__pyarmor__(__name__, __file__)" + b"#" * LOOK_LIMIT
    assert anomalies(build_wheel(tmp_path, files={"a.py": source})) == {}
    assert anomalies(build_sdist(tmp_path, files={"sample-1.0/a.py": source})) == {}


def test_inspect__what_is_left_to_spend_is_spent_on_each_member_once(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, files={f"{INFO}/entry_points.txt": "[console_scripts]\n"})
    pauses: list[None] = []
    with path.open("rb") as file:
        read_wheel(file, INFO, lambda: pauses.append(None))
    walking_through = 1
    assert len(pauses) - walking_through == len(zipfile.ZipFile(path).namelist())


def test_inspect__wheel_that_is_a_tar_too(tmp_path: Path) -> None:
    header = tarfile.TarInfo("PK\x03\x04").tobuf()
    path = tmp_path / "tar"
    path.write_bytes(header)
    wheel = build_wheel(tmp_path)
    wheel.write_bytes(header + wheel.read_bytes())
    assert Anomaly.POLYGLOT in anomalies(wheel)


def test_inspect__obfuscated_member_of_a_wheel(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, files={"a.pye": "---BEGIN PYE FILE---\n---END PYE FILE---\n"})
    assert anomalies(path) == {Anomaly.OBFUSCATED: "SourceDefender: a.pye"}


def test_inspect__sdist_that_is_a_zip_too(tmp_path: Path) -> None:
    path = build_sdist(tmp_path)
    path.write_bytes(path.read_bytes() + build_wheel(tmp_path).read_bytes())
    assert anomalies(path) == {Anomaly.POLYGLOT: "zip"}


def test_inspect__sdist_with_the_signature_of_a_zip_by_chance(tmp_path: Path) -> None:
    path = build_sdist(tmp_path)
    path.write_bytes(path.read_bytes() + b"PK\x05\x06" + b"\x07" * 18)
    assert anomalies(path) == {}


def test_inspect__sdist_with_the_end_of_a_zip_that_spans_disks(tmp_path: Path) -> None:
    path = build_sdist(tmp_path)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, 0, 2)
    path.write_bytes(path.read_bytes() + locator + b"PK\x05\x06" + bytes(18))
    assert anomalies(path) == {}


def test_inspect__beyond_the_part_that_is_looked_at_no_license_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "sample-1.0.tar.gz"
    metadata = build_metadata(metadata=[("License-File", "LICENSE")])
    member = tarfile.TarInfo("sample-1.0/PKG-INFO")
    member.size = len(metadata)
    with gzip.open(path, "wb", compresslevel=1) as archive:
        archive.write(member.tobuf() + metadata.ljust(tarfile.BLOCKSIZE, b"\0"))
        archive.write(tarfile.TarInfo("sample-1.0/x").tobuf() * MEMBERS_LIMIT)
    assert anomalies(path) == {}


def test_inspect__six_digits_do_not_make_a_tar(tmp_path: Path) -> None:
    path = build_wheel(tmp_path)
    path.write_bytes(b"0" * tarfile.BLOCKSIZE + path.read_bytes())
    assert anomalies(path).keys() == {Anomaly.UNKNOWN_RECORD}


def test_inspect__license_files_are_looked_for(tmp_path: Path) -> None:
    metadata = [("License-File", "LICENSE"), ("License-File", "NOTICE")]
    wheel = build_wheel(tmp_path, metadata=metadata, files={f"{INFO}/licenses/LICENSE": "text"})
    assert anomalies(wheel) == {Anomaly.MISSING_LICENSE: f"{INFO}/licenses/NOTICE"}
    sdist = build_sdist(tmp_path, metadata=metadata, files={"sample-1.0/LICENSE": "t", "sample-1.0/NOTICE": "t"})
    assert anomalies(sdist) == {}


def test_inspect__old_gnu_sparse_member(tmp_path: Path) -> None:
    path = tmp_path / "sample-1.0.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as archive:
        for name in ("PKG-INFO", "holes"):
            member = tarfile.TarInfo(f"sample-1.0/{name}")
            member.type = tarfile.REGTYPE if name == "PKG-INFO" else tarfile.GNUTYPE_SPARSE
            member.size = len(build_metadata())
            archive.addfile(member, io.BytesIO(build_metadata()))
    assert anomalies(path) == {Anomaly.SPARSE_MEMBER: "sample-1.0/holes"}


@pytest.mark.parametrize(
    ("paths", "top", "anomaly"),
    [
        (("a-1/PKG-INFO", "a-1/b/c"), "a-1", None),
        (("a-1", "a-1/PKG-INFO"), "a-1", None),
        (("/a-1/PKG-INFO", "/a-1/x"), "/a-1", Anomaly.ESCAPING_MEMBER),
        (("a-1/PKG-INFO", "b"), "", Anomaly.SEVERAL_TOPS),
        (("a-1/PKG-INFO", "/a-1/b"), "/a-1", Anomaly.MIXED_PATHS),
        (("./a-1/PKG-INFO", "./a-1/b"), "a-1", Anomaly.METADATA_PLACE),
        (("a-1/PKG-INFO",), "a-1/PKG-INFO", Anomaly.METADATA_PLACE),
    ],
)
def test_survey__top_directory(paths: tuple[str, ...], top: str, anomaly: Anomaly | None) -> None:
    result = survey(*paths)
    assert result.top == top
    found = [fault.anomaly for fault in result.conclude(is_zip=False).observations]
    assert found == [] if anomaly is None else anomaly in found


def test_parse_record__lines_of_any_length() -> None:
    record = parse_record(b'"a,b.py",sha256=AA,1\nc\\d.py\ne,f,g,h\n')
    assert record.entries == {"a,b.py": ("sha256=AA", "1"), "c/d.py": ("", ""), "e": ("f", "g")}
    assert not record.has_blank_line
    assert parse_record(b"a,,\n\n").has_blank_line


def test_parse_record__not_a_record() -> None:
    with pytest.raises(RecordError, match="not UTF-8"):
        parse_record(b"\xff")


def test_record__compares_what_it_has() -> None:
    record = parse_record(b"a,sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0,0003\nb,md5=x,\nzero,,0\n")
    right, wrong = (look(data).digest for data in (b"abc", b"abd"))
    assert not record.has_other_digest("a", right)
    assert record.has_other_digest("a", wrong)
    assert not record.has_other_digest("b", right)
    assert not record.has_other_digest("c", right)
    assert not record.has_other_size("a", 3)
    assert record.has_other_size("a", 4)
    assert not record.has_other_size("b", 4)
    assert not record.has_other_size("zero", 0)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b"__pyarmor__(__name__, __file__, b'x')", "PyArmor"),
        (b"__pyarmor__(__name__,__file__, b'x')", ""),
        (b"text of '__pyarmor_enter__'", "PyArmor"),
        (b"__pyarmor_enter_12345__(b'x')", ""),
        (b"---BEGIN PYE FILE---\nx\n---END PYE FILE---", "SourceDefender"),
        (b"---BEGIN PYE FILE---", ""),
        (b"---END PYE FILE---", ""),
        (b"from pyarmor_runtime import __pyarmor__", ""),
        (b"", ""),
    ],
)
def test_name_obfuscator__by_its_traces(source: bytes, name: str) -> None:
    assert name_obfuscator(source) == name


def test_is_source__python_alone() -> None:
    assert [path for path in ("a.py", "a.PYE", "a.pyc", "py", "a/.py", "a.txt", ".b.Py") if is_source(path)] == [
        "a.py",
        "a.PYE",
        ".b.Py",
    ]


@pytest.mark.parametrize("path", ["/etc/x", "\\x", "C:/x", "../x", "a/../../x", "a\\..\\..\\x"])
def test_is_escaping__leads_out(path: str) -> None:
    assert is_escaping(path)


@pytest.mark.parametrize("path", ["x", "a/../x", "./x", "a/..b/x", "..."])
def test_is_escaping__stays_inside(path: str) -> None:
    assert not is_escaping(path)
