"""Explanations for requests that got no answer."""

from __future__ import annotations

from publisher.network.reply import Cause

_NETWORK = (
    "Run the job again. On a self-hosted runner, check that it may reach the host; a proxy is set by `HTTPS_PROXY`."
)
_AGAIN = "Run the job again: what is on the index already is not sent a second time."

_TROUBLES = {
    Cause.DNS: ("The host name is misspelled, or the runner's name service does not know it.", _NETWORK),
    Cause.CONNECT: ("The host is down, or a firewall keeps the runner away from it.", _NETWORK),
    Cause.CERTIFICATE: (
        (
            "The host has a certificate of a private authority, one that has ended, or one for another name; or a "
            "proxy breaks TLS open."
        ),
        "Name the authority's certificate in the variable `SSL_CERT_FILE` of this step, as a path in the workspace.",
    ),
    Cause.TLS: ("The port does not speak TLS, or both sides have no protocol version in common.", _NETWORK),
    Cause.PROXY: (
        "The proxy named by `HTTPS_PROXY` does not let this host through, or wants other credentials.",
        "Correct the proxy's address or its rules, or name the host in `NO_PROXY`.",
    ),
    Cause.TIMEOUT_CONNECT: ("The host is down, or a firewall drops what the runner sends.", _NETWORK),
    Cause.TIMEOUT_SEND: (
        "The connection stalled for longer than the input `timeout` allows.",
        f"{_AGAIN} A higher `timeout` or a lower `max-parallel` helps on slow lines.",
    ),
    Cause.TIMEOUT_ANSWER: (
        "The index took everything and then needed longer for its answer than the input `timeout` allows.",
        f"{_AGAIN} A higher `timeout` helps where the index is slow.",
    ),
    Cause.RESET: ("The index or something before it closed the connection in the middle.", _AGAIN),
    Cause.MALFORMED: (
        "Something that is no web server answered, or the index put the text of a refusal where HTTP allows none.",
        "Check `repository-url`. If it is right, look at attestations and `Provides-Dist` fields of this distribution.",
    ),
    Cause.UNUSABLE: ("Something else than the expected service answered, a login page or a proxy perhaps.", _NETWORK),
    Cause.FILE_CHANGED: (
        "Something in the job wrote the file after it had been read; nothing unchecked is published.",
        "Let the step that builds finish before this one, and start no background process that touches the files.",
    ),
}
_OUTAGE = (
    "The index has a disturbance, or something before it answers in its place.",
    f"{_AGAIN} If it stays so, look at the index's status page.",
)


_PHRASES = {
    "redirects": (
        "The address has moved, or is not the upload URL: a missing slash at its end is enough.",
        "Set `repository-url` to the upload URL itself. Files and credentials are never sent on to another host.",
    ),
    "upload token could not be renewed": (
        "The upload token ended, and the index gave no other one. What was published until then stays.",
        _AGAIN,
    ),
    "run was cancelled": ("The job was cancelled by a person, a newer run or a time limit.", _AGAIN),
}


def explain_trouble(reason: str) -> tuple[str, str]:
    """Return likely cause and remedy by the words that a `Cause` begins with or a phrase of ours; else an outage."""
    by_start = (text for trouble, text in _TROUBLES.items() if reason.startswith(trouble))
    by_phrase = (text for phrase, text in _PHRASES.items() if phrase in reason)
    return next(by_start, None) or next(by_phrase, _OUTAGE)
