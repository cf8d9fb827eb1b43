"""For every rule, files that break it and files that barely comply."""

import tarfile
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from packaging.version import Version

from publisher.index.simple_api import ListedFile, Listing
from tests.builders import Payload
from tests.unit.preflight.examples_metadata import METADATA
from tests.unit.preflight.making import (
    INFO,
    Example,
    apart,
    attestation_file,
    both,
    copied,
    of_size,
    operated,
    packed,
    scripts,
    sdist,
    tar,
    wheel,
    with_digest,
)
from tests.unit.preflight.surgery import END, add_member, patch, replace_bytes, surround

PYARMOR = "__pyarmor__(__name__, __file__, b'PY')\n"
_PY_PAYLOAD = {"sample/data.py": Payload(64)}
_TWIN = {"sample/__init__.pz": ""}
_FLIP = (Payload(64)[:16], b"\xff" * 16)

ARCHIVE = [
    Example(
        "archive-unreadable", operated(lambda path: surround(path, before=b"<html>", keep=0)), wheel(), "zip archive"
    ),
    Example(
        "archive-damaged",
        operated(lambda path: replace_bytes(path, *_FLIP), wheel(files=_PY_PAYLOAD)),
        wheel(files=_PY_PAYLOAD),
        "sample/data.py",
    ),
    Example(
        "archive-compression",
        operated(lambda path: add_member(path, "sample/a.txt", method=zipfile.ZIP_BZIP2)),
        operated(lambda path: add_member(path, "sample/a.txt")),
        "`sample/a.txt`",
    ),
    Example("archive-ratio", wheel(files={"a": bytes(65 << 20)}), wheel(files={"a": bytes(63 << 20)}), "its size"),
    Example(
        "archive-contradiction",
        operated(lambda path: surround(path, before=b"#!/bin/sh\n")),
        operated(lambda path: patch(path, 20, b"\x04\x00note", behind=END)),
        "at byte 0",
    ),
    Example(
        "archive-ambiguous",
        operated(lambda path: replace_bytes(path, b"sample/__init__.pz", b"sample/__init__.py"), wheel(files=_TWIN)),
        wheel(files=_TWIN),
        "`sample/__init__.py`",
    ),
    Example(
        "archive-obfuscated",
        sdist(files={"sample-1.0/sample/a.py": PYARMOR}),
        sdist(files={"sample-1.0/sample/a.txt": PYARMOR}),
        "PyArmor: sample-1.0/sample/a.py",
    ),
    Example("archive-escaping-member", wheel(files={"../up": b""}), wheel(files={"sample/../up": b""}), "`../up`"),
]

FILES = [
    Example("filename-conflict", apart("sample", "sample"), apart("sample", "other"), "the same name"),
    Example("filename-mismatch", wheel("Name: other"), wheel("Name: Sample"), "`other`"),
    Example("filename-mismatch", wheel("Version: 1.1"), wheel("Version: 1.0.0"), "`1.1`"),
    Example("filename-normalized", sdist("Version: 1.0.0"), sdist(), "`sample-1.0.0.tar.gz`"),
    Example("filename-length", wheel(name="a" * 226), wheel(name="a" * 225), "247"),
    Example("wheel-files", wheel(files={f"{INFO}/WHEEL": None}), wheel(), f"`{INFO}/WHEEL`"),
    Example("wheel-record", wheel(files={f"{INFO}/RECORD": b"sample/__init__.py,,\n\n"}), wheel(), "blank line"),
    Example("wheel-entry-points", scripts("a/b = a:b"), scripts("A.b-c = a:b\n[other]\na/b = a:%b"), "`a/b`"),
    Example("wheel-script-name", scripts("a b = a:b"), scripts("A.b-c_ = a:b\n[other]\na b = a"), "`a b`"),
    Example(
        "wheel-tags",
        wheel(files={f"{INFO}/WHEEL": "Wheel-Version: 1.0\nTag: py2-none-any\n"}),
        wheel(tag="py2.py3-none-any"),
        "`py2-none-any`",
    ),
    Example(
        "sdist-layout",
        tar("sample-1.0/PKG-INFO", "._sample-1.0"),
        tar("sample-1.0/PKG-INFO", "sample-1.0/../sample-1.0/x"),
        "`._sample-1.0`",
    ),
    Example("archive-size", wheel(), wheel(), "1 GiB", change=of_size((1 << 30) + 1)),
    Example(
        "platform-tags-refused",
        wheel(tag="cp313-cp313-manylinux_2_17_x86_64.linux_x86_64"),
        wheel(tag="cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64"),
        "`linux_x86_64`",
    ),
]

ALREADY = {
    "sample": Listing(
        {
            "sample-1.1.tar.gz": ListedFile("aa"),
            "sample-1.0.zip": ListedFile(),
            "odd.exe": ListedFile(),
        }
    )
}
TODAY = datetime(2026, 11, 27, tzinfo=UTC)
NOW = TODAY.timestamp()
ARCHIVED = {
    "sample": Listing({"sample-0.9.tar.gz": ListedFile()}, "archived"),
    "other": Listing({}, "deprecated"),
}
OLD = Listing(
    {
        "sample-1.0-py3-none-win32.whl": ListedFile(uploaded_at=TODAY - timedelta(15), is_yanked=True),
        "sample-1.0.zip": ListedFile(uploaded_at=TODAY - timedelta(1), is_yanked=True),
        "sample-1.1.zip": ListedFile(uploaded_at=TODAY - timedelta(14), is_yanked=True),
        "sample-1.1-py3-none-win32.whl": ListedFile(),
    }
)

RELEASE = [
    Example(
        "release-expected-version",
        sdist(version="1.0rc1"),
        sdist(version="1.0.0", filename="sample-1.0.0.tar.gz"),
        "`1.0rc1`",
        {"expected_version": Version("1.0")},
    ),
    Example(
        "release-expected-projects",
        both(sdist(name="other"), sdist()),
        sdist(),
        "`other`",
        {"expected_projects": frozenset({"sample"})},
    ),
    Example(
        "release-one-sdist",
        both(sdist(), sdist(filename="sample-1.0.0.tar.gz")),
        both(sdist(), sdist(version="1.1"), wheel()),
        "one sdist per release",
    ),
    Example("release-same-content", copied, both(wheel(), wheel(tag="1-py3-none-any")), "2 files have it"),
    Example(
        "release-several-versions",
        both(sdist(), wheel(version="1.1")),
        both(sdist(), wheel()),
        "`1.0` (1 file), `1.1` (1 file).",
    ),
    Example(
        "release-tag-final",
        both(sdist(version="1.0rc1"), wheel(version="1.0")),
        both(sdist(), wheel(version="1.0.post1")),
        "`1.0rc1`",
        {"tagged_version": Version("1.0")},
    ),
    Example(
        "release-metadata-differs",
        both(sdist("Requires-Python: >=3.8"), wheel("Requires-Python: >=3.9")),
        both(sdist("Dynamic: Requires-Dist"), wheel("Requires-Dist: six")),
        "`Requires-Python: >=3.8`",
    ),
    Example("release-standard-library", sdist(name="telnetlib"), sdist(), "`telnetlib`"),
    Example("published-size", wheel(), wheel(), "100 MiB", {"now": NOW}, of_size((100 << 20) + 1)),
    Example(
        "published-project-closed",
        both(sdist(), wheel()),
        both(sdist(version="0.9"), sdist(name="other")),
        "`archived`",
        {"published": ARCHIVED},
    ),
    Example(
        "published-release-closed",
        both(wheel(), sdist()),
        both(wheel(version="1.1"), sdist(version="1.1.1")),
        "`sample` 1.0 is 15 days old",
        {"published": {"sample": OLD}, "now": NOW},
    ),
    Example(
        "published-release-yanked",
        wheel(),
        both(wheel(version="1.1"), sdist(version="1.1.1")),
        "`sample` 1.0 is yanked",
        {"published": {"sample": OLD}},
    ),
    Example("published-other-sdist", sdist(), wheel(), "`sample-1.0.zip`", {"published": ALREADY}),
    Example(
        "published-same-content", sdist(), wheel(), "`sample-1.1.tar.gz`", {"published": ALREADY}, with_digest("aa")
    ),
    Example(
        "published-newer-version",
        sdist(version="0.9"),
        both(sdist(version="1.2"), sdist(version="0.8rc1")),
        "`0.9`",
        {"published": ALREADY},
    ),
]

ATTESTATIONS = [
    Example(
        "attestation-file",
        wheel(),
        wheel(),
        "`.slsa.attestation` cannot be used: it is about other content",
        {"attestation_files": (attestation_file("slsa"),)},
        change=lambda plan: replace(
            plan, attestation_files=(attestation_file("slsa", problem="it is about other content"),)
        ),
    )
]

INSTALLERS = [
    Example(
        "installers-dist-info", wheel(files={"a-1.dist-info/x": ""}), wheel(files={"a/a-1.dist-info/x": ""}), "a-1"
    ),
    Example("installers-links", packed("L", tarfile.SYMTYPE, "../x"), packed("L", tarfile.SYMTYPE, "docs"), "../x"),
    Example("installers-build", sdist(files={"sample-1.0/pyproject.toml": None}), sdist(), "`setup.py`"),
    Example("installers-wheel-version", wheel(files={f"{INFO}/WHEEL": "Wheel-Version: 2.0"}), wheel(), "2.0"),
    Example(
        "installers-data",
        wheel(files={"sample-1.0.data/lib/x": ""}),
        wheel(files={"sample-1.0.data/platlib/x": ""}),
        "`sample-1.0.data/lib/x`",
    ),
    Example("installers-tags", wheel(tag="cp39-cp39-any"), wheel(tag="cp39-none-any"), "`cp39-cp39-any`"),
]

EXAMPLES = [*ARCHIVE, *FILES, *METADATA, *RELEASE, *ATTESTATIONS, *INSTALLERS]
