"""Read what a file name says: project, version and, for a wheel, what it runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.tags import parse_tag
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from publisher.distributions.model import Kind

if TYPE_CHECKING:
    from packaging.tags import Tag
    from packaging.utils import BuildTag, NormalizedName
    from packaging.version import Version

WHEEL_FORM = "{name}-{version}[-{build}]-{python tag}-{abi tag}-{platform tag}.whl"
SDIST_FORM = "{name}-{version}.tar.gz"

_WHEEL, _SDIST, _ZIP = ".whl", ".tar.gz", ".zip"


class FilenameError(ValueError):
    """A look-alike: the name ends as a distribution's does and cannot be used as one. `str()` is a full clause."""


@dataclass(frozen=True, slots=True)
class WheelName:
    """A wheel's file name taken apart.

    `python_tag` is the tag as written (`py2.py3`), `build` is empty where there is no build number, and `dist_info`
    is the directory whose spelling goes with this very name. `tags` is empty where they cannot be parsed.
    """

    project: NormalizedName
    version: Version
    python_tag: str
    build: BuildTag
    tags: frozenset[Tag]
    dist_info: str

    @property
    def kind(self) -> Kind:
        """Say which kind of distribution has such a name."""
        return Kind.WHEEL


@dataclass(frozen=True, slots=True)
class SdistName:
    """An sdist's file name taken apart."""

    project: NormalizedName
    version: Version

    @property
    def kind(self) -> Kind:
        """Say which kind of distribution has such a name."""
        return Kind.SDIST

    @property
    def python_tag(self) -> str:
        """Give what the upload form wants where a wheel has its Python tag."""
        return "source"


def is_candidate(filename: str) -> bool:
    """Tell whether a name ends as a wheel's or an sdist's does, in any case: `.WHL` is a mistake worth a message."""
    return filename.lower().endswith((_WHEEL, _SDIST, _ZIP))


def parse_filename(filename: str) -> WheelName | SdistName:
    """Parse the base name of a candidate.

    Names that can be read but are not normalized (`Foo.Bar-1.0.tar.gz`) are read: preflight judges them. Raise
    `FilenameError` for what cannot be read at all.
    """
    if not filename.isprintable():
        raise FilenameError(f"its name holds characters that cannot be printed: {filename!a}")
    if filename.endswith(_WHEEL):
        return _parse_wheel(filename)
    if filename.endswith(_SDIST):
        return _parse_sdist(filename)
    if filename.lower().endswith(_ZIP):
        raise FilenameError(
            f"a .zip file is not an sdist that indexes accept (PEP 625); an sdist is named `{SDIST_FORM}`"
        )
    raise FilenameError(f"its extension is not one of `{_WHEEL}` and `{_SDIST}`, in lower case")


def _parse_wheel(filename: str) -> WheelName:
    parts = filename.removesuffix(_WHEEL).split("-")
    try:
        # The index takes any tags, those of platforms apart, which preflight judges.
        project, version, build, _ = parse_wheel_filename("-".join([*parts[:-3], "py3-none-any.whl"]))
    except InvalidWheelFilename as error:
        raise FilenameError(
            f"its name does not have the form of a wheel's, `{WHEEL_FORM}`: {_detail(error)}"
        ) from error
    return WheelName(project, version, parts[-3], build, _parse_tags(parts[-3:]), f"{parts[0]}-{parts[1]}.dist-info")


def _parse_tags(parts: list[str]) -> frozenset[Tag]:
    try:
        return parse_tag("-".join(parts))
    except ValueError:
        return frozenset()


def _parse_sdist(filename: str) -> SdistName:
    try:
        project, version = parse_sdist_filename(filename)
    except InvalidSdistFilename as error:
        raise FilenameError(
            f"its name does not have the form of an sdist's, `{SDIST_FORM}`: {_detail(error)}"
        ) from error
    return SdistName(project, version)


def _detail(error: ValueError) -> str:
    """Take the parenthesis or first clause of packaging's message: the file name around it is known already."""
    text = str(error).partition(": ")[0]
    return text.partition("(")[2].removesuffix(")") or text[:1].lower() + text[1:]
