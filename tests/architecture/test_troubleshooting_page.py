"""`docs/troubleshooting.md` explains every message by its title."""

import ast
import re
from collections.abc import Iterator

from publisher.network.reply import Cause
from publisher.preflight.rules import REGISTERED
from tests.architecture.sources import modules, read

PAGE = read("docs/troubleshooting.md")
BUG = "The action failed"  # an annotation that is written without a `Message`


def titles() -> Iterator[str]:
    """Yield every title: the first argument of `Message`, and what is assigned to a name that stands there."""
    for _, tree in modules():
        firsts = [
            node.args[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Message"
        ]
        names = {each.id for each in firsts if isinstance(each, ast.Name)}
        values = [value for node in ast.walk(tree) if isinstance(node, ast.Assign) for value in assigned(node, names)]
        for expression in (*firsts, *values):
            for node in ast.walk(expression):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def assigned(node: ast.Assign, names: set[str]) -> Iterator[ast.expr]:
    """Yield what an assignment gives to one of the names."""
    target, value = node.targets[0], node.value
    pairs = [(target, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = list(zip(target.elts, value.elts, strict=False))
    yield from (given for name, given in pairs if isinstance(name, ast.Name) and name.id in names)


def test_headings__are_the_titles_of_messages() -> None:
    headings = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    assert sorted(headings) == sorted({*titles(), BUG})


def test_rules__are_named_by_their_titles() -> None:
    named = re.findall(r"\[([^]]+)\]\(rules\.md#([\w-]+)\) \|", PAGE)
    assert named
    assert dict(named).items() <= {each.rule.title: each.rule.id for each in REGISTERED}.items()


def test_causes__are_all_there() -> None:
    assert [cause for cause in Cause if cause not in PAGE] == []
