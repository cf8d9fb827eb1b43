from pathlib import Path

import pytest

from publisher.preflight.model import Severity
from publisher.preflight.rule import Verdict
from publisher.preflight.rules.platform_tags import check_platform
from tests.builders import build_wheel
from tests.unit.preflight.reading import find, read_plan

ACCEPTED = """
    any ANY win32 linux_armv6l manylinux2014_ppc64 manylinux_2_99_riscv64 musllinux_1_2_riscv64 macosx_10_4_fat3
    macosx_11_0_universal2 macosx_26_0_arm64 ios_13_0_arm64_iphoneos android_21_armeabi_v7a pyemscripten_2025_0_wasm32
"""
REFUSED = f"""
    linux_x86_64 manylinux1_aarch64 manylinux2014_riscv64 manylinux_2_17 musllinux_1_2_ppc64 macosx_11_1_arm64
    macosx_16_0_arm64 macosx_27_1_arm64 ios_13_0_arm64e_iphoneos pyodide_2025_0_wasm32 freebsd_14_2_release_amd64 win64
    macosx_11_00_arm64 macosx_{"1" * 5000}_0_arm64 universal2 riscv128~
"""
NEWER = "macosx_27_0_arm64 manylinux_2_39_loongarch64 macosx_26_0_riscv128 openharmony_5_0_riscv128"


@pytest.mark.parametrize(
    ("tags", "verdict"),
    [(ACCEPTED.split(), None), ([*REFUSED.split(), "any (1)", ""], Verdict.REFUSED), (NEWER.split(), Verdict.DOUBTFUL)],
)
def test_check_platform__by_the_lists_and_what_may_be_newer(tags: list[str], verdict: Verdict | None) -> None:
    assert {tag: check_platform(tag) for tag in tags} == dict.fromkeys(tags, verdict)


def test_platform_tags__what_may_have_been_added_is_a_doubt(tmp_path: Path) -> None:
    build_wheel(tmp_path, tag="cp314-cp314-macosx_27_0_arm64")
    (finding,) = find("platform-tags-refused", read_plan(tmp_path))
    assert (finding.severity, finding.may_be_refused) == (Severity.WARNING, True)
    assert "`macosx_27_0_arm64`" in finding.message
