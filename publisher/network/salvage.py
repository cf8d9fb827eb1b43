"""Read the answer out of bytes that are almost HTTP.

Observed with PyPI's server: for some refusals the reason phrase holds raw line feeds, so the lines after the first are
taken for headers, and a strict parser refuses all of it. The refusal is in there all the same.
"""

from __future__ import annotations

import re

from publisher.network.reply import Reply

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (?P<status>[2-5]\d\d)(?: (?P<reason>[^\r\n]*))?(?:\r?\n|$)")
_FIELD_LINE = re.compile(rb"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):(?P<value>[^\r\n]*)")
_END_OF_HEAD = re.compile(rb"\r\n\r\n")


def salvage(heard: bytes) -> Reply | None:
    """Return the reply as far as it can be told, or None where there is not even a status line."""
    match = _STATUS_LINE.match(heard)
    if match is None:
        return None
    rest = heard[match.end() :]
    end = _END_OF_HEAD.search(rest)
    head, body = (rest[: end.start()], rest[end.end() :]) if end else (rest, b"")
    reason = [match["reason"] or b""]
    headers: dict[str, str] = {}
    for line in head.split(b"\r\n"):
        field = _FIELD_LINE.fullmatch(line)
        if field:
            headers[field["name"].decode("ascii").lower()] = field["value"].strip(b" \t").decode("latin-1")
        else:
            reason.append(line)
    text = " ".join(b" ".join(reason).decode("latin-1").split())
    return Reply(int(match["status"]), text, headers, body)
