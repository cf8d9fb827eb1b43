"""Whether the index can show the description."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from publisher.preflight.markup import find_complaint
from publisher.preflight.rule import Flaw, Rule, Scope, Verdict, for_each
from publisher.preflight.rules.metadata import CORE_METADATA
from publisher.preflight.sent import see

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.distributions.model import Distribution

TYPES = ("text/plain", "text/x-rst", "text/markdown")
VARIANTS = ("GFM", "CommonMark")

TYPE_LIMIT = 1000
"""Characters of a content type that is taken apart; the parser needs minutes for long ones. Others are left alone."""

HIDDEN_LIMIT = 4 << 10
"""Characters of a Markdown text that may be nothing but definitions; longer ones surely are more."""

# Markdown fails only if nothing is left of it, and of everything but definitions of links and declarations that do not
# end something is. What does not begin like one need not be rendered, which would take some texts hours.
_MAYBE_HIDDEN = re.compile(r"\s*(\[(?!!\[)|<[?!])")

_NOTHING = "nothing of it can be shown."


@for_each(
    Rule(
        id="description-type",
        summary="`Description-Content-Type` is one that the index renders",
        why="It decides how the readme is shown: `text/markdown`, `text/x-rst` or `text/plain`, in UTF-8.",
        fix="Name the readme `README.md`, `README.rst` or `README.txt`, or set `content-type` under `project.readme` "
        "to one of the three.",
        sources=(
            CORE_METADATA,
            "metadata-description-type",
            "metadata-description-charset",
            "metadata-description-variant",
        ),
        scope=Scope.PYPI,
    )
)
def check_type(distribution: Distribution) -> Iterator[Flaw]:
    """Judge type, charset and variant."""
    written = see(distribution.metadata).one("description-content-type")
    if not written:
        return
    content_type, parameters = parse_type(written)
    if content_type not in TYPES:
        yield Flaw(f"`{written}` is none of {', '.join(f'`{name}`' for name in TYPES)}.")
        return
    charset = parameters.get("charset", "UTF-8")
    if charset != "UTF-8":
        # Releases of `packaging` since 26.3 take `utf-8` as well: the index will with its next update.
        verdict = Verdict.DOUBTFUL if charset.upper() == "UTF-8" else Verdict.REFUSED
        yield Flaw(f"The charset of the description is `{charset}`.", "Write `charset=UTF-8`, or no charset.", verdict)
    variant = parameters.get("variant", "GFM")
    if content_type == "text/markdown" and variant not in VARIANTS:
        yield Flaw(
            f"There is no variant `{variant}` of Markdown.", "Write `variant=GFM` or `variant=CommonMark`, or none."
        )


@for_each(
    Rule(
        id="description-rendering",
        summary="The description can be rendered",
        why="The index refuses a readme that it cannot show. Without a content type it is taken for "
        "reStructuredText, in which Markdown is often an error.",
        fix="Correct the readme: the index knows plain docutils, without the directives and roles of Sphinx, "
        "`include` and `raw`.",
        sources=(CORE_METADATA, "description-render-typed", "description-render-default", "description-render-empty"),
        scope=Scope.PYPI,
    )
)
def check_rendering(distribution: Distribution) -> Iterator[Flaw]:
    """Render as the index does."""
    sent = see(distribution.metadata)
    description, written = sent.one("description"), sent.one("description-content-type")
    content_type = parse_type(written)[0] if written else "text/x-rst"
    if not description:
        return
    complaint = render_fails(description, content_type)
    if complaint is None:
        return
    if written:
        # Releases of the library that cleans HTML differ over a comment or declaration that does not end.
        is_html = content_type == "text/markdown" and description.lstrip().startswith("<")
        verdict = Verdict.DOUBTFUL if is_html else Verdict.REFUSED
        yield Flaw(f"The description cannot be rendered as `{content_type}`: {complaint}", "", verdict)
    else:
        yield Flaw(
            f"The description has no content type and cannot be rendered as reStructuredText: {complaint}",
            'If the readme is Markdown, say so: `readme = "README.md"` under `[project]` sets the content type.',
        )


@lru_cache(maxsize=64)
def parse_type(written: str) -> tuple[str, dict[str, str]]:
    """Take a content type apart as the index does; the type is empty where it cannot be."""
    if written in TYPES:
        return written, {}
    if len(written) > TYPE_LIMIT:
        return TYPES[0], {}
    from email.message import EmailMessage  # noqa: PLC0415 -- it loads a large parser, and most types are plain

    message = EmailMessage()
    try:
        message["Content-Type"] = written
        content_type = message.get_content_type().lower()
        parameters = dict(message["Content-Type"].params)
    except (ValueError, IndexError, AttributeError, RecursionError):
        return "", {}
    # A value that cannot be parsed is given as text/plain.
    return (content_type if content_type in written.lower() else ""), parameters


@lru_cache(maxsize=8)
def render_fails(description: str, content_type: str) -> str | None:
    """Say why a description does not render; None where it does, or where nobody can tell.

    The files of a release share their description, so the last answers are kept.
    """
    if content_type == "text/x-rst":
        return find_complaint(description)
    if content_type == "text/markdown" and len(description) <= HIDDEN_LIMIT and _MAYBE_HIDDEN.match(description):
        from readme_renderer.markdown import render

        return None if render(description) else _NOTHING
    return None
