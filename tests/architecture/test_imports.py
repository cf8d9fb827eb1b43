from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.sources import modules

# From the roof to the ground: a part may import what stands to its right, or below.
FLOORS = (
    ("main", "publish"),
    ("report",),
    ("settings",),
    ("preflight", "attestations", "index"),
    ("distributions", "identity"),
    ("cancellation", "errors"),
    ("network",),
)
ORDER = [part for floor in FLOORS for part in floor]

# What only some modules may import or use, wherever else it would be handy.
KEPT_IN = {
    "backoff": ("network/retry.py",),
    "httpx": ("network/",),
    "os.environ": ("main.py",),
    "os.getenv": ("main.py",),
    "time": ("main.py",),
    "print": ("report/log.py",),
    "pypi_attestations": ("attestations/sigstore.py",),
    "sigstore": ("attestations/sigstore.py",),
}

# Most runs need none of these, and each costs more time than all the rest: imported inside the function that does.
NEVER_AT_START = ("publisher.attestations.sigstore", "readme_renderer")


def test_imports__go_down_only() -> None:
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules()
        for name in _imported(tree)
        if (target := _part_of_import(name)) in ORDER and (part := _part(path)) in ORDER
        if ORDER.index(target) < ORDER.index(part)
    ]
    assert not wrong


def test_floors__name_every_part() -> None:
    assert {_part(path) for path, _ in modules()} - {"__init__"} == set(ORDER)


def test_kept_in__nobody_else_uses_it() -> None:
    wrong = [
        f"{path} uses {name}"
        for path, tree in modules()
        for name in {*_imported(tree), *_used(tree)}
        for kept, places in KEPT_IN.items()
        if (name == kept or name.startswith(f"{kept}.")) and not path.startswith(places)
    ]
    assert not wrong


def test_heavy_libraries__are_imported_late() -> None:
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules()
        for name in _imported(ast.Module([node for node in tree.body if not _is_type_checking(node)], []), deep=False)
        if name.startswith(NEVER_AT_START)
    ]
    assert not wrong


def _part(path: str) -> str:
    return path.split("/", 1)[0].removesuffix(".py")


def _part_of_import(name: str) -> str:
    return name.removeprefix("publisher.").split(".", 1)[0] if name.startswith("publisher.") else ""


def _imported(tree: ast.Module, *, deep: bool = True) -> Iterator[str]:
    """Yield the full names that a module imports, inside its functions too if `deep`."""
    for node in ast.walk(tree) if deep else tree.body:
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case _:
                pass


def _used(tree: ast.Module) -> Iterator[str]:
    """Yield the names that are called, and `module.attribute` wherever it stands."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute):
                yield f"{owner}.{attribute}"
            case ast.Call(func=ast.Name(id=function)):
                yield function
            case _:
                pass


def _is_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
