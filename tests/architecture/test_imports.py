from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "publisher"

# From the roof to the floor. A part may import what stands below its own line, and itself; parts on one line do not
# know each other, except as said in NEIGHBOURS.
FLOORS = (
    ("main",),
    ("publish",),
    ("access",),
    ("world",),
    ("report", "settings"),
    ("inputs",),
    ("index",),
    ("attestations", "identity", "preflight"),
    ("distributions",),
    ("cancellation",),
    ("network", "errors"),
)
# Errors carry what came back from where, as `network` has it; its modules that send raise none of ours.
NEIGHBOURS = {("errors", "network.reply"), ("errors", "network.url")}

HEAVY = {"readme_renderer", "trove_classifiers", "sigstore", "pypi_attestations", "docutils"}
PROMISED_TO = {
    "os.environ": {"main.py"},
    "httpx": {"network"},
    "backoff": {"network/retry.py"},
    "time": {"main.py"},
}


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _imports(tree: ast.AST) -> Iterator[str]:
    """Yield every module that is imported, inside functions too, with the name that is taken from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide where a name comes from"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _part(path: str) -> str:
    return path.split("/")[0].removesuffix(".py")


def test_imports__go_down_only() -> None:
    height = {part: number for number, floor in enumerate(FLOORS) for part in floor}
    upwards = [
        f"{path} imports {name}"
        for path, tree in _modules()
        for name in _imports(tree)
        if name.startswith("publisher.") and (target := name.split(".")[1]) in height
        if _part(path) not in {target, "__init__"}
        if height[_part(path)] >= height[target]
        if not any((_part(path), known) == (source, module) for source, module in NEIGHBOURS for known in [module]
                   if name.startswith(f"publisher.{module}."))
    ]
    assert not upwards


def test_floors__name_every_part() -> None:
    parts = {_part(path) for path, _ in _modules()} - {"__init__"}
    assert parts == {part for floor in FLOORS for part in floor}
