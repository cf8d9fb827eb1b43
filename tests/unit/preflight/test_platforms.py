from __future__ import annotations

import pytest

from publisher.preflight.platforms import Answer, judge_platform


@pytest.mark.parametrize(
    "tag",
    [
        "any",
        "ANY",
        "win32",
        "win_amd64",
        "win_arm64",
        "win_ia64",
        "linux_armv6l",
        "linux_armv7l",
        "manylinux1_i686",
        "manylinux2010_x86_64",
        "manylinux2014_ppc64",
        "manylinux_2_99_riscv64",
        "manylinux_2_17_ppc64",
        "musllinux_1_2_riscv64",
        "macosx_10_4_fat3",
        "macosx_10_15_arm64",
        "macosx_11_0_universal2",
        "macosx_15_0_x86_64",
        "macosx_26_0_arm64",
        "ios_13_0_arm64_iphoneos",
        "ios_13_0_x86_64_iphonesimulator",
        "android_21_armeabi_v7a",
        "pyemscripten_2025_0_wasm32",
    ],
)
def test_judge_platform__taken(tag: str) -> None:
    assert judge_platform(tag) is Answer.TAKEN


@pytest.mark.parametrize(
    "tag",
    [
        "linux_x86_64",
        "linux_aarch64",
        "manylinux1_aarch64",
        "manylinux2014_riscv64",
        "manylinux_2_17",
        "manylinux_x86_64",
        "musllinux_1_2_ppc64",
        "macosx_11_1_arm64",
        "macosx_16_0_arm64",
        "macosx_25_0_arm64",
        "macosx_11_0_aarch64",
        "macosx_27_1_arm64",
        "ios_13_0_arm64e_iphoneos",
        "android_21_aarch64",
        "pyodide_2025_0_wasm32",
        "emscripten_3_1_58_wasm32",
        "wasi_0_0_0_wasm32",
        "freebsd_14_2_release_amd64",
        "win64",
        "win_x86_64",
        "darwin_arm64",
        "macosx_11_00_arm64",
        "macosx_010_9_x86_64",
        "macosx_10_9_fat32",
        "universal2",
        "none",
        "any (1)",
        "riscv128~",
        "",
    ],
)
def test_judge_platform__refused(tag: str) -> None:
    assert judge_platform(tag) is Answer.REFUSED


@pytest.mark.parametrize(
    "tag", ["macosx_27_0_arm64", "manylinux_2_39_loongarch64", "macosx_26_0_riscv128", "openharmony_5_0_riscv128"]
)
def test_judge_platform__may_be_newer_than_the_lists(tag: str) -> None:
    assert judge_platform(tag) is Answer.UNKNOWN
