from __future__ import annotations

import dataclasses
import pickle
from dataclasses import field, replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.frozen import dataclass


def build(decorate: Any) -> Any:  # noqa: ANN401 -- a class decorator
    """Make a class with fields of every kind."""

    class Value:
        first: int
        second: str = "two"
        hidden: str = field(default="secret", repr=False)
        made: list[int] = field(default_factory=list, hash=False)
        apart: int = field(default=0, compare=False)
        own: list[int] = field(default_factory=list, init=False, hash=False)

    Value.__qualname__ = "Value"
    return decorate(Value)


Ours = build(dataclass(frozen=True, slots=True))
Standard = build(dataclasses.dataclass(frozen=True, slots=True))


@dataclass(frozen=True, slots=True)
class Derived:
    """Computes a field of its own from another."""

    given: int
    double: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "double", 2 * self.given)


Given = tuple[list[int], dict[str, int]]

arguments = st.tuples(
    st.lists(st.integers(0, 2), max_size=6),
    st.dictionaries(st.sampled_from(["first", "second", "hidden", "apart", "other"]), st.integers(0, 2), max_size=4),
)


def outcome(of: Any) -> object:  # noqa: ANN401 -- anything to call
    """Return what came of it, or which error."""
    try:
        return of()
    except Exception as error:  # noqa: BLE001 -- to be compared
        return type(error)


@given(arguments, arguments)
def test_dataclass__is_like_the_standard_library_s(one: Given, other: Given) -> None:
    """Hold every behaviour that a value has to that of the same class made by the standard library."""

    def observe(cls: Any) -> list[object]:  # noqa: ANN401 -- either of them
        made: list[Any] = [outcome(partial(cls, *values, **named)) for values, named in (one, other)]
        first, second = made
        return [
            outcome(lambda: repr(first)),
            outcome(lambda: first == second),
            outcome(lambda: first == 1),
            outcome(lambda: hash(first) == hash(second)),
            outcome(lambda: repr(replace(first, second="new"))),
            outcome(lambda: setattr(first, "first", 5)),
            outcome(lambda: delattr(first, "first")),
            outcome(lambda: first.hidden),
            outcome(lambda: hasattr(first, "__dict__")),
            cls.__match_args__,
        ]

    assert observe(Ours) == observe(Standard)


def test_dataclass__a_factory_makes_a_value_for_each() -> None:
    assert Ours(1).made is not Ours(1).made
    assert Ours(1).own is not Ours(1).own


def test_dataclass__another_class_is_never_equal() -> None:
    assert Ours(1) != build(dataclass(frozen=True, slots=True))(1)


def test_dataclass__fields_that_are_computed() -> None:
    value = Derived(4)
    assert (value.double, repr(value)) == (8, "Derived(given=4, double=8)")
    with pytest.raises(TypeError):
        Derived(4, 8)  # type: ignore[call-arg]


def test_dataclass__travels_between_processes() -> None:
    value = Derived(4)
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 -- made a moment before


def test_dataclass__methods_of_a_class_s_own_are_kept() -> None:
    @dataclass(frozen=True, slots=True)
    class Told:
        text: str

        def __repr__(self) -> str:
            return f"<{self.text}>"

    assert repr(Told("x")) == "<x>"


def test_dataclass__for_nothing_but_values() -> None:
    with pytest.raises(TypeError, match="frozen"):
        dataclass(frozen=False, slots=True)
