import json
import re

import pytest

from tests.architecture.sources import read

LOCKS = ["requirements/runtime.txt", "requirements/dev.txt", "requirements/package-lock.json"]
ADDRESS = re.compile(r"://|\bwww\.|\.(org|com|net|io|dev)\b")


def _pins(path: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", read(path), re.MULTILINE))


def _named(path: str) -> set[str]:
    """Return the normalized names in an `.in` file."""
    names = re.findall(r"^([A-Za-z][\w.-]*)", read(path), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


@pytest.mark.parametrize("path", LOCKS)
def test_lock__holds_no_address(path: str) -> None:
    found = [line for line in read(path).splitlines() if ADDRESS.search(line)]
    assert not found


@pytest.mark.parametrize("path", LOCKS[:2])
def test_lock__has_hashes_for_everything(path: str) -> None:
    entries = re.split(r"^(?=\S)", read(path), flags=re.MULTILINE)[1:]
    assert entries
    assert not [
        entry for entry in entries if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry, re.DOTALL)
    ]


def test_node_lock__has_hashes_for_everything() -> None:
    packages = json.loads(read(LOCKS[2]))["packages"]
    assert all("integrity" in package for path, package in packages.items() if path)


@pytest.mark.parametrize("kind", ["runtime", "dev"])
def test_lock__has_what_was_asked_for(kind: str) -> None:
    assert _named(f"requirements/{kind}.in") <= _pins(f"requirements/{kind}.txt").keys()


def test_dev_lock__tests_what_the_image_runs() -> None:
    assert _pins("requirements/runtime.txt").items() <= _pins("requirements/dev.txt").items()


def test_base_image__is_locked_by_digest_under_the_tag_that_is_built() -> None:
    (tag,) = re.findall(r"^ARG BASE=(\S+)$", read("Dockerfile"), re.MULTILINE)
    (locked,) = re.findall(r"^FROM (\S+)$", read("requirements/base.Dockerfile"), re.MULTILINE)
    assert re.fullmatch(re.escape(tag) + "@sha256:[0-9a-f]{64}", locked)
