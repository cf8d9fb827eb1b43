"""An explanation for people, how it quotes external text, and the pages it links to."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate

from publisher.index.endpoints import Index
from publisher.preflight.model import Severity
from publisher.report.harmless import neutralize

QUOTE_LIMIT = 1000  # characters of an external text: the annotation needs room for the remedy
# In an annotation, which GitHub folds after about three lines: the remedy has to be above the fold.
SHOWN_FILES = 3
SHOWN_CHARACTERS = 120
VALUE_LIMIT = 200  # characters of a value inside such a text: the rest of the sentence stays readable
# Values stand between backticks; packaging repeats them without.
_VALUE = re.compile(r"`[^`]*`|[^\s`]+")

AGAIN = "Run the job again with the same files; what is already on the index is not uploaded twice."


class Link(StrEnum):
    """The pages that messages link to."""

    TRUSTED_PUBLISHERS = "https://docs.pypi.org/trusted-publishers/"
    TROUBLESHOOTING = "https://docs.pypi.org/trusted-publishers/troubleshooting/"
    NEW_PROJECT = "https://docs.pypi.org/trusted-publishers/creating-a-project-through-oidc/"
    ATTESTATIONS = "https://docs.pypi.org/attestations/producing-attestations/"
    STORAGE_LIMITS = "https://docs.pypi.org/project-management/storage-limits/"
    OIDC_PERMISSION = "https://docs.github.com/en/actions/reference/security/oidc"
    FORK_EVENTS = "https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows"
    STATUS = "https://status.python.org/"
    SIGSTORE_STATUS = "https://status.sigstore.dev/"
    GITHUB_STATUS = "https://www.githubstatus.com/"


@dataclass(frozen=True, slots=True)
class Message:
    """What happened, what to do, why, and where to read more; external text has been quoted.

    `what` does not name the files it is about: those are in `filenames`, as they came from outside. `words` are the
    index's own.
    """

    title: str
    what: str
    remedy: str = ""
    why: str = ""
    words: str = ""
    link: str = ""
    example: str = ""
    filenames: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return everything but the title as the lines of an annotation."""
        see = f"See: {self.link}" if self.link else ""
        return "\n".join(filter(None, (self.render_what(), self.remedy, self.why, self.words, self.example, see)))

    def render_what(self, limit: int | None = None) -> str:
        """Return what happened, and up to `limit` of the files it happened to; None: a few."""
        names = quote_few(self.filenames) if limit is None else quote_names(self.filenames, limit)
        return f"{self.what.rstrip('.')}: {names}" if names else self.what


def link_message(message: Message, docs_url: str) -> Message:
    """Link a message that has no link of its own to its title in docs/troubleshooting.md."""
    anchor = re.sub(r"[^a-z0-9-]", "", message.title.lower().replace(" ", "-"))
    return message if message.link else replace(message, link=f"{docs_url}/troubleshooting.md#{anchor}")


def group_messages(messages: Iterable[tuple[Severity, Message]]) -> Iterator[tuple[Severity, Message]]:
    """Merge messages that differ only in their files, at the place of the first."""
    groups: dict[tuple[Severity, Message], list[str]] = {}
    for severity, message in messages:
        groups.setdefault((severity, replace(message, filenames=())), []).extend(message.filenames)
    for (severity, message), filenames in groups.items():
        yield severity, replace(message, filenames=tuple(dict.fromkeys(filenames)))


def name_index(index: Index | None) -> str:
    """Return the name of an index in a sentence."""
    return "the index" if index is None else index.name if index.known else quote_name(index.name)


def name_test_inputs(message: Message) -> Message:
    """Return a message about the test index, with its inputs instead of those of the real index."""
    texts = (message.what, message.remedy, message.why)
    what, remedy, why = (
        text.replace("`password`", "`test-password`").replace("`repository-url`", "`test-index-url`") for text in texts
    )
    return replace(message, what=what, remedy=remedy, why=why)


def quote_line(text: str) -> str:
    """Return external text as one harmless line of limited length."""
    return _bound(" ".join(text.split()))


def shorten(text: str) -> str:
    """Return the beginning of a long text, which the message quotes again at its end."""
    return text if len(text) <= VALUE_LIMIT else f"{text[:VALUE_LIMIT]}…"


def quote_clause(text: str) -> str:
    """Return an external clause as a sentence."""
    line = quote_line(text).rstrip(".")
    return f"{line[:1].upper()}{line[1:]}."


def quote_sentence(text: str) -> str:
    """Return a sentence that contains external values: white space is kept, long values lose their middle."""
    return _bound(_VALUE.sub(_cut_middle, text))


def quote_name(name: str) -> str:
    """Return an external name between backticks; its own backticks become escapes."""
    escaped = quote_line(name).replace("`", r"\x60")
    return f"`{escaped}`"


def quote_names(names: Sequence[str], limit: int = 10) -> str:
    """Return external names between backticks, and the number of those beyond the limit."""
    return join_names([quote_name(name) for name in names], limit)


def quote_few(names: Sequence[str]) -> str:
    """Return external names between backticks, as many as leave room for a remedy, and the number of the others."""
    lengths = accumulate(len(name) for name in names[:SHOWN_FILES])
    return quote_names(names, max(1, sum(length <= SHOWN_CHARACTERS for length in lengths)))


def join_names(names: Sequence[str], limit: int) -> str:
    """Return names separated by commas, and the number of those beyond the limit."""
    shown, left_out = ", ".join(names[:limit]), len(names) - limit
    return f"{shown} and {left_out} more" if left_out > 0 else shown


def _bound(text: str) -> str:
    return neutralize(text if len(text) <= QUOTE_LIMIT else f"{text[: QUOTE_LIMIT - 1]}…")


def _cut_middle(match: re.Match[str]) -> str:
    value, kept = match[0], VALUE_LIMIT // 2
    return value if len(value) <= VALUE_LIMIT else f"{value[:kept]}…{value[-kept + 1 :]}"
