"""Members of plain zips are unpacked without the zipfile module: what comes out has to be the same."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.distributions.archives.damage import DAMAGE, ArchiveError
from publisher.distributions.archives.members import METHODS, Archive
from publisher.distributions.archives.seen import Memory, Packed, look
from publisher.distributions.archives.wheel import read_wheel
from publisher.distributions.archives.zip_framing import walk_through

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.distributions.archives.members import Member
    from publisher.distributions.archives.seen import Seen

T = TypeVar("T")

CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"
MOST = 1 << 20


def build(
    *, name: str = "a.py", method: int = zipfile.ZIP_DEFLATED, extra: bytes = b"", comment: bytes = b"", size: int = 400
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = comment
        for path, content in ((name, b"x" * size), ("directory/", b""), ("empty", b"")):
            member = zipfile.ZipInfo(path)
            member.extra, member.compress_type = extra, method
            archive.writestr(member, content)
    return file.getvalue()


def change(data: bytes, signature: bytes, at: int, new: bytes) -> bytes:
    start = data.index(signature) + at
    return data[:start] + new + data[start + len(new) :]


def is_plain(data: bytes) -> bool:
    return walk_through(io.BytesIO(data), lambda: None).members is not None


def unpack(archive: Archive) -> list[bytes | str]:
    """Unpack all members, or say why not."""
    return [attempt(archive.unpack, member) for member in archive.members]


def look_into(archive: Archive) -> list[Seen | str]:
    """Look into all members, or say why not."""
    return [attempt(archive.look, member) for member in archive.members]


def attempt(act: Callable[[Member, int], T], member: Member) -> T | str:
    try:
        return act(member, MOST)
    except (ArchiveError, *DAMAGE) as error:
        return f"{type(error)} {error}"


def assert_same(data: bytes) -> None:
    """See that an archive, if it is plain, is what the zipfile module takes it for."""
    file = io.BytesIO(data)
    plain = walk_through(file, lambda: None).members
    if plain is None or any(member.method not in METHODS for member in plain):
        return
    memory = Memory()
    ours, other = Archive(file, plain, memory), Archive(file, None, Memory())
    assert [member[:-1] for member in ours.members] == [member[:-1] for member in other.members]
    assert unpack(ours) == unpack(other)
    seen = look_into(other)
    assert [seen, seen] == [look_into(ours), look_into(Archive(file, plain, memory))]


@pytest.mark.parametrize("data", [build(), build(method=zipfile.ZIP_STORED), build(name="ü"), build(size=200_000)])
def test_archive__plain(data: bytes) -> None:
    assert is_plain(data)
    assert_same(data)
    assert Archive(io.BytesIO(data), None, Memory()).members


NOT_PLAIN: dict[str, Callable[[], bytes]] = {
    "a comment": lambda: build(comment=b"note"),
    "an extra field": lambda: build(extra=struct.pack("<2H1s", 0x4242, 1, b"x")),
    "another flag": lambda: change(build(), CENTRAL, 8, b"\x20\x00"),
    "a version of the format to come": lambda: change(build(), CENTRAL, 6, b"\x40\x00"),
    "another place": lambda: change(build(), CENTRAL, 42, b"\x01"),
    "a name that is spelled like another": lambda: change(
        change(build(name="ü"), CENTRAL, 8, b"\x00\x08"), CENTRAL, 46, b"\xef"
    ),
    "a name without its encoding": lambda: change(
        change(build(name="ü"), CENTRAL, 8, b"\x00\x00"), LOCAL, 6, b"\x00\x00"
    ),
    "a record within the directory": lambda: build().replace(
        CENTRAL, LOCAL + bytes(22) + b"\x01\x00\x00\x00b" + CENTRAL, 1
    ),
    "no members in the directory": lambda: build()[: build().index(CENTRAL)] + END + bytes(18),
}


@pytest.mark.parametrize("case", NOT_PLAIN)
def test_archive__not_plain(case: str) -> None:
    assert not is_plain(NOT_PLAIN[case]())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("at", [30 + len("a.py"), 30 + len("a.py") + 4])
def test_archive__damaged_data_is_described_as_zipfile_does(method: int, at: int) -> None:
    data = change(build(method=method), LOCAL, at, b"\xff")
    assert is_plain(data)
    assert_same(data)
    damaged, *rest = unpack(Archive(io.BytesIO(data), walk_through(io.BytesIO(data), lambda: None).members, Memory()))
    assert isinstance(damaged, str)
    assert rest == [b"", b""]


def test_archive__no_more_than_was_asked_for() -> None:
    archive = Archive(file := io.BytesIO(build()), walk_through(file, lambda: None).members, Memory())
    assert archive.unpack(archive.members[0], 10) == b"x" * 10


def test_archive__kept_members_are_unpacked_once() -> None:
    archive = Archive(file := io.BytesIO(build()), walk_through(file, lambda: None).members, Memory())
    first = archive.unpack(archive.members[0], MOST, keep=True)
    assert archive.unpack(archive.members[0], MOST) is first
    assert archive.look(archive.members[0], MOST) == look(first)


def test_archive__no_more_is_looked_into_than_was_asked_for() -> None:
    archive = Archive(file := io.BytesIO(build()), walk_through(file, lambda: None).members, Memory())
    assert archive.look(archive.members[0], 10) == look(b"x" * 10)


def test_archive__what_was_seen_in_another_archive_counts_for_the_very_same_member_only() -> None:
    memory = Memory()
    for data, is_whole in ((build(), True), (build(), True), (change(build(), LOCAL, 34, b"y"), False)):
        archive = Archive(file := io.BytesIO(data), walk_through(file, lambda: None).members, memory)
        seen = look_into(archive)[0]
        assert (seen == look(b"x" * 400)) is is_whole


def test_memory__keeps_no_more_than_it_has_room_for() -> None:
    memory, packed, seen = Memory(), Packed(b"x" * (3 << 20), 0, 3 << 20, 1), look(b"")
    for checksum in range(4):
        memory.keep(packed._replace(checksum=checksum), seen)
    kept = [memory.recall(packed._replace(checksum=checksum)) for checksum in range(4)]
    assert kept == [seen, seen, None, None]


def test_memory__what_is_small_takes_room_too() -> None:
    memory = Memory()
    tracemalloc.start()
    try:
        for number in range(30_000):
            memory.keep(Packed(b"%06d" % number, 0, 6, number), look(b"%d" % number))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 9 << 20
    assert memory.recall(Packed(b"000000", 0, 6, 0)) == look(b"0")


def test_memory__other_data_of_the_same_size_and_checksum_is_not_taken_for_it_and_takes_no_room() -> None:
    memory, seen = Memory(), look(b"")
    for number in range(4):
        memory.keep(Packed(bytes([number]) * (3 << 20), 0, 3 << 20, 1), seen)
    large = Packed(bytes(4 << 20), 0, 4 << 20, 2)
    memory.keep(large, seen)
    kept = [memory.recall(Packed(bytes([number]) * (3 << 20), 0, 3 << 20, 1)) for number in range(4)]
    assert kept == [seen, None, None, None]
    assert memory.recall(large) == seen


def test_read_wheel__a_name_that_is_empty_to_zipfile() -> None:
    data = build(name="sample-1.0.dist-info/METADATA").replace(b"empty", b"\0mpty")
    assert read_wheel(io.BytesIO(data), "sample-1.0.dist-info").metadata == b"x" * 400


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_archive__whatever_is_changed_it_is_read_as_zipfile_reads_it(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([build(), build(name="ü", method=zipfile.ZIP_STORED)]))
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        signature = data.draw(st.sampled_from([CENTRAL, LOCAL, END]))
        place = whole.index(signature) + data.draw(st.integers(4, 60))
        changed[place % len(whole)] = data.draw(st.integers(0, 255))
    assert_same(bytes(changed))
