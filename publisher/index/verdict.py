"""What the answer to an upload means. Every index words it differently."""

import re
from dataclasses import replace

from publisher.distributions.model import Digests
from publisher.index.simple_api import Comparison
from publisher.network.reason import SEARCHED, extract_reason, extract_text, parse_page
from publisher.network.reply import Answer, Reply

# The statuses with which indexes refuse a file that they have; their words decide.
CONFLICTS = frozenset({400, 403, 404, 409, 422})
# By expressions that match the index's words in lower case.
_EXISTS = (
    # PyPI, devpi, pulp, and Google; GitLab.
    r"already[ _-]?(?:been )?(?:exist(?!ing)|taken|uploaded|published|present|pushed|released|stored|part of)",
    r"already (?:contains|has) (?:an? |the |this )?(?:file|package|version|artifact|asset)\b",  # Azure Artifacts
    r"already in the (?:index|feed|repository)|\bfile exists|(?:exists|uploaded|published) already",
    r"(?:been|was) (?:uploaded|published) before|(?:been|was|over the) previously (?:uploaded|published)",
    r"file ?name (?:is|has been) (?:already )?(?:taken|in use)",
    r"updating asset|cannot be (?:updated|replaced)|cannot replace",  # Nexus
    r"(?:version|package|file|artifact)s? (?:is|are) immutable",
    r"overwrit|re-?deploy|replace an existing|delete permission",  # Artifactory, in several wordings
    r"\bduplicate (?:package|version|artifact)|duplicates the attributes of another",  # Cloudsmith
    r"make a unique set",  # Django REST framework
)
# Other conflicts, which may contain the words above.
_NEVER_EXISTS = (
    r"(?:been|was|previously) (?:deleted|removed)|republish|similar to|conflicts? with|another (?:project|user|owner)",
    r"\b(?:project|account|user|organization)\b[^.,:;]{0,40} already (?!contains|has a file)",
    r"(?<!file )\bname\W+(?:\S+ )?(?:is |was |has )?already (?:been )?(?:taken|registered)",
    r"(?:newer|higher|lower|greater|older) than|(?:newer|higher|later) version\b[^.;]{0,40} already|maximum|too many",
    r"exists? (?:in an? |in the )?upstream|quarantine",
)
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
# Observed when the index could not refresh its trust root; a faulty attestation is refused in other words.
_SIGSTORE_TROUBLE = "Unknown error while trying to verify included attestations"
_PAGE = re.compile(rb"<(?:!doctype html|html|head|title|body|h1|form|div|script|error)\b", re.IGNORECASE)
_FAILURES = ("error", "fail", "failed", "failure", *range(400, 600))  # of a JSON document that says how it went
_STORED = frozenset({200, 201, 204})
_ACCEPTED = 202
NOT_YET = "it has accepted the file, but not stored it yet"


def is_duplicate(reply: Reply) -> bool:
    """Return whether an index refuses a file in words that report one of this name."""
    text = _searched_text(reply)
    is_reported = any(re.search(words, text) for words in _EXISTS)
    return reply.status in CONFLICTS and is_reported and not any(re.search(words, text) for words in _NEVER_EXISTS)


def compare_digests(reply: Reply, ours: Digests) -> Comparison:
    """Compare by the digests that a refusal names, if any."""
    named = set(_DIGEST.findall(_searched_text(reply)))
    if named <= {ours.blake2b_256}:
        # PyPI's server names the BLAKE2b-256 digest of what it was sent, not of what it has.
        return Comparison.UNKNOWN
    return Comparison.IDENTICAL if named <= {ours.sha256, ours.blake2b_256} else Comparison.DIFFERENT


def is_expired_token(reply: Reply) -> bool:
    """Return whether PyPI refuses an upload because the upload token has expired."""
    return reply.status == 403 and "token is expired" in _searched_text(reply)  # noqa: PLR2004 -- PyPI's status for it


def _searched_text(reply: Reply) -> str:
    """Return all text of a reply in lower case; the decisive words may be in the middle of a page, or an identifier."""
    return f"{reply.reason} {extract_text(reply)}".lower().replace("_", " ")


def find_outage(answer: Answer) -> Answer:
    """Return the answer, as a 503 if PyPI answered 400 because its own Sigstore client failed."""
    if isinstance(answer, Reply) and answer.status == 400 and _SIGSTORE_TROUBLE in extract_reason(answer):  # noqa: PLR2004 -- PyPI's status for it
        return replace(answer, status=503, reason="(sent as 400) the index could not verify attestations itself")
    return answer


def is_error(reply: Reply) -> bool:
    """Return whether the JSON of a reply reports an error, whatever its status."""
    document = reply.json()
    if not isinstance(document, dict):
        return False
    states = (document.get(key) for key in ("success", "ok", "status", "code", "statusCode"))
    is_failure = any(state is False or state in _FAILURES for state in states)
    return is_failure or bool(document.get("error") or document.get("errors"))


def find_doubt(reply: Reply) -> str:
    """Return why a success may not have stored the file, as a clause about the index; empty if it has."""
    if reply.json() is None and _PAGE.search(reply.body, 0, SEARCHED):
        # Sent by some indexes, and by proxies and login portals in their place.
        page = parse_page(reply)
        words = page.message or page.title or page.text
        return f"it answered {reply.summary} with a web page" + (f' ("{words}")' if words else "")
    if is_error(reply):
        return f'it answered {reply.summary} with an error ("{extract_reason(reply)}")'
    if reply.status in _STORED:
        return ""
    return NOT_YET if reply.status == _ACCEPTED else f"it answered {reply.summary}, which confirms no upload"
