"""Makers of distributions, good and odd, for the examples of rules."""

from __future__ import annotations

import io
import shutil
import tarfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.builders import build_metadata, build_sdist, build_wheel, write_tar_gz

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publisher.preflight.plan import Plan

    Maker = Callable[[Path], object]
    Change = Callable[[Plan], Plan]

INFO = "sample-1.0.dist-info"


@dataclass(frozen=True, slots=True)
class Example:
    """Two sets of files. `says` is what the message has to quote.

    `expectations` are those of both plans; `change` adapts the one that breaks the rule.
    """

    rule: str
    breaks: Maker
    keeps: Maker
    says: str
    expectations: dict[str, Any] = field(default_factory=dict)
    change: Change | None = None


def wheel(*metadata: tuple[str, str], **options: Any) -> Maker:  # noqa: ANN401 -- what the builder takes
    """Make a wheel with these fields."""
    return lambda directory: build_wheel(directory, metadata=metadata, **options)


def sdist(*metadata: tuple[str, str], **options: Any) -> Maker:  # noqa: ANN401 -- what the builder takes
    """Make an sdist with these fields."""
    return lambda directory: build_sdist(directory, metadata=metadata, **options)


def both(*makers: Maker) -> Maker:
    """Make several files."""
    return lambda directory: [make(directory) for make in makers]


def operated(operate: Callable[[Path], None], make: Maker | None = None) -> Maker:
    """Make a file and change its bytes."""

    def maker(directory: Path) -> None:
        (make or wheel())(directory)
        operate(next(directory.iterdir()))

    return maker


def tar(*paths: str, name: str = "sample-1.0.tar.gz") -> Maker:
    """Make an sdist of these members, `PKG-INFO` being what it should be."""
    return lambda directory: write_tar_gz(
        directory / name, {path: build_metadata() if path.endswith("PKG-INFO") else b"x" for path in paths}
    )


def of_size(size: int) -> Change:
    """Claim that files have a size that would be tiresome to write."""
    return lambda plan: replace(plan, distributions=tuple(replace(one, size=size) for one in plan.distributions))


def sparse(directory: Path) -> None:
    """Make an sdist with a file that claims to have holes."""
    with tarfile.open(directory / "sample-1.0.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, headers in (("PKG-INFO", {}), ("holes", {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"})):
            member = tarfile.TarInfo(f"sample-1.0/{name}")
            member.pax_headers = headers
            data = build_metadata()
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def twice(directory: Path) -> None:
    """Make two files of one name."""
    for place in ("one", "two"):
        (directory / place).mkdir()
        build_wheel(directory / place)


def apart(directory: Path) -> None:
    """Make two files of two names, in the same two places."""
    for place, name in (("one", "sample"), ("two", "other")):
        (directory / place).mkdir()
        build_wheel(directory / place, name)


def copied(directory: Path) -> None:
    """Make a file and a copy of it under another name."""
    path = build_wheel(directory)
    shutil.copy(path, directory / "sample-1.0-1-py3-none-any.whl")


def latin1(directory: Path) -> None:
    """Make a wheel whose metadata is not UTF-8."""
    metadata = build_metadata(metadata=[("Author", "José")]).decode().encode("latin-1")
    build_wheel(directory, files={f"{INFO}/METADATA": metadata})


def rst(text: str) -> Maker:
    """Make a wheel with a reStructuredText description."""
    return wheel(("Description-Content-Type", "text/x-rst"), description=text)
