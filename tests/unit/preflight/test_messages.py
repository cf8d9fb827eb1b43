"""One message for one mistake: cause and remedy."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from publisher.preflight import check
from publisher.preflight.model import Severity
from tests.builders import build_sdist, build_wheel
from tests.unit.preflight.making import INFO, Maker, both, sdist, wheel
from tests.unit.preflight.reading import find, read_plan

LICENSE = {f"{INFO}/licenses/LICENSE": "text"}


@pytest.mark.parametrize(
    ("make", "rule", "cause", "remedy"),
    [
        (
            both(*(wheel(tag=f"cp3{minor}-cp3{minor}-linux_x86_64") for minor in range(40))),
            "platform-tags-refused",
            "tagged `linux_x86_64`",
            "auditwheel",
        ),
        (wheel(tag="py3-none-linux_armv8l"), "platform-tags-refused", "tagged `linux_armv8l`", "sdist"),
        (wheel(tag="py3-none-macosx_11_3_arm64"), "platform-tags-refused", "`macosx_11_3_arm64`", "MACOSX_DEPLOYMENT"),
        (wheel(tag="py3-none-emscripten_3_1_58_wasm32"), "platform-tags-refused", "emscripten", "`pyemscripten`"),
        (sdist(version="1.0.dev1+g1a2b3c4"), "metadata-local-version", "`1.0.dev1+g1a2b3c4`", "no-local-version"),
        (wheel(description="A **bold word\n"), "description-rendering", "no content type", '`readme = "README.md"`'),
        (wheel("Name: _sample", name="sample"), "metadata-name-invalid", "`_sample`", "Change `project.name`"),
    ],
)
def test_mistake__is_one_message_for_all_files(make: Maker, rule: str, cause: str, remedy: str, tmp_path: Path) -> None:
    make(tmp_path)
    findings = [finding for finding in check(read_plan(tmp_path)) if finding.may_be_refused]
    assert {finding.rule for finding in findings} == {rule}
    ((message, fix),) = {(finding.message, finding.remedy) for finding in findings}
    assert cause in message
    assert remedy in fix


@pytest.mark.parametrize(
    ("filename", "rule"),
    [
        ("sample-1.1-py3-none-any.whl", "filename-mismatch"),
        ("other-1.0-py3-none-any.whl", "filename-mismatch"),
        ("other-1.1-py3-none-any.whl", "filename-mismatch"),
        ("Sample-1.0-py3-none-any.whl", "filename-normalized"),
        ("sample-1.0.0-py3-none-any.whl", "filename-normalized"),
        ("sample-1.0-py3-none-linux_x86_64.whl", "platform-tags-refused"),
    ],
)
def test_renamed_wheel__has_one_error(filename: str, rule: str, tmp_path: Path) -> None:
    metadata = [("License-File", "LICENSE"), ("License-Expression", "MIT"), ("Requires-Python", ">=3.10")]
    build_wheel(tmp_path, metadata=metadata, files=LICENSE).rename(tmp_path / filename)
    build_sdist(tmp_path, metadata=metadata[1:])
    plan = read_plan(tmp_path, expected_version=Version("1.0"), expected_projects=frozenset({"sample"}))
    assert [(finding.rule, finding.filename) for finding in check(plan)] == [(rule, filename)]
    lenient = check(replace(plan, is_strict=False, expected_version=Version("2.0"), expected_projects=frozenset()))
    assert {one.rule for one in lenient if one.severity is Severity.ERROR} == {"release-expected-version"}


def test_renamed_copy__is_a_copy(tmp_path: Path) -> None:
    build_wheel(tmp_path)
    shutil.copy(tmp_path / "sample-1.0-py3-none-any.whl", tmp_path / "sample-1.1-py3-none-any.whl")
    findings = check(read_plan(tmp_path))
    assert {one.rule for one in findings if one.severity is Severity.ERROR} == {"release-same-content"}


def test_license_elsewhere__is_named(tmp_path: Path) -> None:
    metadata = [("License-File", "LICENSE.txt")]
    build_sdist(tmp_path, metadata=metadata, files={f"sample-1.0/{path}/License.txt": "" for path in ("python", "src")})
    (finding,) = find("license-file", read_plan(tmp_path))
    assert finding.message.endswith("is not in the archive, but `sample-1.0/src/License.txt` is.")
