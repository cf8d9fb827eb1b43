"""What pip 26, uv 0.13 or `installer` refuse although the index accepts it: a warning, whatever the index."""

import tarfile
from pathlib import Path

import pytest

from publisher.preflight import check
from publisher.preflight.model import Finding, Profile, Severity
from tests.builders import Payload, build_sdist, build_wheel
from tests.unit.preflight.making import INFO, Maker, installed_link, operated, packed, wheel
from tests.unit.preflight.reading import find, read_plan
from tests.unit.preflight.surgery import damage, surround

PYTHON = ("Requires-Python", ">=3.8")
SETUP = {"sample-1.0/setup.py": ""}
WHEEL = "Wheel-Version: 1.0\nTag: py3-none-any\n"


@pytest.fixture(params=Profile)
def profile(request: pytest.FixtureRequest) -> Profile:
    return Profile(request.param)


def refusal(rule: str, directory: Path, profile: Profile) -> str:
    """Return the messages of a rule, all of them warnings about a file that the index accepts."""
    plan = read_plan(directory, profile=profile)
    findings: list[Finding] = [finding for finding in check(plan) if not finding.rule.endswith("-missing")]
    assert {(finding.rule, finding.severity, finding.may_be_refused) for finding in findings} <= {
        (rule, Severity.WARNING, False)
    }
    return "\n".join(finding.message for finding in findings)


@pytest.mark.parametrize("other", ["other-1.0", "sample-0.9", "Sample-1.0"])
def test_installers_refuse__second_dist_info(other: str, tmp_path: Path, profile: Profile) -> None:
    build_wheel(tmp_path, files={f"{other}.dist-info/METADATA": "", "sample/_vendor/x-1.0.dist-info/METADATA": ""})
    assert f"`{other}.dist-info`" in refusal("installers-dist-info", tmp_path, profile)


@pytest.mark.parametrize(
    "target",
    ["vi", "a/b.py:f", "a:b:c", "", ":", ":f", "a:", "a : f", ".a:f", "a.:f", "a:f()", "a:f # x", "a:f []", "a:f [x"],
)
@pytest.mark.parametrize("group", ["console_scripts", "gui_scripts"])
def test_installers_refuse__script_target(target: str, group: str, tmp_path: Path, profile: Profile) -> None:
    build_wheel(tmp_path, files={f"{INFO}/entry_points.txt": f"[{group}]\nvi = {target}\n"})
    assert f"`vi = {target}`" in refusal("wheel-entry-points", tmp_path, profile)


@pytest.mark.parametrize("target", ["sample:f", "sample.a:f.g", "é:f", "a:f [x,y]", "a:f[x]", "a:f-g"])
def test_installers_accept__script_target(target: str, tmp_path: Path, profile: Profile) -> None:
    build_wheel(tmp_path, files={f"{INFO}/entry_points.txt": f"[gui_scripts]\nvi = {target}\n[other]\nx = a/b\n"})
    assert refusal("", tmp_path, profile) == ""


@pytest.mark.parametrize("path", ["sample/x.so", "sample-1.0.data/data/x.bin", "sample/large.py"])
@pytest.mark.parametrize("content", [Payload(6 << 20), "a text to deflate " * 400_000])
def test_installers_refuse__damaged_member(path: str, content: bytes | str, tmp_path: Path, profile: Profile) -> None:
    damage(build_wheel(tmp_path, files={path: content}), path)
    assert f"`{path}` does not match its CRC-32" in refusal("archive-damaged", tmp_path, profile)


@pytest.mark.parametrize(
    ("project", "says"),
    [
        (None, "neither `pyproject.toml` nor `setup.py`"),
        ("[project\n", "is not valid TOML (Expected ']'"),
        (b"# \xe9", "is not valid TOML"),
        ("a = " + "[" * 9999, "is not valid TOML"),
        ('[build-system]\nbuild-backend = "x"\n', "has no list `requires`"),
        ('build-system = "x"\n', "has no list `requires`"),
        ('[build-system]\nrequires = "setuptools"\n', "has no list `requires`"),
        ('[build-system]\nrequires = ["a", "setuptools^1"]\n', "`setuptools^1`"),
        ("[build-system]\nrequires = [1]\n", "`1`"),
        *(
            (
                f"[project]\n{line}\n",
                "uv cannot build the sdist: `[project]`",
            )
            for line in ("name = 'x'", "version = '1'", "name = 'x'\ndynamic = 1")
        ),
    ],
)
@pytest.mark.parametrize("files", [{}, SETUP])
def test_installers_refuse__sdist_that_nobody_can_build(
    project: bytes | str | None, says: str, files: dict[str, str], tmp_path: Path, profile: Profile
) -> None:
    build_sdist(tmp_path, files={**files, "sample-1.0/pyproject.toml": project, "sample-1.0/a/pyproject.toml": "["})
    assert (says in refusal("installers-build", tmp_path, profile)) is (project is not None or not files)


@pytest.mark.parametrize(
    "project",
    ["", "project = 'x'", "[project]\nname = 'x'\ndynamic = ['version']\n", "[build-system]\nrequires = []\nx = 1\n"],
)
def test_installers_accept__sdist_that_can_be_built(project: str, tmp_path: Path, profile: Profile) -> None:
    build_sdist(tmp_path, files={"sample-1.0/pyproject.toml": project})
    assert refusal("", tmp_path, profile) == ""


SYMBOLIC, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        *((SYMBOLIC, target) for target in ["/etc/passwd", "../x", "../../x", "../sample-1.0/PKG-INFO", "docs/no"]),
        *((HARD, target) for target in ["/etc/passwd", "../x", "sample-1.0/nothing", "sample-1.0/later", "other/x"]),
    ],
)
def test_installers_refuse__sdist_link(kind: bytes, target: str, tmp_path: Path, profile: Profile) -> None:
    packed("L", kind, target)(tmp_path)
    assert f"`sample-1.0/L → {target}`" in refusal("installers-links", tmp_path, profile)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        *((SYMBOLIC, target) for target in ("PKG-INFO", ".", "docs", "docs/../later", "later", "alias/x", "x" * 5000)),
        (HARD, "sample-1.0/PKG-INFO"),
    ],
)
def test_installers_accept__sdist_link(kind: bytes, target: str, tmp_path: Path, profile: Profile) -> None:
    packed("L", kind, target)(tmp_path)
    assert refusal("", tmp_path, profile) == ""


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (packed("L", tarfile.FIFOTYPE), "`sample-1.0/L`, which is a pipe"),
        (packed("L", tarfile.BLKTYPE), "`sample-1.0/L`, which is a pipe"),
        (installed_link, "cannot follow the link `sample/lib.so`"),
        (wheel(files={"sample/x": "", "sample/x/y": ""}), "`sample/x`, which is both a file and a directory"),
    ],
)
def test_installers_refuse__other_members(make: Maker, says: str, tmp_path: Path, profile: Profile) -> None:
    make(tmp_path)
    assert says in refusal("installers-links", tmp_path, profile)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"Wheel-Version: 1.0\nX: \xe9\n", "not UTF-8"),
        *((text, "no `Wheel-Version`") for text in ("X: a\n", "", f"\n{WHEEL}", f"\ufeff{WHEEL}", f"x\n{WHEEL}")),
        *((f"Wheel-Version: {version}\n", f"`Wheel-Version: {version}`") for version in ("2.0", "1", "0.9", "1.x", "")),
    ],
)
def test_installers_refuse__wheel_version(text: bytes | str, says: str, tmp_path: Path, profile: Profile) -> None:
    build_wheel(tmp_path, files={f"{INFO}/WHEEL": text})
    assert says in refusal("installers-wheel-version", tmp_path, profile)


@pytest.mark.parametrize(
    "path",
    [*(f"sample-1.0.data/{name}" for name in ("lib/f", "Data/f", "f", "scripts")), "other-1.0.data/data/f", "x.data"],
)
def test_installers_refuse__data_outside_the_schemes(path: str, tmp_path: Path, profile: Profile) -> None:
    build_wheel(tmp_path, files={path: ""})
    assert f"`{path}`" in refusal("installers-data", tmp_path, profile)


def test_installers_accept__what_only_resembles_other_data(tmp_path: Path, profile: Profile) -> None:
    schemes = ("purelib", "platlib", "headers", "scripts", "data")
    data = {f"sample-1.0.data/{name}": "" for name in ("", *(f"{scheme}/" for scheme in schemes), "data/a.data/f")}
    build_wheel(tmp_path, files={**data, "sample/x.data/f": "", f"{INFO}/WHEEL": "Wheel-Version: 1.9\n"})
    assert find("installers-data", read_plan(tmp_path, profile=profile)) == []


@pytest.mark.parametrize("row", ["sample/__init__.py", "sample/__init__.py,", "sample/__init__.py,,,", "  ", "a,,b"])
def test_installers_refuse__record_row(row: str, tmp_path: Path, profile: Profile) -> None:
    build_wheel(tmp_path, files={f"{INFO}/RECORD": f"{row}\n"})
    (finding,) = [one for one in find("wheel-record", read_plan(tmp_path, profile=profile)) if "row" in one.message]
    assert f"`{row}`" in finding.message
    assert (finding.severity, finding.may_be_refused) == (Severity.WARNING, False)


UNSUPPORTED = """
    cp313-cp313-any cp310.cp311-cp310.cp311-any cp39-abi3-any py3-any-any pp39-pypy39_pp73-any py3-cp311-win32
    py310-abi3-win32 cp311-cp310-win32 cp3-none-any py-none-any python3-none-any 3-none-any py3.11-none-any any-none-any
    py2-none-any cp37-cp37m-win32 cp27.cp36-none-win32 py32.cp37-none-any
"""
SUPPORTED = """
    py3-none-any py2.py3-none-any py36-none-any cp313-none-any cp39-none-win32 cp32-abi3-win32 cp38-cp38-win32
    cp313-cp313t-win32 cp27.cp310-abi3-win32 pp39-pypy39_pp73-win32 graalpy311-graalpy240_311_native-win32
    cp315-abi3t-win32
"""


@pytest.mark.parametrize("tag", UNSUPPORTED.split())
def test_installers_refuse__tags(tag: str, tmp_path: Path) -> None:
    python = ("Requires-Python", ">=4" if tag.startswith("py32") else PYTHON[1])
    build_wheel(tmp_path, tag=tag, metadata=[python])
    (finding,) = find("installers-tags", read_plan(tmp_path, profile=Profile.BASIC))
    assert f"`{tag.partition('-')[0]}" in finding.message


@pytest.mark.parametrize(
    ("tag", "python"),
    [
        *((tag, ">=3.8") for tag in (*SUPPORTED.split(), "-".join([".".join("ab" * 20)] * 3))),
        *(("cp38-cp38-win32", python) for python in ("===3.8.1", "not valid", "", "~=3.8.2")),
    ],
)
def test_installers_accept__tags(tag: str, python: str, tmp_path: Path) -> None:
    build_wheel(tmp_path, tag=tag, metadata=[("Requires-Python", python)])
    assert find("installers-tags", read_plan(tmp_path)) == []


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [
        ("requirements-invalid", "Requires-Dist", ""),
        ("requirements-python", "Requires-Python", ">=3.12,<3.10"),
        ("requirements-python", "Requires-Python", ">3,<3"),
        ("requirements-python", "Requires-Python", "==3.8.*,!=3.8.*"),
    ],
)
def test_installers_refuse__requirement(rule: str, name: str, value: str, tmp_path: Path, profile: Profile) -> None:
    build_wheel(tmp_path, metadata=[(name, value)])
    assert (f"`{name}: {value}`" if value else f"empty `{name}`") in refusal(rule, tmp_path, profile)


@pytest.mark.parametrize(
    ("make", "rule", "pypi"),
    [
        (operated(lambda path: surround(path, before=b"#!")), "archive-contradiction", Severity.ERROR),
        (wheel(files={"sample/a\tb": ""}), "archive-contradiction", Severity.ERROR),
        (wheel(files={f"{INFO}/entry_points.txt": "a = b:c\n"}), "wheel-entry-points", Severity.ERROR),
        (wheel(files={f"{INFO}/RECORD": b"\xff"}), "wheel-record", Severity.ERROR),
        (wheel(files={f"{INFO}/RECORD": b""}), "wheel-record", Severity.WARNING),
    ],
)
def test_installers_refuse__what_pypi_refuses_too(make: Maker, rule: str, pypi: Severity, tmp_path: Path) -> None:
    make(tmp_path)
    found = [find(rule, read_plan(tmp_path, profile=profile))[0] for profile in (Profile.PYPI, Profile.BASIC)]
    assert [one.severity for one in found] == [pypi, Severity.WARNING]
    assert all(one.may_be_refused for one in found)
