"""The platform tags that PyPI takes, and the ones that it certainly does not."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

SNAPSHOT = "August 2026"
"""When these lists were taken. They grow: a macOS release a year, now and then a processor."""


class Answer(Enum):
    """What becomes of a wheel with a tag. Unknown: the lists may have grown since."""

    TAKEN = auto()
    REFUSED = auto()
    UNKNOWN = auto()


class Family(NamedTuple):
    """Tags of one form, the processor apart, and the processors they are taken for."""

    form: re.Pattern[str]
    processors: frozenset[str]


_MACOS_NEWEST = 26
_MACOS_AFTER_10 = frozenset({"11", "12", "13", "14", "15", str(_MACOS_NEWEST)})

_LITERALS = frozenset({"any", "win32", "win_amd64", "win_arm64", "win_ia64", "linux_armv6l", "linux_armv7l"})

_LINUX = frozenset({"x86_64", "i686", "aarch64", "armv7l", "ppc64", "ppc64le", "s390x"})
_MACOS = frozenset(
    {"ppc", "ppc64", "i386", "x86_64", "arm64", "intel", "fat", "fat3", "fat64", "universal", "universal2"}
)

_FAMILIES = (
    Family(re.compile(r"manylinux(?:1|2010)_(?P<processor>.+)"), frozenset({"x86_64", "i686"})),
    Family(re.compile(r"manylinux2014_(?P<processor>.+)"), _LINUX),
    Family(re.compile(r"manylinux_\d+_\d+_(?P<processor>.+)"), _LINUX | {"riscv64"}),
    Family(re.compile(r"musllinux_\d+_\d+_(?P<processor>.+)"), _LINUX - {"ppc64"} | {"riscv64"}),
    Family(re.compile(r"macosx_(?P<major>\d+)_(?P<minor>\d+)_(?P<processor>.+)"), _MACOS),
    Family(re.compile(r"ios_\d+_\d+_(?P<processor>.+)_(?:iphoneos|iphonesimulator)"), frozenset({"arm64", "x86_64"})),
    Family(re.compile(r"android_\d+_(?P<processor>.+)"), frozenset({"armeabi_v7a", "arm64_v8a", "x86", "x86_64"})),
    Family(re.compile(r"pyemscripten_\d+_\d+_(?P<processor>.+)"), frozenset({"wasm32"})),
)

# Names of processors that are in use somewhere: where a family does not take one of these it is misspelled or unwanted,
# while a name that is not here may be that of a processor to come.
_PROCESSORS = frozenset().union(*(family.processors for family in _FAMILIES)) | {
    "amd64",
    "arm64e",
    "fat32",
    "armv6l",
    "armv8l",
    "i586",
    "mips64",
    "mips64el",
    "noarch",
    "wasm64",
    "x64",
}

# The first words of tags that are in use and not taken, and of families whose form the tag does not have.
_REFUSED = re.compile(
    r"linux|manylinux|musllinux|macosx|macos|darwin|osx|universal|ios|android|win|mingw|msys|cygwin|cli|"
    r"pyemscripten|emscripten|pyodide|wasi|wasm|freebsd|openbsd|netbsd|dragonfly|solaris|sunos|aix|haiku|hp_ux|"
    r"x86|amd64|i686|arm|aarch64|any|none|all|noarch|py\d|cp\d|unknown|whl"
)

_TAG = re.compile(r"[a-z0-9_]+")


def judge_platform(tag: str) -> Answer:
    """Judge one platform tag, in any case."""
    tag = tag.lower()
    if tag in _LITERALS:
        return Answer.TAKEN
    for family in _FAMILIES:
        if match := family.form.fullmatch(tag):
            processor = _judge_processor(match["processor"], family)
            return _judge_macos(match, processor) if "major" in match.groupdict() else processor
    return Answer.REFUSED if _REFUSED.match(tag) or not _TAG.fullmatch(tag) else Answer.UNKNOWN


def _judge_processor(name: str, family: Family) -> Answer:
    if name in family.processors:
        return Answer.TAKEN
    return Answer.REFUSED if name in _PROCESSORS else Answer.UNKNOWN


def _judge_macos(match: re.Match[str], processor: Answer) -> Answer:
    """Judge the release too: any 10.x, and from 11 on `_0` only, because the minor number says nothing any more."""
    major, minor = match["major"], match["minor"]
    if major == "10":  # the first macOS
        return processor
    if minor == "0" and not major.startswith("0") and int(major) > _MACOS_NEWEST and processor is not Answer.REFUSED:
        return Answer.UNKNOWN
    return processor if major in _MACOS_AFTER_10 and minor == "0" else Answer.REFUSED
