"""Builders of distributions for the examples of rules."""

import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from publisher.attestations.files import Attestation, AttestationFile, Predicate
from publisher.preflight.model import Plan
from tests.builders import build_metadata, build_sdist, build_wheel, write_tar_gz

Maker = Callable[[Path], object]
Change = Callable[[Plan], Plan]

INFO = "sample-1.0.dist-info"


@dataclass(frozen=True, slots=True)
class Example:
    """Two sets of files; the message about the first quotes `says`.

    `expectations` are those of both plans; `change` adapts the one that breaks the rule.
    """

    rule: str
    breaks: Maker
    keeps: Maker
    says: str
    expectations: dict[str, Any] = field(default_factory=dict)
    change: Change | None = None


def _fields(lines: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (line.partition(": ") for line in lines)]


def wheel(*fields: str, **options: Any) -> Maker:  # noqa: ANN401 -- what the builder takes
    """Make a wheel with these fields."""
    return lambda directory: build_wheel(directory, metadata=_fields(fields), **options)


def sdist(*fields: str, **options: Any) -> Maker:  # noqa: ANN401 -- what the builder takes
    """Make an sdist with these fields."""
    return lambda directory: build_sdist(directory, metadata=_fields(fields), **options)


def both(*makers: Maker) -> Maker:
    """Make several files."""
    return lambda directory: [make(directory) for make in makers]


def operated(operate: Callable[[Path], object], make: Maker | None = None) -> Maker:
    """Make a file and change its bytes."""

    def maker(directory: Path) -> None:
        (make or wheel())(directory)
        operate(next(directory.iterdir()))

    return maker


def tar(*paths: str, name: str = "sample-1.0.tar.gz") -> Maker:
    """Make an sdist of these members, with a valid `PKG-INFO`."""
    return lambda directory: write_tar_gz(
        directory / name, {path: build_metadata() if path.endswith("PKG-INFO") else b"x" for path in paths}
    )


def attestation_file(
    kind: str, distribution: str | None = "sample-1.0-py3-none-any.whl", problem: str | None = None
) -> AttestationFile:
    """Describe a file beside a distribution that was parsed, or could not be."""
    attestation = Attestation("{}", Predicate.SLSA) if problem is None else None
    filename = f"{distribution or 'other-1.0.tar.gz'}.{kind}.attestation"
    return AttestationFile(filename, distribution, attestation, problem)


def of_size(size: int) -> Change:
    """Pretend that files have a size too large to write."""
    return lambda plan: replace(plan, distributions=tuple(replace(one, size=size) for one in plan.distributions))


def with_digest(sha256: str) -> Change:
    """Pretend that files have some content."""
    return lambda plan: replace(
        plan,
        distributions=tuple(replace(one, digests=replace(one.digests, sha256=sha256)) for one in plan.distributions),
    )


def scripts(text: str) -> Maker:
    """Make a wheel with entry points."""
    return wheel(files={f"{INFO}/entry_points.txt": f"[console_scripts]\n{text}\n"})


def apart(*names: str) -> Maker:
    """Make wheels of these names, each in a place of its own."""

    def maker(directory: Path) -> None:
        for number, name in enumerate(names):
            (directory / f"{number}").mkdir()
            build_wheel(directory / f"{number}", name)

    return maker


def copied(directory: Path) -> None:
    """Make a file and a copy of it under another name."""
    shutil.copy(build_wheel(directory), directory / "sample-1.0-1-py3-none-any.whl")


def latin1(directory: Path) -> None:
    """Make a wheel whose metadata is not UTF-8."""
    metadata = build_metadata(metadata=[("Author", "José")]).decode().encode("latin-1")
    build_wheel(directory, files={f"{INFO}/METADATA": metadata})


def packed(name: str, kind: bytes, target: str = "") -> Maker:
    """Make an sdist with a link or a special member between a directory and a file."""

    def maker(directory: Path) -> None:
        with tarfile.open(directory / "sample-1.0.tar.gz", "w:gz") as archive:
            for path, data in (("PKG-INFO", build_metadata()), ("pyproject.toml", b""), ("docs/a/b", b"")):
                member = tarfile.TarInfo(f"sample-1.0/{path}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
            for path, linked, to in ((name, kind, target), ("alias", tarfile.SYMTYPE, "docs"), ("later", b"0", "")):
                member = tarfile.TarInfo(f"sample-1.0/{path}")
                member.type, member.linkname = linked, to
                archive.addfile(member)

    return maker


def installed_link(directory: Path) -> None:
    """Make a wheel with a symbolic link."""
    with zipfile.ZipFile(build_wheel(directory, files={"sample/lib.so": "lib.so.1"})) as old:
        members = [(member, old.read(member)) for member in old.infolist()]
    with zipfile.ZipFile(directory / "sample-1.0-py3-none-any.whl", "w") as new:
        for member, data in members:
            member.external_attr = (0o120777 if member.filename.endswith(".so") else 0o100644) << 16
            new.writestr(member, data)


def rst(text: str) -> Maker:
    """Make a wheel with a reStructuredText description."""
    return wheel("Description-Content-Type: text/x-rst", description=text)
