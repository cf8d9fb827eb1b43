from __future__ import annotations

import pytest

from scripts.release_notes import find_notes

PROGRAM = '"""Program."""\n\n__version__ = "1.2.0"\n'
CHANGELOG = "# Changelog\n\n## [1.2.0] - 2026-11-30\n\n### Added\n\n- More.\n\n## [1.1.0] - 2026-10-30\n\n- Less.\n"


def test_find_notes__takes_the_section_of_the_tag() -> None:
    assert find_notes("v1.2.0", PROGRAM, CHANGELOG) == "### Added\n\n- More."


@pytest.mark.parametrize(
    ("tag", "changelog", "message"),
    [
        ("v1.1.0", CHANGELOG, "another `__version__`"),
        ("v1.2", CHANGELOG, "another `__version__`"),
        ("v1.2.0", "# Changelog\n\n## [Unreleased]\n\n- More.\n", "says nothing"),
        ("v1.2.0", "# Changelog\n\n## [1.2.0]\n\n## [1.1.0]\n\n- Less.\n", "says nothing"),
    ],
)
def test_find_notes__refuses_what_does_not_fit(tag: str, changelog: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        find_notes(tag, PROGRAM, changelog)
