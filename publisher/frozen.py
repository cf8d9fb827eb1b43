"""Frozen dataclasses that cost little to define.

The standard library's `dataclass` writes and compiles the source of six methods for each class, which for all of ours
came to an eighth of the time to start (see docs/decisions/0007). Here the same few serve every class and look its
fields up when they are called. All else, `field`, `replace` and `fields` included, is the standard library's.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["dataclass"]


def _dataclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
    """Take the place of `dataclasses.dataclass` for the one combination of options that values have."""
    if not (frozen and slots):
        raise TypeError("values are frozen and have slots")
    return _define


def _define(cls: type) -> type:
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    fields = dataclasses.fields(made)
    made.__initial__ = tuple((each.name, each.default, each.default_factory) for each in fields if each.init)
    made.__own__ = tuple((each.name, each.default_factory) for each in fields if not each.init)
    made.__shown__ = tuple(each.name for each in fields if each.repr)
    made.__compared__ = tuple(each.name for each in fields if each.compare)
    made.__hashed__ = tuple(each.name for each in fields if (each.compare if each.hash is None else each.hash))
    made.__names__ = tuple(each.name for each in fields)
    for method in (_init, _repr, _eq, _hash, _setattr, _delattr, _getstate, _setstate):
        name = f"_{method.__name__}__"
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made  # type: ignore[no-any-return]


def _init(self: Any, *args: object, **named: object) -> None:  # noqa: ANN401 -- any value
    store = object.__setattr__
    initial = self.__initial__
    if len(args) > len(initial):
        raise TypeError(f"{type(self).__qualname__} takes {len(initial)} values, not {len(args)}")
    for (name, _, _), value in zip(initial, args, strict=False):
        store(self, name, value)
    for name, default, factory in initial[len(args) :]:
        store(self, name, named.pop(name) if name in named else _make_default(self, name, default, factory))
    if named:
        raise TypeError(f"{type(self).__qualname__} has no field, or two values for it: {', '.join(named)}")
    for name, factory in self.__own__:
        if factory is not dataclasses.MISSING:
            store(self, name, factory())
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _make_default(self: object, name: str, default: object, factory: Any) -> object:  # noqa: ANN401 -- as in `fields`
    if factory is not dataclasses.MISSING:
        return factory()
    if default is dataclasses.MISSING:
        raise TypeError(f"{type(self).__qualname__} lacks a value for {name}")
    return default


def _repr(self: Any) -> str:  # noqa: ANN401 -- any value
    fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__shown__)
    return f"{type(self).__qualname__}({fields})"


def _eq(self: Any, other: Any) -> bool:  # noqa: ANN401 -- any value
    if type(other) is not type(self):
        return NotImplemented  # type: ignore[no-any-return]
    return all(getattr(self, name) == getattr(other, name) for name in self.__compared__)


def _hash(self: Any) -> int:  # noqa: ANN401 -- any value
    return hash(tuple([getattr(self, name) for name in self.__hashed__]))


def _setattr(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[object]:  # noqa: ANN401 -- any value
    return [getattr(self, name) for name in self.__names__]


def _setstate(self: Any, state: list[object]) -> None:  # noqa: ANN401 -- any value
    for name, value in zip(self.__names__, state, strict=True):
        object.__setattr__(self, name, value)


if TYPE_CHECKING:
    # A type checker knows the standard library's, and has to see no other.
    from dataclasses import dataclass
else:
    dataclass = _dataclass
