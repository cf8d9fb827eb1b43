"""What the files of a commit say about its version, and the line in action.yml that names the image."""

from __future__ import annotations

import re

from scripts.release.version import Refusal, Version

PROGRAM = "publisher/__init__.py"
PROJECT = "pyproject.toml"
CHANGELOG = "CHANGELOG.md"
ACTION = "action.yml"
BASE = "requirements/base.Dockerfile"

BUILT = "  image: Dockerfile\n"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_HEADING = re.compile(r"^## \[(\d[^\]]*)\]", re.MULTILINE)
_VERSION_LINES = {
    PROGRAM: re.compile(r'^__version__ = "([^"]*)"$', re.MULTILINE),
    PROJECT: re.compile(r'^version = "([^"]*)"$', re.MULTILINE),
}


def find_newest(changelog: str) -> Version | None:
    """Return the topmost version of the changelog, or None if everything is unreleased; raise `Refusal`."""
    heading = _HEADING.search(changelog)
    return Version.parse(heading[1]) if heading else None


def find_notes(version: Version, changelog: str) -> str:
    """Return the changelog's section about a version; raise `Refusal` if it is missing or empty."""
    pattern = rf"^## \[{re.escape(version.number)}\][^\n]*\n(.*?)(?=^## |\Z)"
    section = re.search(pattern, changelog, re.DOTALL | re.MULTILINE)
    if section is None or not section[1].strip():
        raise Refusal(
            f"{CHANGELOG} has no notes for {version.number}. "
            f"Run `python3 -m scripts.release prepare --version {version.number}` and merge the result first."
        )
    return section[1].strip()


def check_sources(version: Version, files: dict[str, str]) -> None:
    """Raise `Refusal` unless program, project, and changelog have this version, with nothing unreleased above it."""
    find_notes(version, files[CHANGELOG])
    newest = find_newest(files[CHANGELOG])
    if newest != version:
        raise Refusal(f"The newest version in {CHANGELOG} is {newest and newest.number}, not {version.number}.")
    if _find_unreleased(files[CHANGELOG]):
        raise Refusal(
            f"{CHANGELOG} has entries under [Unreleased], which would be released without being in the notes. "
            f"Move them below [{version.number}] and merge first."
        )
    for path, line in _VERSION_LINES.items():
        found = line.search(files[path])
        if found is None or found[1] != version.number:
            raise Refusal(f"{path} has version {found and found[1]}, not {version.number}. Change it and merge first.")


def _find_unreleased(changelog: str) -> str:
    section = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE)
    return section[1].strip() if section else ""


def prepare_sources(version: Version, files: dict[str, str], today: str) -> dict[str, str]:
    """Return the files of a release pull request; raise `Refusal` if the changelog has nothing unreleased."""
    if not _find_unreleased(files[CHANGELOG]):
        raise Refusal(f"{CHANGELOG} has nothing under [Unreleased].")
    heading = f"## [Unreleased]\n\n## [{version.number}] - {today}\n"
    prepared = {CHANGELOG: files[CHANGELOG].replace("## [Unreleased]\n", heading, 1)}
    for path, line in _VERSION_LINES.items():
        prepared[path] = line.sub(lambda found: found[0].replace(found[1], version.number), files[path])
    return prepared


def find_base(dockerfile: str) -> str:
    """Return the base image, which must be named by its digest; raise `Refusal`."""
    found = re.search(rf"^FROM (\S+@{DIGEST.pattern})$", dockerfile, re.MULTILINE)
    if found is None:
        raise Refusal(f"{BASE} does not name the base image by its digest.")
    return found[1]


def name_image(action: str, reference: str) -> str:
    """Return action.yml with the image instead of the Dockerfile; raise `Refusal` unless there is exactly one line."""
    if action.count(BUILT) != 1:
        raise Refusal(f"{ACTION} must have the line `{BUILT.strip()}` exactly once.")
    return action.replace(BUILT, f"  image: docker://{reference}\n")
