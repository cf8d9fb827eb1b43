import ast
import re

import pytest

from tests.architecture.sources import PACKAGE, modules, texts

MOST_LINES = 250
MOST_LINES_OF_A_FUNCTION = 40
# The places that reveal secrets. Before you add one, check where the text goes.
REVEALED = {
    "attestations/sigstore.py": 1,  # the ID token, for Sigstore's certificate authority
    "identity/authentication.py": 1,  # the value of the Basic header
    "identity/exchange.py": 3,  # sending the request token; claims of the ID token; the bodies of minting and revoking
    "index/listing.py": 2,  # the Authorization header; whether the check URL has a password, or a token as the user
    "index/upload.py": 1,  # the Authorization header
    "main.py": 1,  # where ID tokens are requested, for the choice of a proxy
    "network/client.py": 2,  # the URL of a proxy, parsed; the password for it
    "report/masking.py": 2,  # what is replaced in every line
    "report/log.py": 1,  # the workflow command that masks
    "settings/environment.py": 2,  # where to request ID tokens; whether the request token can be sent
}

# Character classes keep this file from matching itself.
UNWELCOME = {
    "unfinished": re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b"),
    "a machine's own path": re.compile(r"(?<![\w.])/(wor[k]|roo[t]|hom[e]/(?!runner\b)\w+|User[s]/\w+|tm[p]/\w+)/"),
    "a package registry's own host": re.compile(r"pythonhoste[d]|registry\.npmj[s]|deb\.debia[n]|crates\.i[o]/api"),
}


def test_modules__are_short() -> None:
    lengths = {path: len((PACKAGE / path).read_text(encoding="utf-8").splitlines()) for path, _ in modules()}
    assert not {path: length for path, length in lengths.items() if length > MOST_LINES}


def test_functions__are_short() -> None:
    lengths = {
        f"{path}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert not {name: length for name, length in lengths.items() if length > MOST_LINES_OF_A_FUNCTION}


def test_secrets__are_revealed_in_known_places() -> None:
    found = {path: _count_revealing(tree) for path, tree in modules()}
    assert {path: count for path, count in found.items() if count} == REVEALED


@pytest.mark.parametrize("kind", UNWELCOME)
def test_texts__hold_nothing_unwelcome(kind: str) -> None:
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for name, text in texts()
        for match in UNWELCOME[kind].finditer(text)
    ]
    assert not found


def test_silenced_checks__are_named() -> None:
    """`noqa` and `type: ignore` name what they silence."""
    bare = re.compile(r"# (noqa(?!:)|type: ignore(?!\[)|pragma: no cover(?! --))")
    found = [f"{name}: {match[0]}" for name, text in texts() if name.endswith(".py") for match in bare.finditer(text)]
    assert [each for each in found if "test_sources.py" not in each] == []


def _count_revealing(tree: ast.Module) -> int:
    return sum(isinstance(node, ast.Attribute) and node.attr == "get_secret_value" for node in ast.walk(tree))
