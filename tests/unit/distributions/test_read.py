import gzip
import hashlib
import os
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from publisher.distributions.inspection import Anomaly
from publisher.distributions.model import Distribution, Fault, Kind, Unreadable
from publisher.distributions.read import read_distributions
from publisher.distributions.sdist import UNPACKED_LIMIT
from tests.builders import build_metadata, build_sdist, build_wheel
from tests.reading import unprivileged

INFO = "sample-1.0.dist-info"
PLACES = ("it is not a regular", "it is a", "it cannot be read")


def read(workspace: Path, *paths: Path) -> list[Distribution | Unreadable]:
    return read_distributions(paths, workspace)


def read_one(workspace: Path, path: Path) -> Distribution:
    (result,) = read(workspace, path)
    assert isinstance(result, Distribution), result
    return result


def reason(workspace: Path, path: Path) -> str:
    (result,) = read(workspace, path)
    assert isinstance(result, Unreadable)
    assert (result.path, result.filename) == (path, path.name)
    assert (result.fault is Fault.CONTENT) is not result.reason.startswith(PLACES)
    return result.reason


def test_read__wheel(workspace: Path) -> None:
    fields = [("Summary", "é")]
    path = build_wheel(
        workspace, "Sample-Project", tag="py2.py3-none-any", metadata=fields, description="Hi", size=600_000
    )
    result, data = read_one(workspace, path), path.read_bytes()
    assert (result.path, result.filename, result.kind) == (path, path.name, Kind.WHEEL)
    assert (result.project, str(result.version), result.python_tag) == ("sample-project", "1.0", "py2.py3")
    assert result.release == (result.project, result.version)
    assert (result.size, result.modified_ns) == (len(data), path.stat().st_mtime_ns)
    assert result.digests.sha256 == hashlib.sha256(data).hexdigest()
    assert result.digests.blake2b_256 == hashlib.blake2b(data, digest_size=32).hexdigest()
    assert result.digests.md5 == hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert (result.metadata.first("Summary"), result.metadata.first("Description")) == ("é", "Hi")


def test_read__order_is_kept(workspace: Path) -> None:
    large = build_wheel(workspace / "dist", "large", size=4_000_000)
    paths = [large, *(build_sdist(workspace / "dist", f"small{number}") for number in range(12))]
    assert [result.path for result in read(workspace, *paths)] == paths


def test_read__link_within_and_out_of_the_workspace(workspace: Path) -> None:
    for directory, name in ((workspace, "inside"), (workspace.parent, "outside")):
        path = build_wheel(directory, name)
        (workspace / "dist" / path.name).symlink_to(path)
    inside, outside = sorted((workspace / "dist").iterdir())
    assert read_one(workspace, inside).path == inside
    assert reason(workspace, outside) == "it is a symbolic link that leads out of the workspace"


def test_read__no_permission(open_workspace: Path) -> None:
    path = build_sdist(open_workspace)
    path.chmod(0)
    with unprivileged():
        assert reason(open_workspace, path) == "it cannot be read: Permission denied"


def test_read__metadata_without_required_fields(workspace: Path) -> None:
    path = build_wheel(workspace / "dist", files={"sample-1.0.dist-info/METADATA": "Name: sample\n"})
    assert reason(workspace, path) == ("its metadata cannot be used: it has no `Metadata-Version` and no `Version`")


def test_read__file_that_changes_while_it_is_read(workspace: Path) -> None:
    path = build_wheel(workspace / "dist", size=20_000_000)
    before = path.stat().st_mtime_ns
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read, workspace, path)
        while not reading.done():
            before += 1000
            os.utime(path, ns=(before, before))
    [result] = reading.result()
    assert isinstance(result, Unreadable)
    assert result.reason == "it changed while it was read"


def test_read__license_files_are_looked_up(workspace: Path) -> None:
    metadata = [("License-File", "LICENSE"), ("License-File", "NOTICE"), ("License-File", "OTHER")]
    wheel = build_wheel(workspace, metadata=metadata, files={f"{INFO}/licenses/LICENSE": "text"})
    missing = {Anomaly.MISSING_LICENSE: f"{INFO}/licenses/NOTICE"}
    assert read_one(workspace, wheel).inspection.anomalies == missing
    texts = {f"sample-1.0/{name}": "text" for name in ("LICENSE", "NOTICE", "OTHER")}
    sdist = build_sdist(workspace, metadata=metadata, files=texts)
    assert read_one(workspace, sdist).inspection.anomalies == {}


def test_read__license_files_beyond_the_limits_are_not_missed(workspace: Path) -> None:
    path = workspace / "sample-1.0.tar.gz"
    metadata = build_metadata(metadata=[("License-File", "LICENSE")])
    member = tarfile.TarInfo("sample-1.0/PKG-INFO")
    member.size = len(metadata)
    with gzip.open(path, "wb", compresslevel=1) as archive:
        archive.write(member.tobuf() + metadata.ljust(tarfile.BLOCKSIZE, b"\0"))
        huge = tarfile.TarInfo("sample-1.0/x")
        huge.size = UNPACKED_LIMIT
        archive.write(huge.tobuf())
    assert read_one(workspace, path).inspection.anomalies == {}


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda path: path.symlink_to("nothing"), "it is a broken symbolic link"),
        (lambda path: path.symlink_to(path.name), "it cannot be read: Too many levels of symbolic links"),
        (lambda path: None, "it cannot be read: No such file or directory"),  # noqa: ARG005
        (Path.mkdir, "it is a directory"),
        (Path.touch, "it is empty"),
        (os.mkfifo, "it is not a regular file"),
    ],
    ids=["broken link", "link to itself", "gone", "directory", "empty", "pipe"],
)
def test_read__what_is_no_file(make: Callable[[Path], object], expected: str, workspace: Path) -> None:
    path = workspace / "dist" / "a-1.0.tar.gz"
    make(path)
    assert reason(workspace, path) == expected
