"""An explanation as people need it, and the places where they can read on."""

from __future__ import annotations

import re
from dataclasses import dataclass

from publisher.report.workflow_commands import neutralize

QUOTE_LIMIT = 1000
"""Characters that are kept of a text from outside: the annotation needs room for the remedy."""

VALUE_LIMIT = 200
"""Characters that are kept of a value within such a text, so that what is said of it can be read."""

# A value stands between backticks; what packaging says of one repeats it without.
_VALUE = re.compile(r"`[^`]*`|[^\s`]+")

RULES = "docs/rules.md"
TRUSTED_PUBLISHERS = "https://docs.pypi.org/trusted-publishers/"
TROUBLESHOOTING = "https://docs.pypi.org/trusted-publishers/troubleshooting/"
NEW_PROJECT = "https://docs.pypi.org/trusted-publishers/creating-a-project-through-oidc/"
ATTESTATIONS = "https://docs.pypi.org/attestations/producing-attestations/"
STORAGE_LIMITS = "https://docs.pypi.org/project-management/storage-limits/"
CORE_METADATA = "https://packaging.python.org/en/latest/specifications/core-metadata/"
FILENAMES = "https://packaging.python.org/en/latest/specifications/binary-distribution-format/"
SDISTS = "https://packaging.python.org/en/latest/specifications/source-distribution-format/"
PLATFORM_TAGS = "https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/"
VERSIONS = "https://packaging.python.org/en/latest/specifications/version-specifiers/"
DESCRIPTION = "https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/"
OIDC_PERMISSION = "https://docs.github.com/en/actions/reference/security/oidc"
FORK_EVENTS = "https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows"
STATUS = "https://status.python.org/"
SIGSTORE_STATUS = "https://status.sigstore.dev/"
GITHUB_STATUS = "https://www.githubstatus.com/"


@dataclass(frozen=True, slots=True)
class Message:
    """What happened, why that is likely, what to do, where to read on; all but `title` and `what` may be empty.

    `example` is a block of code that belongs to the remedy. Whatever came from outside has been through `quoted`.
    """

    title: str
    what: str
    why: str = ""
    remedy: str = ""
    link: str = ""
    example: str = ""

    @property
    def text(self) -> str:
        """Return everything but the title as lines for an annotation."""
        lines = [self.what, self.why, self.remedy, self.example]
        lines.append(f"See: {self.link}" if self.link else "")
        return "\n".join(line for line in lines if line)


def quoted(text: str) -> str:
    """Return text from outside on one line, harmless and not endless."""
    return _bounded(" ".join(text.split()))


def verbatim(text: str) -> str:
    """Return text that quotes values: as `quoted` does, with every blank, and the middle cut out of long values."""
    return _bounded(_VALUE.sub(_cut_middle, text))


def _bounded(text: str) -> str:
    return neutralize(text if len(text) <= QUOTE_LIMIT else f"{text[: QUOTE_LIMIT - 1]}…")


def _cut_middle(match: re.Match[str]) -> str:
    value, kept = match[0], VALUE_LIMIT // 2
    return value if len(value) <= VALUE_LIMIT else f"{value[:kept]}…{value[-kept + 1 :]}"


def named(name: str) -> str:
    """Return a name from outside in backticks of ours; its own ones are shown as escapes."""
    escaped = quoted(name).replace("`", r"\x60")
    return f"`{escaped}`"


def listed(names: tuple[str, ...], limit: int = 10) -> str:
    """Return names in backticks, and how many were left out."""
    shown = ", ".join(named(name) for name in names[:limit])
    left_out = len(names) - limit
    return f"{shown} and {left_out} more" if left_out > 0 else shown
