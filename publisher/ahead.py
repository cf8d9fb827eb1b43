"""Look for the distributions, and begin to read a great many, while the rest of the program is still being imported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.distributions.candidates import find_distributions, split_lines
from publisher.distributions.forks import count_helpers
from publisher.distributions.reading import Reading
from publisher.preflight import Judged, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.distributions.model import Found


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was `found` in `workspace` where `packages_dir` says; `reading` is None where there is too little for it.

    Nothing had been judged yet, so whoever wants it has to see that it is about the right place. `close` has to be
    called in the end; whoever calls it again does no harm.
    """

    workspace: Path
    packages_dir: tuple[str, ...]
    found: Found
    reading: Reading[Judged] | None

    def close(self) -> None:
        """End what is still going on."""
        if self.reading is not None:
            self.reading.close()


def look_ahead(environ: Mapping[str, str], processors: int) -> Ahead | None:
    """Look where the inputs seem to say, and have forked processes read what is there; None where that is of no use.

    Every rule is applied, because it is not known which of them are in force.
    """
    if not environ.get("GITHUB_WORKSPACE"):
        return None
    workspace, packages_dir = Path(environ["GITHUB_WORKSPACE"]), split_lines(environ.get("INPUT_PACKAGES-DIR", ""))
    try:
        found = find_distributions(workspace, packages_dir or ("dist",))
    except Exception:  # noqa: BLE001 -- where the inputs are judged it comes up again, and is told
        return None
    is_much = count_helpers(len(found.candidates), processors) > 0
    reading = Reading(found.candidates, workspace, judge, processors) if is_much else None
    return Ahead(workspace, packages_dir or ("dist",), found, reading)
