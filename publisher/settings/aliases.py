"""The input names of old, with underscores: they work, are deprecated, and lose to the hyphenated ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.index.endpoints import PYPI_UPLOAD_URL

if TYPE_CHECKING:
    from collections.abc import Mapping

ALIASED_DEFAULTS = {
    "repository_url": str(PYPI_UPLOAD_URL),
    "packages_dir": "dist",
    "verify_metadata": "true",
    "skip_existing": "false",
    "print_hash": "true",
}
"""The input names of old that still work, with the defaults of the hyphenated ones as `action.yml` spells them."""


def deprecated_inputs(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the underscore names that this run uses."""
    return tuple(alias for alias in ALIASED_DEFAULTS if environ.get(f"INPUT_{alias.upper()}", "").strip())


def prefer_given_aliases(environ: Mapping[str, str]) -> dict[str, str]:
    """Let an underscore alias win over a hyphenated input that only has its default.

    The runner passes the default of `action.yml` like a given value, so an alias would otherwise never have an effect.
    """
    chosen = dict(environ)
    for alias in deprecated_inputs(environ):
        name = f"INPUT_{alias.upper().replace('_', '-')}"
        if chosen.get(name) == ALIASED_DEFAULTS[alias]:
            del chosen[name]
    return chosen


def written_name(variable: str, environ: Mapping[str, str]) -> str:
    """Return the input's name as the user wrote it: the underscore one where the hyphenated one has no value."""
    name = variable.removeprefix("INPUT_").lower()
    alias = name.replace("-", "_")
    is_given = bool(environ.get(variable, "").strip())
    return name if is_given or alias not in deprecated_inputs(environ) else alias
