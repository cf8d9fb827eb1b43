"""Whether the index can display the description."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from io import StringIO
from math import prod

from publisher.preflight.fields import Fields, find_problem
from publisher.preflight.model import Finding
from publisher.preflight.rule import Rule, Scope, doubt, found
from publisher.preflight.rules.metadata import CORE_METADATA

TYPES = ("text/plain", "text/x-rst", "text/markdown")

TYPE_LIMIT = 1000  # characters of a content type that is parsed; the parser takes minutes for long ones
RENDERED_LIMIT = 256 << 10  # characters of reStructuredText that is rendered, which takes seconds
# Characters of text whose code blocks are highlighted; some lexers take time quadratic in the length.
HIGHLIGHTED_LIMIT = 16 << 10

GROWTH_LIMIT = 5000  # substitutions that a rendered text may expand to; nesting multiplies them
HIDDEN_LIMIT = 4 << 10  # characters of Markdown that may display nothing; the renderer takes hours for some long texts
_CODE = re.compile(
    r"^([ \t]*[.][.][ \t]+(?:code|code-block|sourcecode)::[ \t]+)[\w+#.-]+(?=[ \t]*$)", re.MULTILINE | re.IGNORECASE
)
_NESTED = re.compile(r"replace::.*[|].*[|]", re.IGNORECASE)

# docutils writes `<string>:12: (ERROR/3) Unknown directive type "toctree".`, with details on the line after a colon.
_COMPLAINT = re.compile(r"<string>:(?P<line>\d*): \((?:WARNING|ERROR|SEVERE)/\d\) (?P<text>.+:\n.+|.+)")

# Markdown is refused only if nothing is displayed: link definitions and unterminated declarations.
_MAYBE_HIDDEN = re.compile(r"\s*(\[(?!!\[)|<[?!])")

_NOTHING = "it displays nothing"


@Rule(
    id="description-type",
    title="Invalid description content type",
    why="The index renders `text/markdown`, `text/x-rst`, and `text/plain`, in UTF-8.",
    fix="Name the readme `README.md`, `.rst`, or `.txt`, or set `content-type` in `project.readme` to one of these.",
    sources=(CORE_METADATA,),
    scope=Scope.PYPI,
).for_metadata
def _check_type(fields: Fields) -> Iterator[Finding]:
    """Validate type, charset, and variant.

    `packaging` 26.3 rejects types with syntax errors that the index, on 26.2, ignores, and accepts `charset=utf-8`.
    """
    written = fields.first("description-content-type")
    if not written or len(written) > TYPE_LIMIT:
        return
    content_type, parameters = parse_type(written)
    charset, variant = parameters.get("charset", "UTF-8"), parameters.get("variant", "GFM")
    if content_type not in TYPES:
        yield found(f"PyPI does not accept the description content type `{written}`.")
    elif charset != "UTF-8":
        build = doubt if charset.upper() == "UTF-8" else found
        message = f"The charset of the description is `{charset}`; PyPI accepts only `UTF-8`."
        yield build(message, "Write `charset=UTF-8`, or no charset, in the content type of `project.readme`.")
    elif content_type == "text/markdown" and variant not in {"GFM", "CommonMark"}:
        remedy = "Write `variant=GFM` or `variant=CommonMark`, or no variant, in the content type of `project.readme`."
        yield found(f"PyPI does not accept the Markdown variant `{variant}`.", remedy)
    elif problem := find_problem("description-content-type", written):
        yield doubt(f"The description content type `{written}` has a syntax error: {problem.__cause__}.")


@Rule(
    id="description-rendering",
    title="Description cannot be rendered",
    why="The index refuses a readme that it cannot display. Without a content type it assumes reStructuredText.",
    fix="Correct the readme; check it with `twine check`. PyPI has plain docutils: no `include`, no `raw`, no Sphinx.",
    sources=(CORE_METADATA,),
    scope=Scope.PYPI,
).for_metadata
def _check_rendering(fields: Fields) -> Iterator[Finding]:
    description, written = fields.first("description"), fields.first("description-content-type")
    content_type = parse_type(written)[0] if written else "text/x-rst"
    complaint = find_complaint(description, content_type)
    if not description or not complaint:
        return
    if written:
        # Releases of the library that sanitizes HTML differ over an unterminated comment or declaration.
        is_html = content_type == "text/markdown" and description.lstrip().startswith("<")
        build = doubt if is_html else found
        remedy = "Add some text: link definitions and comments are not displayed." if complaint == _NOTHING else ""
        yield build(f"PyPI cannot render the description as `{content_type}`: {complaint}.", remedy)
    else:
        yield found(
            f"The description has no content type, and PyPI cannot render it as reStructuredText: {complaint}.",
            'If the readme is Markdown, declare it: `readme = "README.md"` under `[project]` sets the content type.',
        )


def parse_type(written: str) -> tuple[str, dict[str, str]]:
    """Parse a content type as the index does; the type is empty if that fails."""
    if len(written) > TYPE_LIMIT:
        return "", {}
    message = EmailMessage()
    try:
        message["Content-Type"] = written
        content_type = message.get_content_type().lower()
        parameters = dict(message["Content-Type"].params)
    except (AttributeError, LookupError, RecursionError, ValueError):
        return "", {}
    # The library substitutes text/plain for a malformed type.
    return (content_type if content_type in written.lower() else ""), parameters


def find_complaint(description: str, content_type: str) -> str | None:
    """Return why a description cannot be rendered; None if it can, or if rendering it would take too long."""
    if content_type == "text/x-rst" and len(description) <= RENDERED_LIMIT:
        return _render_rst(description) if _compute_growth(description) <= GROWTH_LIMIT else None
    if content_type == "text/markdown" and len(description) <= HIDDEN_LIMIT and _MAYBE_HIDDEN.match(description):
        from readme_renderer.markdown import render

        return None if render(description) else _NOTHING
    return None


def _compute_growth(text: str) -> int:
    """Return an upper bound of the substitutions that nested ones in a text expand to; 0 if none are nested."""
    nested = [definition.count("|") // 2 for definition in _NESTED.findall(text)]
    return prod(nested) * text.count("|") if nested else 0


def _render_rst(text: str) -> str | None:
    from readme_renderer.rst import render

    if len(text) > HIGHLIGHTED_LIMIT:
        text = _CODE.sub(r"\1text", text)
    stream = StringIO()
    try:
        rendered = render(text, stream)
    except Exception:  # noqa: BLE001 -- docutils has no base class for its own bugs; the index need not hit them
        return None
    complaint = _COMPLAINT.search(stream.getvalue())
    if rendered or not complaint:
        return None if rendered or not stream.getvalue() else _NOTHING
    text = complaint["text"].replace("\n", " ").rstrip(".")
    return f"line {complaint['line']}: {text}" if complaint["line"] else text
