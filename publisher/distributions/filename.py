"""Parse file names."""

from dataclasses import dataclass

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    NormalizedName,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from publisher.distributions.model import Kind

WHEEL_FORM = "{name}-{version}[-{build}]-{python tag}-{abi tag}-{platform tag}.whl"
SDIST_FORM = "{name}-{version}.tar.gz"

_WHEEL, _SDIST, _ZIP = ".whl", ".tar.gz", ".zip"


class FilenameError(ValueError):
    """A file name that only resembles a distribution's. `str()` is a full clause."""


@dataclass(frozen=True, slots=True)
class Filename:
    """The parts of a file name.

    `python_tag` is a wheel's tag as written (`py2.py3`), `source` for an sdist. `dist_info` is the directory that
    belongs to this spelling of a wheel's name, empty for an sdist.
    """

    kind: Kind
    project: NormalizedName
    version: Version
    python_tag: str
    dist_info: str


def is_candidate(filename: str) -> bool:
    """Return whether a name has a distribution's extension, in any case: `.WHL` is a mistake worth a message."""
    return filename.lower().endswith((_WHEEL, _SDIST, _ZIP))


def parse_filename(filename: str) -> Filename:
    """Parse the base name of a candidate; raise `FilenameError` if it is not valid.

    Names that are valid but not normalized (`Foo.Bar-1.0.tar.gz`) are accepted; preflight checks them.
    """
    if not filename.isprintable():
        raise FilenameError(f"its name contains unprintable characters: {filename!a}")
    if not filename.endswith((_WHEEL, _SDIST)):
        if filename.lower().endswith(_ZIP):
            raise FilenameError(f"indexes do not accept .zip sdists (PEP 625); an sdist is named `{SDIST_FORM}`")
        raise FilenameError(f"its extension is not `{_WHEEL}` or `{_SDIST}` in lower case")
    is_wheel = filename.endswith(_WHEEL)
    try:
        if is_wheel:
            return _parse_wheel(filename)
        project, version = parse_sdist_filename(filename)
    except ValueError as error:
        form = WHEEL_FORM if is_wheel else SDIST_FORM
        raise FilenameError(f"its name does not have the form `{form}`: {_describe(error)}") from error
    return Filename(Kind.SDIST, project, version, "source", "")


def find_version(filename: str) -> Version | None:
    """Return the version in a published file's name; None if it does not follow the current naming rules."""
    try:
        return (parse_wheel_filename if filename.endswith(_WHEEL) else parse_sdist_filename)(filename)[1]
    except ValueError:
        return None


def _parse_wheel(filename: str) -> Filename:
    parts = filename.removesuffix(_WHEEL).split("-")
    # The index accepts any tags except for platforms, which preflight checks.
    project, version, _, _ = parse_wheel_filename("-".join([*parts[:-3], "py3-none-any.whl"]))
    return Filename(Kind.WHEEL, project, version, parts[-3], f"{parts[0]}-{parts[1]}.dist-info")


def _describe(error: ValueError) -> str:
    """Return the part of packaging's message that does not repeat the file name."""
    if not isinstance(error, InvalidWheelFilename | InvalidSdistFilename):
        return "a number has too many digits"  # from int(), which packaging does not catch
    text = str(error).partition(": ")[0]
    return text.partition("(")[2].removesuffix(")") or text[:1].lower() + text[1:]
