"""What the answer to an upload means. Every index words it differently."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from publisher.distributions.model import Digests
from publisher.index.simple_api import Comparison
from publisher.network.reason import SEARCHED, extract_reason, extract_text, parse_page
from publisher.network.reply import Answer, Cause, NoReply, Reply

# The statuses of refusals that may mean that the index has the file. Its words decide, or the listing.
CONFLICTS = frozenset({400, 403, 404, 409, 422})
# By expressions that match the index's words in lower case.
_EXISTS = (
    r"already (?:been )?(?:exist|taken|uploaded|published|present|stored)",  # PyPI, devpi, pulp, Google; GitLab
    r"already (?:contains|has|in the)",  # Azure Artifacts
    r"\bfile exists|(?:uploaded|published) before|previously (?:uploaded|published)",
    r"updating asset|cannot be updated",  # Nexus
    r"overwrit|redeploy|delete permission",  # Artifactory, in several wordings
    r"\bduplicate (?:package|version|artifact)|duplicates the attributes of another",  # Cloudsmith
)
# What is not about a file that the index has, although it may contain the words above.
_NEVER_EXISTS = (
    r"(?:been|was|previously) (?:deleted|removed)|republish|similar to|conflicts? with|another (?:project|user|owner)",
    r"\b(?:project|user|organization)\b[^.,:;]{0,40} already",
)
_DIGEST = re.compile(r"\b([0-9a-f]{64})\b|md5.{0,20}?\b([0-9a-f]{32})\b")
# Observed when the index could not refresh its trust root; a faulty attestation is refused in other words.
_SIGSTORE_TROUBLE = "Unknown error while trying to verify included attestations"
_ASKS_FOR_PASSWORD = re.compile(rb"""<input\b[^>]*\btype\s*=\s*["']?password\b""", re.IGNORECASE)
_PAGE = re.compile(rb"<(?:!doctype html|html|head|title|body|h1|form|div|script)\b", re.IGNORECASE)
_STORED = frozenset({200, 201, 204})
_ACCEPTED = 202
NOT_YET = "it has accepted the file, but not stored it yet"
ANSWER_LOST = "the answer to an earlier attempt was lost, and the content that it has could not be compared"


def is_duplicate(reply: Reply) -> bool:
    """Return whether an index refuses a file in words that report one of this name."""
    text = _searched_text(reply)
    is_reported = any(re.search(words, text) for words in _EXISTS)
    return reply.status in CONFLICTS and is_reported and not any(re.search(words, text) for words in _NEVER_EXISTS)


def compare_digests(reply: Reply, ours: Digests) -> Comparison:
    """Compare by the digests that a refusal names, if any."""
    named = {digest for match in _DIGEST.findall(_searched_text(reply)) for digest in match if digest}
    if named <= {ours.blake2b_256}:
        # PyPI's server names the BLAKE2b-256 digest of what it was sent, not of what it has.
        return Comparison.UNKNOWN
    return Comparison.IDENTICAL if named <= {ours.sha256, ours.blake2b_256, ours.md5} else Comparison.DIFFERENT


def is_expired_token(reply: Reply) -> bool:
    """Return whether PyPI refuses an upload because the upload token has expired."""
    return reply.status == 403 and "token is expired" in _searched_text(reply)  # noqa: PLR2004 -- PyPI's status for it


def _searched_text(reply: Reply) -> str:
    """Return everything that may hold the decisive words, in lower case; they may stand in the middle of a page."""
    return f"{extract_reason(reply)} {reply.reason} {extract_text(reply)}".lower()


def find_outage(answer: Answer) -> Answer:
    """Return the answer, as a 503 if PyPI answered 400 because its own Sigstore client failed."""
    if isinstance(answer, Reply) and answer.status == 400 and _SIGSTORE_TROUBLE in extract_reason(answer):  # noqa: PLR2004 -- PyPI's status for it
        return replace(answer, status=503, reason="(sent as 400) the index could not verify attestations itself")
    return answer


def distrust_login_page(answer: Answer) -> Answer:
    """Return `NoReply` for a success with a page that asks for a password, which no index sends."""
    if isinstance(answer, Reply) and answer.is_success and _ASKS_FOR_PASSWORD.search(answer.body, 0, SEARCHED):
        return NoReply(Cause.UNUSABLE, f"{answer.summary} with a login page", may_have_succeeded=True)
    return answer


def _is_error(document: Mapping[str, object]) -> bool:
    is_failure = document.get("success") is False or document.get("status") == "error"
    return is_failure or bool(document.get("error") or document.get("errors"))


def find_doubt(reply: Reply) -> str:
    """Return why a success may not have stored the file, a clause about the index; empty if it certainly has."""
    document = reply.json()
    if document is None and _PAGE.search(reply.body, 0, SEARCHED):
        # Some indexes answer so, and so does whatever answers in their place.
        page = parse_page(reply)
        words = page.title or page.text
        return f"it answered {reply.summary} with a web page" + (f' ("{words}")' if words else "")
    if isinstance(document, dict) and _is_error(document):
        return f'it answered {reply.summary} with an error ("{extract_reason(reply)}")'
    if reply.status in _STORED:
        return ""
    return NOT_YET if reply.status == _ACCEPTED else f"it answered {reply.summary}, which is not how an index confirms"
