"""Requirements as `packaging` reads them."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement

REQUIREMENT_FIELDS = ("requires-dist", "provides-dist", "obsoletes-dist")


@lru_cache(maxsize=4096)
def parse_requirement(value: str) -> Requirement | str:
    """Parse a requirement, or give the first line of what is wrong; the wheels of a release share most of theirs."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 -- hardly any file needs them

    try:
        return Requirement(value)
    except InvalidRequirement as error:
        return str(error).partition("\n")[0]
    except RecursionError:
        return "it is nested too deeply"


def are_alike(some: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether requirements are the same, in whatever order and spelling."""
    return Counter(map(parse_requirement, some)) == Counter(map(parse_requirement, others))
