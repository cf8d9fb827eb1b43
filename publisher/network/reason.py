"""Extract the words with which a server explains its answer."""

from contextlib import suppress
from html.parser import HTMLParser
from http import HTTPStatus

from publisher.network.reply import Reply

REASON_LIMIT = 2000  # characters of a server's own words that are kept
SEARCHED = 1 << 16  # characters of a page that are searched
_DEEPEST = 6  # levels of nested JSON, far more than any server uses
# PyPI (`code`: "400 File already exists ..."), Artifactory, Cloudsmith, RFC 9457, FastAPI, OAuth, and others.
_OF_DETAILS = ("code", "errors", "fields", "detail", "msg", "error_description", "description")
_KEYS = (*_OF_DETAILS, "message", "reason", "error", "title")
# Phrases that only repeat the status; those of 413 and 422 differ between versions of HTTP and Python.
_PHRASES = {"", *(status.phrase.lower() for status in HTTPStatus), "payload too large", "unprocessable entity"}
_PHRASES |= {"request entity too large", "content too large", "unprocessable content"}
_UNTITLED = {"", "non_field_errors"}  # of Django REST framework
_ASIDES = {"script", "style", "nav", "header", "footer", "noscript", "svg"}


def extract_reason(reply: Reply) -> str:
    """Return the server's own words on one line; empty if it sent none."""
    text = _find_words(reply) or reply.reason
    return " ".join(text.split()).removeprefix(f"{reply.status} ")[:REASON_LIMIT]


def extract_text(reply: Reply) -> str:
    """Return all text that a person would see."""
    if not is_markup(reply):
        return reply.text[:SEARCHED]
    page = parse_page(reply)
    return f"{page.title} {page.message} {page.text}"


def _find_words(reply: Reply) -> str:
    document = reply.json()
    if document is not None:
        return _from_json(document, _DEEPEST)
    if not is_markup(reply):
        return "" if reply.text.lstrip().startswith("{") else reply.text  # JSON that is broken or was cut off
    page = parse_page(reply)
    if page.message:
        return page.message
    if reply.reason.lower() in _PHRASES:
        return page.text or page.title
    # Nexus states its reason in the phrase, under a generic title.
    return page.title if reply.reason in page.title else reply.reason


def _from_json(document: object, depth: int) -> str:
    """Return the sentence under a known key; without one, all strings."""
    match document:
        case str():
            return document.strip()
        case list() if depth:
            return "; ".join(filter(None, (_from_json(each, depth - 1) for each in document)))
        case dict() if depth:
            texts = {key.lower(): text for key, value in document.items() if (text := _from_json(value, depth - 1))}
            known = [text for key in _KEYS if (text := texts.get(key, "")) and not text.isdigit()]
            # A single word is an identifier, and a phrase such as "Bad Request" repeats the status.
            sentences = (text for text in known if " " in text and text.lower() not in _PHRASES)
            joined = "; ".join(text if key in _UNTITLED else f"{key}: {text}" for key, text in texts.items())
            return next(sentences, "") or next(iter(known), joined)
        case _:
            return ""


class _Page(HTMLParser):
    """The title of a page, its main text, and the text of XML's `<Message>`, each on one line."""

    def __init__(self) -> None:
        super().__init__()
        self.title = self.text = self.message = ""
        self._tag = ""
        self._asides = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 -- inherited
        self._tag = tag
        self._asides += tag in _ASIDES

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""
        self._asides -= tag in _ASIDES

    def handle_data(self, data: str) -> None:
        data = " ".join(data.split())
        if self._tag == "title":
            self.title = self.title or data
        elif self._tag == "message":
            self.message = self.message or data
        elif self._asides <= 0:
            self.text = f"{self.text} {data}".strip()


def is_markup(reply: Reply) -> bool:
    """Return whether a body is HTML or XML."""
    return "html" in reply.headers.get("content-type", "") or reply.text.lstrip()[:1] == "<"


def parse_page(reply: Reply) -> _Page:
    """Parse the beginning of a page, as far as it can be parsed."""
    page = _Page()
    with suppress(AssertionError):  # raised for a broken `<![...]>` declaration
        page.feed(reply.text[:SEARCHED])
        page.close()
    return page
