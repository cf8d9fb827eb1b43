from dataclasses import replace
from pathlib import Path

import pytest

from publisher.preflight.rules.wheel import ENTRY_POINT_LINES_LIMIT
from tests.builders import build_wheel
from tests.unit.preflight.reading import find, read_plan


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\xff\xfe", ["not UTF-8"]),
        (b"a = b:c\n", ["cannot be parsed"]),
        (b"[a]\nb = c\n[a]\nd = e\n", ["cannot be parsed"]),
        ("[console_scripts]\na = b:c\n", []),
        ("[a]\n" + "=\n" * ENTRY_POINT_LINES_LIMIT, []),
    ],
)
def test_entry_points__errors_unless_too_long_to_parse(text: bytes | str, says: list[str], tmp_path: Path) -> None:
    build_wheel(tmp_path, files={"sample-1.0.dist-info/entry_points.txt": text})
    found = find("wheel-entry-points", read_plan(tmp_path))
    assert [one for one in says for finding in found if one in finding.message] == says
    assert len(found) == len(says)


@pytest.mark.parametrize("tag", ["3-none-any", "py3-none", "x", "-".join([".".join("abcdefghijkl") * 90] * 3)])
def test_tags__malformed_ones_differ(tag: str, tmp_path: Path) -> None:
    build_wheel(tmp_path, files={"sample-1.0.dist-info/WHEEL": f"Wheel-Version: 1.0\nTag: {tag}\n"})
    (finding,) = find("wheel-tags", read_plan(tmp_path))
    assert "differ" in finding.message


def test_tags__a_short_set_does_not_explode(tmp_path: Path) -> None:
    tag = "-".join(".".join(f"a{number}" for number in range(60)) for _ in range(3))
    build_wheel(tmp_path, files={"sample-1.0.dist-info/WHEEL": f"Wheel-Version: 1.0\nTag: {tag}\n"})
    plan = read_plan(tmp_path)
    (wheel,) = plan.distributions
    assert find("wheel-tags", plan)
    assert find("wheel-tags", replace(plan, distributions=(replace(wheel, filename=f"sample-1.0-{tag}.whl"),))) == []
