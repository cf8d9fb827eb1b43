"""What is surely valid need not be parsed: whatever the shortcuts take, the parsers have to take."""

from __future__ import annotations

from configparser import ConfigParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from publisher.preflight.rules import requirements, wheel


@pytest.mark.parametrize(
    "requirement",
    [
        "attrs",
        "typing-extensions>=4.9",
        "zope.interface >= 5, < 8",
        "requests[socks, use-chardet]!=2.32.0",
        'tomli>=2 ; python_version < "3.11"',
        "uvloop; sys_platform != 'win32' and platform_python_implementation == 'CPython'",
        'pytest>=8; extra == "dev"',
    ],
)
def test_requirements__usual_ones_need_no_parser(requirement: str) -> None:
    assert requirements.is_surely_valid(requirement)


@pytest.mark.parametrize(
    "requirement",
    ["", "a>=1.*", "a~=1", "a^1", "a @ https://example.com", "a>=1,", "a; python_version > 3", "a==\u0661"],
)
def test_requirements__others_do(requirement: str) -> None:
    assert not requirements.is_surely_valid(requirement)


@given(st.from_regex(requirements._SURELY_VALID, fullmatch=True))
def test_requirements__surely_valid_ones_can_be_parsed_and_have_no_url(requirement: str) -> None:
    assert requirements.is_surely_valid(requirement)
    assert Requirement(requirement).url is None


@pytest.mark.parametrize(
    ("specifiers", "is_sure"),
    [
        (">=3.9", True),
        (">=3.9,<4", True),
        (">= 3.9, != 3.9.7", True),
        ("!=3.9.*", False),
        ("3.9", False),
        ("~=3.9", False),
    ],
)
def test_specifiers__usual_ones_need_no_parser(specifiers: str, is_sure: bool) -> None:
    assert requirements.are_surely_valid(specifiers) is is_sure


@given(st.from_regex(requirements._SURE_BOUNDS, fullmatch=True))
def test_specifiers__surely_valid_ones_can_be_parsed(specifiers: str) -> None:
    assert SpecifierSet(specifiers)


@pytest.mark.parametrize(
    ("entry_points", "is_sure"),
    [
        (b"", True),
        (b"[console_scripts]\na = b:c\nd-e.f=g\n\n[pytest11]\nplug-in=x.y\n", True),
        (b"[console_scripts]\na = b:c\nd-e.f=g\n\n[gui_scripts]\nh = i\n", True),
        (b"[console_scripts]\na = b:c\na = d:e\n", False),
        (b"[group]\na = b\n[group]\nc = d\n", False),
        (b"[console_scripts]\na b = c\n", False),
        (b"[console_scripts]\na = b\n  c\n", False),
        (b"a = b\n", False),
    ],
)
def test_entry_points__usual_ones_need_no_parser(entry_points: bytes, is_sure: bool) -> None:
    assert wheel.is_surely_valid(entry_points) is is_sure


@settings(max_examples=30)
@given(st.from_regex(wheel._PLAIN_GROUPS, fullmatch=True).filter(wheel.is_surely_valid))
def test_entry_points__surely_valid_ones_can_be_parsed_and_have_good_names(entry_points: bytes) -> None:
    parser = ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read_string(entry_points.decode())
    names = [name for group in parser.sections() for name in parser[group]]
    assert all(wheel._SCRIPT_NAME.fullmatch(name) for name in names)
