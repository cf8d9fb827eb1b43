"""What an answer to an upload means; a table of dialects, because no two indexes say it alike."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from enum import StrEnum

from publisher.network.reply import Answer, Cause, NoReply, Reply

REASON_LIMIT = 2000
"""Characters of an index's own words that are kept."""

_LOOKED_AT = 1 << 16
"""Characters of a page that are looked through."""


class Meaning(StrEnum):
    """What an index said about one upload."""

    ACCEPTED = "accepted"
    EXISTS = "exists"
    TOKEN_ENDED = "token-ended"  # noqa: S105 -- a meaning
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A meaning with the index's own words, one line, empty where it gave none."""

    meaning: Meaning
    reason: str


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
    409: ("",),  # pypiserver, Azure Artifacts, devpi, AWS CodeArtifact: whatever the text
    422: ("already been taken",),
}
"""By status, the words (lower-case) by which an index says that it has a file of this name."""

_SIGSTORE_TROUBLE = "Unknown error while trying to verify included attestations"
"""Observed when the index could not refresh its trust root; every mistake in an attestation has other words."""

_ASKS_FOR_PASSWORD = re.compile(rb"""<input\b[^>]*\btype\s*=\s*["']?password\b""", re.IGNORECASE)

_NEVER_DUPLICATE = ("used by a file that has since been deleted", "conflict with project", "too similar")


def judge_reply(reply: Reply) -> Verdict:
    """Judge a final answer that is no redirect."""
    reason = extract_reason(reply)
    if reply.is_success:
        return Verdict(Meaning.ACCEPTED, reason)
    # Words that are recognized may stand anywhere, also in the middle of a page.
    lowered = f"{reason} {reply.reason} {reply.text[:_LOOKED_AT]}".lower()
    if reply.status == 403 and "token is expired" in lowered:  # noqa: PLR2004 -- PyPI's answer to an ended token
        return Verdict(Meaning.TOKEN_ENDED, reason)
    words = _EXISTS.get(reply.status, ())
    if any(word in lowered for word in words) and not any(word in lowered for word in _NEVER_DUPLICATE):
        return Verdict(Meaning.EXISTS, reason)
    return Verdict(Meaning.REFUSED, reason)


def reveal_outage(answer: Answer) -> Answer:
    """Return the answer as its meaning deserves: PyPI says 400 where its own Sigstore client has trouble."""
    if isinstance(answer, Reply) and answer.status == 400 and _SIGSTORE_TROUBLE in extract_reason(answer):  # noqa: PLR2004 -- said above
        return replace(answer, status=503, reason="(said as 400) the index has trouble with Sigstore itself")
    return answer


def distrust_login_page(answer: Answer) -> Answer:
    """Return no answer in place of a success that asks for a password: a login page says so, and no index.

    Any other page stands: indexes say "OK" in HTML too.
    """
    if isinstance(answer, Reply) and answer.is_success and _ASKS_FOR_PASSWORD.search(answer.body, 0, _LOOKED_AT):
        return NoReply(Cause.UNUSABLE, f"{answer.phrase} with a login page", may_have_succeeded=True)
    return answer


def extract_reason(reply: Reply) -> str:
    """Return the index's own words in one line.

    PyPI repeats its message in three places, best in the `code` of a JSON body ("400 File already exists ..."); others
    speak RFC 9457 (`detail`), plain text, HTML, or only in the reason phrase.
    """
    text = _from_json(reply.json()) or _from_text(reply) or reply.reason
    text = " ".join(text.split())
    return text.removeprefix(f"{reply.status} ")[:REASON_LIMIT]


def _from_json(document: object) -> str:
    if not isinstance(document, dict):
        return ""
    texts = [document.get(key) for key in ("code", "detail", "message", "error", "title")]
    match document:
        case {"errors": [{"message": message}, *_]} | {"error": {"message": message}}:  # Artifactory, Google
            texts.append(message)
        case {"message": dict(fields)}:  # GitLab
            texts.append(json.dumps(fields, ensure_ascii=False))
        case _:
            pass
    words = [text for text in texts if isinstance(text, str) and text.strip() and not text.strip().isdigit()]
    # A single word is an identifier, and good only where there is no sentence.
    return next((text for text in words if " " in text.strip()), next(iter(words), ""))


def _from_text(reply: Reply) -> str:
    content_type = reply.headers.get("content-type", "")
    if "json" in content_type:
        return ""
    text = reply.text
    if "html" in content_type or text.lstrip()[:1] == "<":
        from html import unescape  # noqa: PLC0415 -- a table of two thousand entities for one title

        match = re.search(r"<title[^>]*>(.*?)</title\s*>", text[:_LOOKED_AT], re.DOTALL | re.IGNORECASE)
        title = unescape(match[1]) if match else ""
        # A title that does not say what the reason phrase says in words of its own is that of any page (Nexus).
        return title if title and (reply.has_standard_reason or reply.reason in title) else reply.reason
    return text
