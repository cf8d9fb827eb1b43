"""Begin to read a great many distributions while the rest of the program is still being imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from publisher.distributions.candidates import find_distributions
from publisher.distributions.forks import count_helpers
from publisher.distributions.reading import Reading
from publisher.errors import SettingsError
from publisher.preflight import Judged, judge

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_ahead(environ: Mapping[str, str], processors: int) -> Reading[Judged] | None:
    """Have forked processes read what the inputs seem to name; None where there is too little for them, or nothing.

    Nothing has been judged yet, so whoever wants the result has to see that it is about the right files. Every rule is
    applied, because it is not known which of them are in force.
    """
    workspace, lines = environ.get("GITHUB_WORKSPACE"), environ.get("INPUT_PACKAGES-DIR") or "dist"
    if not workspace:
        return None
    try:
        found = find_distributions(Path(workspace), tuple(line.strip() for line in lines.splitlines()))
    except SettingsError:
        return None  # which is told where the inputs are judged
    if not count_helpers(len(found.candidates), processors):
        return None
    return Reading(found.candidates, Path(workspace), judge, processors)
