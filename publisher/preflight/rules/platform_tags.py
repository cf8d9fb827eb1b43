"""Whether the index accepts wheels with the platform tags in the file name."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from publisher.distributions.model import Distribution, Kind
from publisher.preflight.model import Finding
from publisher.preflight.rule import Rule, Scope, Verdict, doubt, found

# The date of these lists. They grow: a macOS release a year, an occasional architecture.
SNAPSHOT = "August 2026"


class Family(NamedTuple):
    """Tags of one form, with the architectures that PyPI accepts in it."""

    form: re.Pattern[str]
    processors: frozenset[str]


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
    Family(re.compile(r"macosx_(?:10_\d+|(?:11|12|13|14|15|26)_0)_(?P<processor>.+)"), _MACOS),
    Family(re.compile(r"ios_\d+_\d+_(?P<processor>.+)_(?:iphoneos|iphonesimulator)"), frozenset({"arm64", "x86_64"})),
    Family(re.compile(r"android_\d+_(?P<processor>.+)"), frozenset({"armeabi_v7a", "arm64_v8a", "x86", "x86_64"})),
    Family(re.compile(r"pyemscripten_\d+_\d+_(?P<processor>.+)"), frozenset({"wasm32"})),
)

# Architectures in use: families that do not list them refuse them. Any other may be new.
_OTHERS = {"amd64", "arm64e", "fat32", "armv6l", "armv8l", "i586", "mips64", "mips64el", "noarch", "wasm64", "x64"}
_PROCESSORS = _OTHERS.union(*(family.processors for family in _FAMILIES))

# Prefixes of tags that are in use but not accepted, or that do not have the form of their family. PyPI may accept
# macOS releases after 26 by now.
_REFUSED = re.compile(
    r"linux|manylinux|musllinux|macosx(?!_(?:2[7-9]|[3-9]\d|\d{3})_0_)|macos(?!x)|darwin|osx|universal|ios|android|win|mingw|msys|cygwin|cli|"
    r"pyemscripten|emscripten|pyodide|wasi|wasm|freebsd|openbsd|netbsd|dragonfly|solaris|sunos|aix|haiku|hp_ux|"
    r"x86|amd64|i686|arm|aarch64|any|none|all|noarch|py\d|cp\d|unknown|whl"
)

_TAG = re.compile(r"[a-z0-9_]+")

# What to do about the refused tags of each kind of platform; any other has only the rule's general advice.
_REMEDIES = (
    (
        re.compile(r"(many|musl)?linux.*_(x86_64|i686|aarch64|armv7l|ppc64le|s390x|riscv64)"),
        "Build with cibuildwheel, or run `auditwheel repair` on the wheel, which finds the right `manylinux` tag.",
    ),
    (
        re.compile(r"macos|darwin|osx"),
        "Rebuild with `MACOSX_DEPLOYMENT_TARGET=11.0`, or `10.x` for Intel: since macOS 11, the minor version is 0.",
    ),
    (
        re.compile(r"emscripten|pyodide|wasm|pyemscripten"),
        "Rebuild with `pyodide build` for a `pyemscripten` tag (PEP 783), or distribute the wheel elsewhere.",
    ),
)


@Rule(
    id="platform-tags-refused",
    title="Wrong platform tag",
    why="A tag has to be specific about where the wheel runs: plain `linux_x86_64` leaves the C library open.",
    fix="Build with cibuildwheel, which writes tags that PyPI accepts, or publish an sdist instead of this wheel.",
    sources=("https://packaging.python.org/specifications/platform-compatibility-tags/",),
    scope=Scope.PYPI,
).for_each
def _check_platforms(distribution: Distribution) -> Iterator[Finding]:
    if distribution.kind is not Kind.WHEEL:
        return
    for tag in distribution.filename.removesuffix(".whl").rpartition("-")[2].split("."):
        verdict = check_platform(tag)
        if verdict is Verdict.REFUSED:
            remedy = next((remedy for form, remedy in _REMEDIES if form.match(tag.lower())), "")
            yield found(f"PyPI does not accept wheels tagged `{tag}`.", remedy)
        elif verdict is Verdict.DOUBTFUL:
            yield doubt(
                f"PyPI did not accept wheels tagged `{tag}` in {SNAPSHOT}.",
                "If PyPI accepts the tag by now, ignore this; otherwise build for a tag that it accepts.",
            )


def check_platform(tag: str) -> Verdict | None:
    """Check one platform tag, in any case; None if the index accepts it."""
    tag = tag.lower()
    if tag in _LITERALS:
        return None
    for family in _FAMILIES:
        if match := family.form.fullmatch(tag):
            if match["processor"] in family.processors:
                return None
            return Verdict.REFUSED if match["processor"] in _PROCESSORS else Verdict.DOUBTFUL
    return Verdict.REFUSED if _REFUSED.match(tag) or not _TAG.fullmatch(tag) else Verdict.DOUBTFUL
