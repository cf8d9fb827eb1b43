"""What the answer to an upload means. Every index words it differently."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

from publisher.network.reply import Answer, Cause, NoReply, Reply

REASON_LIMIT = 2000  # characters of an index's own words that are kept
_SEARCHED = 1 << 16  # characters of a page that are searched
# By status, the words (lower-case) with which an index reports that it has a file of this name.
_EXISTS = {
    400: (
        "already exist",  # PyPI ("File already exists"), Google Artifact Registry, Gitea
        "updating asset",  # Nexus: "Repository does not allow updating assets"
        "already been taken",  # GitLab: "file name has already been taken"
    ),
    403: (
        "overwrite artifact",  # Artifactory: "not enough permissions to overwrite artifact"
        "needs delete permission",  # Artifactory, newer wording
    ),
    409: ("",),  # pypiserver, Azure Artifacts, devpi, AWS CodeArtifact: for any text
    422: ("already been taken",),
}
# Observed when the index could not refresh its trust root; a faulty attestation is refused in other words.
_SIGSTORE_TROUBLE = "Unknown error while trying to verify included attestations"
_ASKS_FOR_PASSWORD = re.compile(rb"""<input\b[^>]*\btype\s*=\s*["']?password\b""", re.IGNORECASE)
_PAGE = re.compile(rb"<(!doctype html|html|title)\b", re.IGNORECASE)
_NEVER_DUPLICATE = ("used by a file that has since been deleted", "conflict with project", "too similar")


def is_duplicate(reply: Reply) -> bool:
    """Return whether an index refuses a file because it has one of this name."""
    words, text = _EXISTS.get(reply.status, ()), _searched_text(reply)
    return any(word in text for word in words) and not any(word in text for word in _NEVER_DUPLICATE)


def is_expired_token(reply: Reply) -> bool:
    """Return whether PyPI refuses an upload because the upload token has expired."""
    return reply.status == 403 and "token is expired" in _searched_text(reply)  # noqa: PLR2004 -- PyPI's status for it


def _searched_text(reply: Reply) -> str:
    """Return everything that may hold the decisive words, in lower case; they may stand in the middle of a page."""
    return f"{extract_reason(reply)} {reply.reason} {reply.text[:_SEARCHED]}".lower()


def find_outage(answer: Answer) -> Answer:
    """Return the answer, as a 503 if PyPI answered 400 because its own Sigstore client failed."""
    if isinstance(answer, Reply) and answer.status == 400 and _SIGSTORE_TROUBLE in extract_reason(answer):  # noqa: PLR2004 -- PyPI's status for it
        return replace(answer, status=503, reason="(sent as 400) the index could not verify attestations itself")
    return answer


def distrust_login_page(answer: Answer) -> Answer:
    """Return `NoReply` for a success with a login page; any other page counts, because some indexes answer in HTML."""
    if isinstance(answer, Reply) and answer.is_success and _ASKS_FOR_PASSWORD.search(answer.body, 0, _SEARCHED):
        return NoReply(Cause.UNUSABLE, f"{answer.summary} with a login page", may_have_succeeded=True)
    return answer


def is_web_page(answer: Answer) -> bool:
    """Return whether a success is a web page: an index rarely answers so, a captive portal always does."""
    return isinstance(answer, Reply) and answer.is_success and _PAGE.search(answer.body, 0, _SEARCHED) is not None


def extract_reason(reply: Reply) -> str:
    """Return the index's own words on one line, wherever it put them."""
    text = _from_json(reply.json()) or _from_text(reply) or reply.reason
    return " ".join(text.split()).removeprefix(f"{reply.status} ")[:REASON_LIMIT]


def _from_json(document: object) -> str:
    if not isinstance(document, dict):
        return ""
    # PyPI ("400 File already exists ..."), RFC 9457, and others.
    texts = [document.get(key) for key in ("code", "detail", "message", "error", "title")]
    match document:
        case {"errors": [{"message": message}, *_]} | {"error": {"message": message}}:  # Artifactory, Google
            texts.append(message)
        case {"message": dict(fields)}:  # GitLab
            texts.append(json.dumps(fields, ensure_ascii=False))
        case _:
            pass
    words = [text for text in texts if isinstance(text, str) and text.strip() and not text.strip().isdigit()]
    # A single word is an identifier: useful only if there is no sentence.
    return next((text for text in words if " " in text.strip()), next(iter(words), ""))


def _from_text(reply: Reply) -> str:
    content_type = reply.headers.get("content-type", "")
    if "json" in content_type:
        return ""
    text = reply.text
    if "html" in content_type or text.lstrip()[:1] == "<":
        match = re.search(r"<title[^>]*>(.*?)</title\s*>", text[:_SEARCHED], re.DOTALL | re.IGNORECASE)
        title = unescape(match[1]) if match else ""
        # Nexus states its reason in the phrase only, under a generic title.
        return title if title and (reply.has_standard_reason or reply.reason in title) else reply.reason
    return text
